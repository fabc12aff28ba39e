"""One charger's page and its way to another installation; finding chargers and installations."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from chargers.models import Charger, ChargerLink, Delivery, GatewayNode, LocalList, ReportedSetting, Transaction
from chargers.selectors import find_charger
from chargers.services.standing import KeyRow, standing_of
from installations.authentication import Draft
from installations.models import Installation
from installations.services.authentication import publish_revision
from installations.services.grants import grant_access
from installations.services.installations import create_installation
from tests.db.chargers import scene
from tests.db.pages.scene import client_of, populate

pytestmark = pytest.mark.django_db

PAGE = "/chargers/ZCS000001/"


def reported(charger: Charger, **values: str) -> list[ReportedSetting]:
    return [
        ReportedSetting.objects.create(charger=charger, key=key, value=value, reported_at=timezone.now())
        for key, value in values.items()
    ]


def seen(person: User) -> Charger:
    found = find_charger(person, "ZCS000001")
    assert found is not None
    return found


def test_what_is_wanted_stands_beside_what_is_reported(site: Installation, people: dict[str, User]) -> None:
    populate(site, 1, 1)
    draft = Draft("ocpp_direct", "wss://ocpp.example.com/{deviceId}", default_id_tag="PORTAL")
    publish_revision(installation=site, draft=draft, actor=people["owner"], expected_number=1)
    told = reported(seen(people["viewer"]), CentralSystemURL="wss://old.example.com", HeartbeatInterval="300")
    standing = standing_of(seen(people["viewer"]), told)
    rows = {row.key: row for row in standing.rows}
    assert standing.endpoint is not None
    assert standing.endpoint.dialled_url == "wss://ocpp.example.com/ZCS000001"
    assert rows["CentralSystemURL"].wanted == "wss://ocpp.example.com/ZCS000001"
    assert standing.differs
    assert [row.key for row in standing.rows if row.differs] == ["CentralSystemURL"]
    assert rows["HeartbeatInterval"].wanted is None
    assert rows["FreeVendActive"] == KeyRow("FreeVendActive", "false")
    page = client_of(people["viewer"]).get(PAGE).content.decode()
    assert "wss://ocpp.example.com/<wbr>ZCS000001" in page
    assert "differs" in page
    assert "not told yet" in page


def test_a_native_site_without_cards_shows_what_it_wants_too(site: Installation, people: dict[str, User]) -> None:
    populate(site, 1, 1)
    standing = standing_of(seen(people["viewer"]), reported(seen(people["viewer"]), FreeVendActive="true"))
    assert standing.endpoint is None
    assert [row.key for row in standing.rows if row.differs] == ["FreeVendActive"]


def test_before_its_first_connection_nothing_is_wanted_of_a_charger(
    site: Installation, people: dict[str, User]
) -> None:
    populate(site, 1, 1)
    Charger.objects.update(vendor="", model="")
    assert standing_of(seen(people["viewer"]), []).rows == ()
    assert client_of(people["viewer"]).get(PAGE).status_code == 200


def test_a_charger_that_did_not_change_answers_304(site: Installation, people: dict[str, User]) -> None:
    populate(site, 1, 1)
    client = client_of(people["viewer"])
    first = client.get(PAGE, headers={"HX-Request": "true"})
    assert b"<html" not in first.content

    def again() -> int:
        return client.get(PAGE, headers={"HX-Request": "true", "If-None-Match": first["ETag"]}).status_code

    assert again() == 304
    rows = reported(seen(people["viewer"]), HeartbeatInterval="300")
    assert again() == 200
    rows[0].delete()
    assert again() == 304
    Delivery.objects.update(reason="offline")
    assert again() == 200


def test_a_charger_moves_to_where_the_person_may_edit_chargers(site: Installation, people: dict[str, User]) -> None:
    populate(site, 1, 1)
    other = create_installation(actor=people["service"], name="Parkhaus")
    client, address = client_of(people["service"]), reverse("charger_move", args=["ZCS000001"])
    page = client.get(address).content.decode()
    assert "Parkhaus" in page
    assert "Parkhaus" not in client.get(address + "?q=nowhere", headers={"HX-Request": "true"}).content.decode()
    answer = client.post(address, {"installation": other.pk})
    assert answer.status_code == 302
    assert answer["Location"] == PAGE
    assert Charger.objects.get(device_id="ZCS000001").installation == other


def test_a_charger_does_not_move_to_where_the_person_may_not(site: Installation, people: dict[str, User]) -> None:
    populate(site, 1, 1)
    foreign = create_installation(actor=people["stranger"], name="Foreign")
    watched = create_installation(actor=people["owner"], name="Watched")
    grant_access(installation=watched, actor=people["owner"], role="viewer", email=people["service"].email)
    client, address = client_of(people["service"]), reverse("charger_move", args=["ZCS000001"])
    for target, status in ((foreign.pk, 404), (watched.pk, 403), ("x", 404), ("", 404)):
        assert client.post(address, {"installation": target}).status_code == status
    for role, status in (("owner", 403), ("viewer", 403), ("stranger", 404)):
        assert client_of(people[role]).post(address, {"installation": watched.pk}).status_code == status
    assert Charger.objects.get(device_id="ZCS000001").installation == site


def test_a_charger_does_not_move_in_the_middle_of_a_push(site: Installation, people: dict[str, User]) -> None:
    populate(site, 1, 1)
    other = create_installation(actor=people["service"], name="Parkhaus")
    Delivery.objects.update(state="pushing")
    address = reverse("charger_move", args=["ZCS000001"])
    answer = client_of(people["service"]).post(address, {"installation": other.pk})
    assert answer.status_code == 409
    assert "pushed to this charger just now" in answer.content.decode()


def test_finding_shows_what_the_person_may_see_and_nothing_foreign(site: Installation, people: dict[str, User]) -> None:
    populate(site, 1, 2)
    mine = client_of(people["viewer"]).get("/find/?q=zcs000001", headers={"HX-Request": "true"}).content.decode()
    assert "ZCS000001" in mine
    assert "ZCS000002" not in mine
    assert "<html" not in mine
    assert "Garage" in client_of(people["viewer"]).get("/find/?q=gar").content.decode()
    for search in ("zcs", "garage"):
        assert "Nothing fits" in client_of(people["stranger"]).get(f"/find/?q={search}").content.decode()


def test_installations_are_filtered_by_the_state_of_their_chargers(site: Installation, people: dict[str, User]) -> None:
    client = client_of(people["viewer"])

    def shown(state: str) -> bool:
        return "Garage" in client.get(f"/installations/?state={state}").content.decode()

    states = ("offline", "charging", "waiting", "alarm")
    assert [shown(state) for state in states] == [False] * 4
    populate(site, 1, 1)
    assert [shown(state) for state in states] == [True, False, True, False]
    now, charger = timezone.now(), Charger.objects.get()
    GatewayNode.objects.create(name="n", started_at=now, seen_at=now + timedelta(hours=1))
    ChargerLink.objects.create(
        charger=charger, node="n", connected_at=now, last_seen_at=now, boot_accepted=True, alarm="duplicate_identity"
    )
    Transaction.objects.create(charger=charger, connector=1, id_tag="X", start_received_at=now)
    Delivery.objects.update(state="applied")
    assert [shown(state) for state in states] == [False, True, False, True]
    assert shown("")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "sent", "version": 7, "cards": 12}, ["12 cards", "list version 7"]),
        ({"state": "sending", "version": 8, "cards": 1}, ["1 card,", "being sent"]),
        ({"state": "failed", "cards": 0}, ["0 cards", "sent again later"]),
        ({"state": "sent", "version": 7, "cards": 10, "left_out": 3}, ["3 more cards find no place in it"]),
        ({"state": "not_supported"}, ["takes no list of cards"]),
    ],
)
def test_the_cards_at_a_charger_and_how_its_list_stands(
    fields: dict[str, object], words: list[str], site: Installation, people: dict[str, User]
) -> None:
    populate(site, 1, 1)
    charger = seen(people["viewer"])
    client = client_of(people["viewer"])
    before = client.get(PAGE)
    assert "Cards at the charger" not in before.content.decode()
    LocalList.objects.create(charger=charger, digest=b"", changed_at=timezone.now(), **fields)
    after = client.get(PAGE, headers={"HX-Request": "true", "If-None-Match": before["ETag"]})
    assert after.status_code == 200
    for word in words:
        assert word in after.content.decode(), word


def test_what_a_charger_told_before_it_went_is_shown_as_last_known_with_its_time(
    site: Installation, people: dict[str, User]
) -> None:
    charger = scene.charger(site, "ZCS000001", connectors=("Charging", "Available"))
    client = client_of(people["viewer"])

    def states() -> tuple[list[str], str]:
        answer = client.get(PAGE)
        return re.findall(
            r'<span class="state state-(\w+)">(?:(?!</td>).)*(?:Charging|Available)', answer.content.decode()
        ), answer["ETag"]

    (live, tag), words = states(), 'last known: Charging</span></span> <span class="muted"><time'
    assert live == ["busy", "good"]
    charger.connectors.filter(number=2).update(boot_number=0)
    assert states()[0] == ["busy", "quiet"], "not told since it started again"
    ChargerLink.objects.update(disconnected_at=timezone.now())
    gone, other = states()
    assert (gone, other != tag) == (["quiet", "quiet"], True)
    assert words in client.get(PAGE).content.decode()
    assert "zuletzt bekannt: Charging" in client.get(PAGE, headers={"Accept-Language": "de"}).content.decode()
