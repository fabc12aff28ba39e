"""The tab of messages: what stands in it, that it asks for itself, and the file of it."""

import json

import pytest
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from chargers.models import Charger
from installations.models import Installation
from tests.db.messages import NOON, say
from tests.db.pages.scene import client_of, populate

pytestmark = pytest.mark.django_db

PAGE = "/chargers/ZCS000001/messages/"


@pytest.fixture
def charger(site: Installation) -> Charger:
    populate(site, 1, 1)
    return Charger.objects.get(device_id="ZCS000001")


def test_a_message_shows_its_way_its_outcome_and_its_json(charger: Charger, people: dict[str, User]) -> None:
    say(
        charger, direction="to_charger", action="Reset", status="Rejected", payload='{"type":"Soft<b>"}',
        answer='{"status":"Rejected"}', latency_seconds=0.25,
    )  # fmt: skip
    say(charger, action="Boom", outcome="error", status="InternalError", answer='"no"', latency_seconds=2.0)
    say(charger, outcome="not_kept", action="", missing=17)
    text = client_of(people["service"]).get(PAGE).content.decode()
    assert "to the charger" in text
    assert "{\n  &quot;type&quot;: &quot;Soft&lt;b&gt;&quot;\n}" in text
    for words in ("Rejected", "250 ms", "InternalError", "2.0 s", "17 messages were not kept", "Kept for 14 days"):
        assert words in text, words
    assert 'id="kept"' not in text, "nothing was typed"


def test_the_newest_come_first_and_page_by_page(charger: Charger, people: dict[str, User]) -> None:
    say(charger, 60, action="Authorize")
    client = client_of(people["owner"])
    first = client.get(PAGE)
    assert first.context["page"].rows[0].at > first.context["page"].rows[-1].at
    assert b"data-poll" in first.content
    second = client.get(PAGE, {"cursor": first.context["page"].next})
    assert len(second.context["page"].rows) == 11
    assert b"data-poll" not in second.content
    assert client.get(PAGE, {"cursor": "nonsense"}).status_code == 404


def test_it_is_sent_again_only_when_there_is_something_new(charger: Charger, people: dict[str, User]) -> None:
    client = client_of(people["service"])
    first = client.get(PAGE, headers={"HX-Request": "true"})
    assert b"<html" not in first.content
    headers = {"HX-Request": "true", "If-None-Match": first["ETag"]}
    assert client.get(PAGE, headers=headers).status_code == 304
    say(charger)
    assert client.get(PAGE, headers=headers).status_code == 200


def test_filters_stay_in_the_address_and_say_what_cannot_be_read(charger: Charger, people: dict[str, User]) -> None:
    say(charger, action="Authorize", payload='{"idTag":"04A2B3"}')
    client = client_of(people["service"])
    found = client.get(PAGE, {"q": "04a2b3", "action": "Authorize", "direction": "from_charger"})
    assert [row.action for row in found.context["page"].rows] == ["Authorize"]
    assert "messages/download/?q=04a2b3&amp;action=Authorize" in found.content.decode()
    nothing = client.get(PAGE, {"q": "nowhere"})
    assert "No message fits this filter." in nothing.content.decode()
    wrong = client.get(PAGE, {"since": "yesterday", "action": "Nonsense"}).content.decode()
    assert wrong.count("finding-problem") == 2


def test_times_of_the_filter_are_the_sites(charger: Charger, site: Installation, people: dict[str, User]) -> None:
    Installation.objects.filter(pk=site.pk).update(time_zone="Asia/Tokyo")
    client = client_of(people["service"])
    after = {"since": f"{NOON:%Y-%m-%d}T21:01"}
    assert client.get(PAGE, after).context["page"].rows == []
    assert len(client.get(PAGE, {"since": f"{NOON:%Y-%m-%d}T20:59"}).context["page"].rows) == 1


def test_the_file_holds_what_the_filter_shows(charger: Charger, people: dict[str, User]) -> None:
    say(charger, 3, action="Authorize")
    answer = client_of(people["service"]).get(
        reverse("charger_messages_download", args=["zcs000001"]), {"action": "Authorize"}
    )
    assert answer["Content-Type"] == "application/x-ndjson"
    assert 'filename="ZCS000001-messages.ndjson"' in answer["Content-Disposition"]
    rows = [json.loads(line) for line in b"".join(answer).splitlines()]
    assert [row["action"] for row in rows] == ["Authorize"] * 3


def test_a_portal_that_keeps_none_says_so(site: Installation, people: dict[str, User], settings: Settings) -> None:
    settings.MESSAGE_LOG_DAYS = 0
    populate(site, 1, 1)
    charger = Charger.objects.get(device_id="ZCS000001")
    charger.messages.all().delete()
    assert "No messages are kept" in client_of(people["service"]).get(PAGE).content.decode()
