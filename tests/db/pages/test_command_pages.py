"""Commands in the browser: a form for each, faults in place, answers in words, a viewer sees results only."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, User
from chargers.links.fake import FakeLink
from chargers.links.registry import put_in_place, take_away
from chargers.models import Charger, ChargerLink, GatewayNode, GatewayRequest, LocalList
from gateway.store.jobs import EndRequest
from gateway.store.request_jobs import claim, end
from installations.models import Installation
from tests.db.chargers import scene
from tests.db.pages.scene import client_of, populate

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ADDRESS = "/chargers/ZCS000001/commands/"


@pytest.fixture(autouse=True)
def link(site: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLink]:
    monkeypatch.setattr(transaction, "on_commit", lambda work: work())
    populate(site, 1, 1)
    now = timezone.now()
    GatewayNode.objects.create(name="node-1", started_at=now, seen_at=now)
    ChargerLink.objects.create(
        charger=Charger.objects.get(), node="node-1", epoch=1, connected_at=now, last_seen_at=now, boot_accepted=True
    )
    fake = FakeLink({})
    put_in_place(fake)
    yield fake
    take_away(fake)


def test_a_command_leads_to_its_answer(site: Installation, people: dict[str, User]) -> None:
    client = client_of(people["owner"])
    assert client.post(ADDRESS, {"command": "unlock", "connector_id": "1"})["Location"] == ADDRESS
    request = GatewayRequest.objects.get()
    assert request.payload == {"action": "UnlockConnector", "call": {"connectorId": 1}}
    assert "every 1s" in client.get(ADDRESS, headers=HTMX).content.decode()
    assert claim(request.pk, "node-1") is not None
    end([EndRequest(request.pk, result={"status": "UnlockFailed"})])
    shown = client.get(ADDRESS, headers=HTMX).content.decode()
    assert "every 1s" not in shown
    assert "somebody has to look at it" in shown
    assert "UnlockFailed" in shown
    assert "UnlockFailed" in client.get(reverse("charger", args=["ZCS000001"])).content.decode()


def test_what_is_wrong_is_said_and_what_was_typed_stays(site: Installation, people: dict[str, User]) -> None:
    client = client_of(people["service"])
    answer = client.post(ADDRESS, {"command": "remote_start", "id_tag": "x" * 21, "connector_id": "two"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "1 to 20 printable" in text
    assert "This is a whole number." in text
    assert f'value="{"x" * 21}"' in text
    assert not GatewayRequest.objects.exists()
    ChargerLink.objects.update(disconnected_at=timezone.now())
    assert "not connected" in client.post(ADDRESS, {"command": "clear_cache"}).content.decode()


def test_times_are_those_of_the_site(site: Installation, people: dict[str, User]) -> None:
    Installation.objects.update(time_zone="Europe/Oslo")
    typed = {"command": "reserve_now", "id_tag": "X", "expires_at": "2099-07-01T12:00"}
    assert client_of(people["owner"]).post(ADDRESS, typed).status_code == 302
    assert GatewayRequest.objects.get().payload["call"]["expiryDate"] == "2099-07-01T10:00:00Z"


def test_a_key_is_changed_by_its_name(site: Installation, people: dict[str, User]) -> None:
    client = client_of(people["owner"])
    client.post(ADDRESS, {"command": "change_configuration", "key": "HeartbeatInterval", "value": "60"})
    assert GatewayRequest.objects.get().payload["call"]["settings"] == {"HeartbeatInterval": "60"}
    refused = client.post(ADDRESS, {"command": "change_configuration", "key": "AuthorizationKey", "value": "x"})
    assert "passwords are set under" in refused.content.decode()


def test_a_viewer_sees_results_and_no_form(site: Installation, people: dict[str, User]) -> None:
    text = client_of(people["viewer"]).get(ADDRESS).content.decode()
    assert '<form method="post" class="narrow' not in text
    assert "This needs the role" in text


def test_a_file_of_a_charger_is_downloaded_by_who_may_command_it(site: Installation, people: dict[str, User]) -> None:
    charger = Charger.objects.get()
    request = scene.diagnostics(charger, b"one part, ", b"and another")
    address = reverse("diagnostics", args=["ZCS000001", request.pk])
    for role, sees in (("owner", True), ("viewer", False)):
        client = client_of(people[role])
        for page in (ADDRESS, reverse("charger", args=["ZCS000001"])):
            text = client.get(page).content.decode()
            assert "The file is here." in text
            assert (address in text) is sees, (role, page)
    answer = client_of(people["owner"]).get(address)
    assert answer.getvalue() == b"one part, and another"
    assert answer["Content-Disposition"] == f'attachment; filename="ZCS000001-{request.pk}-log.zip"'
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert AuditEntry.objects.get(action="diagnostics_downloaded").actor == people["owner"]
    waiting = scene.diagnostics(Charger.objects.create(device_id="ZCS2", installation=site))
    assert client_of(people["owner"]).get(reverse("diagnostics", args=["ZCS2", waiting.pk])).status_code == 404
    assert client_of(people["owner"]).get(reverse("diagnostics", args=["ZCS2", request.pk])).status_code == 404


def test_a_list_of_cards_is_sent_anew_from_the_chargers_page(site: Installation, people: dict[str, User]) -> None:
    charger, page = Charger.objects.get(), reverse("charger", args=["ZCS000001"])
    LocalList.objects.create(charger=charger, state="sent", version=2, cards=3, digest=b"", changed_at=timezone.now())
    send = reverse("local_list_send", args=["ZCS000001"])
    assert send not in client_of(people["viewer"]).get(page).content.decode()
    client = client_of(people["owner"])
    assert send in client.get(page).content.decode()
    assert "as soon as the charger is connected" in client.post(send, follow=True).content.decode()
    assert "will be sent anew" in client.get(page).content.decode()
    assert LocalList.objects.get().state == "waiting"
