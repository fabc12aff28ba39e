"""The load of a site as people see it: whether it is balanced, what every fuse gives, who takes what and why."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.models import User
from chargers.models import Charger, ChargingShare, SiteLoad
from chargers.site_load import LoadState, read_site
from installations.models import AuthenticationRevision, Circuit, Installation
from tests.db.chargers import scene, sharing
from tests.db.pages.scene import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def quay(people: dict[str, User]) -> Installation:
    return sharing.quay(people["service"])


def text_of(markup: str, part: str = "") -> str:
    """The words of the page, or of the element with this id."""
    if part:
        markup = markup[markup.index(f'id="{part}"') :]
        markup = re.split(r"</tr>|</li>|</section>", markup)[0]
    return " ".join(strip_tags(markup).replace("\u00a0", " ").split())


def page_of(user: User, site: Installation, **headers: str) -> Any:
    return client_of(user).get(f"/installations/{site.pk}/load/", headers=headers)


def test_every_connector_says_what_it_may_take_and_why(quay: Installation, people: dict[str, User]) -> None:
    markup = page_of(people["service"], quay).content.decode()
    said = {row.device_id: text_of(markup, f"holder-{row.pk}-1") for row in Charger.objects.filter(installation=quay)}
    assert "8 A" in said["QUA000001"]
    assert "shares Row A with the others behind it" in said["QUA000001"]
    assert re.search(r"0 A .*waits for its turn since \d\d:\d\d", said["QUA000003"])
    assert "13 A 12.4 A all that the charger gives" in said["QUB000001"]
    assert "not connected: 10 A stay set aside for it" in said["QUB000002"]
    assert "cannot be limited by the portal: 10 A stay set aside for it" in said["QUB000003"]
    assert "ready: a car that is plugged in begins with 6 A" in said["QUB000004"]
    assert "/chargers/QUA000001/edit/" in markup


def test_every_fuse_says_what_is_set_aside_and_what_is_free(quay: Installation, people: dict[str, User]) -> None:
    markup = page_of(people["service"], quay).content.decode()
    row_a, row_b = Circuit.objects.filter(installation=quay).order_by("name")
    assert "Row A 16 A full L1 L2 L3 16 A chargers 0 A free" in text_of(markup, f"fuse-{row_a.pk}")
    assert "L1 L2 L3 39 A chargers 24 A free" in text_of(markup, f"fuse-{row_b.pk}")
    main = text_of(markup, "fuse-main")
    assert "L1 22.5 A building 55 A chargers 2.5 A free" in main
    assert "L3 8.5 A building 55 A chargers 16.5 A free" in main
    assert "Building: as measured" in text_of(markup)


def test_more_set_aside_than_a_fuse_gives_says_what_to_do(quay: Installation, people: dict[str, User]) -> None:
    Installation.objects.filter(pk=quay.pk).update(main_fuse_current=50)
    said = text_of(page_of(people["service"], quay).content.decode(), "fuse-main")
    assert "27.5 A more are set aside than this fuse gives" in said
    assert "lower their largest current" in said
    assert "too much set aside" in said


def test_what_will_be_stands_beside_what_is(quay: Installation, people: dict[str, User]) -> None:
    share = ChargingShare.objects.get(charger__device_id="QUA000001")
    ChargingShare.objects.filter(pk=share.pk).update(current_granted=70)
    said = text_of(page_of(people["service"], quay).content.decode(), f"holder-{share.charger_id}-1")
    assert "8 A will be 7 A" in said


def test_the_live_part_is_sent_again_only_when_something_changed(quay: Installation, people: dict[str, User]) -> None:
    first = page_of(people["service"], quay, HX_Request="true")
    assert "<html" not in first.content.decode()
    again = page_of(people["service"], quay, HX_Request="true", If_None_Match=first["ETag"])
    assert again.status_code == 304
    ChargingShare.objects.filter(charger__device_id="QUA000001").update(current_told=60)
    assert page_of(people["service"], quay, HX_Request="true", If_None_Match=first["ETag"]).status_code == 200


@pytest.mark.parametrize(
    ("change", "state", "words"),
    [
        ({}, LoadState.STARTING, "begins within half a minute"),
        ({"load_balancing": False}, LoadState.OFF, "switched off"),
        ({"main_fuse_current": None}, LoadState.NO_FUSE, "Enter the main fuse"),
    ],
)
def test_a_site_that_is_not_balanced_says_why(
    site: Installation, people: dict[str, User], change: dict[str, Any], state: LoadState, words: str
) -> None:
    scene.charger(site, "ZCS000001")
    Installation.objects.filter(pk=site.pk).update(**({"main_fuse_current": 63} | change))
    site.refresh_from_db()
    assert read_site(site, timezone.now()).state == state
    assert words in text_of(page_of(people["viewer"], site).content.decode(), "load-state")


def test_without_chargers_in_direct_mode_and_without_a_gateway_it_says_so(
    site: Installation, people: dict[str, User]
) -> None:
    Installation.objects.filter(pk=site.pk).update(main_fuse_current=63)
    assert "no charger yet" in page_of(people["viewer"], site).content.decode()
    scene.charger(site, "ZCS000001")
    SiteLoad.objects.create(installation=site, due_at="2020-01-01T00:00Z", balanced_at="2020-01-01T00:00Z")
    assert "The gateway that shares out the fuses does not run" in page_of(people["viewer"], site).content.decode()
    direct = AuthenticationRevision.objects.create(
        installation=site, number=9, mode="ocpp_direct", server_url="wss://b.example/{deviceId}", digest="9" * 64,
        authorization_required=True,
    )  # fmt: skip
    Installation.objects.filter(pk=site.pk).update(revision=direct)
    assert "in OCPP direct the backend does it" in page_of(people["viewer"], site).content.decode()


def test_a_big_site_is_shown_in_pages(site: Installation, people: dict[str, User]) -> None:
    Installation.objects.filter(pk=site.pk).update(main_fuse_current=63)
    Charger.objects.bulk_create(Charger(device_id=f"BIG{number:03}", installation=site) for number in range(60))
    first = page_of(people["viewer"], site).content.decode()
    assert ("BIG049" in first, "BIG050" in first, "?cursor=2" in first) == (True, False, True)
    second = client_of(people["viewer"]).get(f"/installations/{site.pk}/load/?cursor=2").content.decode()
    assert ("BIG049" in second, "BIG059" in second) == (False, True)


def test_service_sets_what_it_is_balanced_by(site: Installation, people: dict[str, User]) -> None:
    client, address = client_of(people["service"]), f"/installations/{site.pk}/load/"
    good = {"main_fuse_current": "63", "reserved_current": "20", "unbalance_limit": "20"}
    assert client.post(address, good).status_code == 302
    site.refresh_from_db()
    kept = site.main_fuse_current, site.reserved_current, site.unbalance_limit
    assert kept == (Decimal(63), Decimal(20), Decimal(20))
    refused = client.post(address, {**good, "reserved_current": "60"})
    assert refused.status_code == 422
    assert "Keep at most 57 A free, or enter a larger main fuse." in text_of(refused.content.decode())
    assert client.post(address, {**good, "unbalance_limit": "x"}).status_code == 422
    shown = text_of(page_of(people["viewer"], site).content.decode(), "load-settings")
    assert "Unbalance limit20 A" in shown
    assert "This needs the role Service" in shown


def test_switching_off_names_the_consequence_and_back_on_begins_again(
    site: Installation, people: dict[str, User]
) -> None:
    Installation.objects.filter(pk=site.pk).update(main_fuse_current=63)
    for number in range(3):
        scene.charger(site, f"ZCS00000{number}")
    said = page_of(people["service"], site).content.decode().replace("\u00a0", " ")
    assert "96 A on a phase together, and nothing in this portal keeps a fuse from tripping." in said
    client, address = client_of(people["service"]), f"/installations/{site.pk}/load/switch/"
    for value, on in (("off", False), ("on", True)):
        assert client.post(address, {"load_balancing": value}).status_code == 302
        assert Installation.objects.get(pk=site.pk).load_balancing is on


def test_circuits_are_added_and_deleted_here(site: Installation, people: dict[str, User]) -> None:
    client, address = client_of(people["service"]), f"/installations/{site.pk}/circuits/"
    assert client.get(address)["Location"] == f"/installations/{site.pk}/load/"
    assert client.post(address, {"name": "Row A", "max_current": "32"}).status_code == 302
    row = Circuit.objects.get()
    assert row.max_current == Decimal(32)
    refused = client.post(address, {"name": "Row A", "max_current": "16", "parent": str(row.pk)})
    assert refused.status_code == 422
    assert "Another circuit of this installation has this name." in refused.content.decode()
    assert client.post(f"{address}{row.pk}/delete/").status_code == 302
    assert not Circuit.objects.exists()


def test_a_charger_shows_its_own_share(quay: Installation, people: dict[str, User]) -> None:
    client = client_of(people["service"])
    said = text_of(client.get("/chargers/QUA000001/").content.decode())
    assert "may take 8 A: shares Row A with the others behind it" in said
    tag = client.get("/chargers/QUA000001/")["ETag"]
    assert client.get("/chargers/QUA000001/", headers={"If-None-Match": tag}).status_code == 304
    ChargingShare.objects.filter(charger__device_id="QUA000001").update(current_told=60)
    assert client.get("/chargers/QUA000001/", headers={"If-None-Match": tag}).status_code == 200
