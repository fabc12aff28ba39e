"""The preview tells what a save would do to each charger, in a number of queries that does not grow."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chargers.link_state import LinkState
from chargers.models import Charger, Delivery, Rollout
from chargers.services.preview import Verdict, preview
from installations.authentication import Draft, NewPassword
from installations.models import AuthenticationRevision, Installation
from tests.db.chargers import scene

pytestmark = pytest.mark.django_db


def test_each_charger_has_the_url_it_will_dial_and_what_changes() -> None:
    site = scene.site()
    scene.charger(site, "ZCS1")

    seen = preview(installation=site, draft=scene.direct(password=NewPassword(scene.PASSWORD)))

    (row,) = seen.chargers
    assert row.dialled_url == "wss://ocpp.example.com/devices/ZCS1"
    assert (row.identity, row.url_source, row.link_state) == ("ZCS1", "installation", LinkState.IDLE)
    assert row.verdict is Verdict.CHANGE
    changed = {change.key: change for change in row.changes}
    assert changed["CentralSystemURL"].new == row.dialled_url
    assert changed["AuthorizationKey"].secret
    assert changed["AuthorizationKey"].new == ""
    assert scene.PASSWORD not in repr(seen)


def test_what_the_charger_reported_already_is_no_change() -> None:
    site = scene.site()
    scene.report(
        scene.charger(site, "ZCS1"),
        CentralSystemURL="wss://ocpp.example.com/devices/ZCS1",
        FreeVendActive="False",
    )

    seen = preview(installation=site, draft=scene.direct())

    assert seen.chargers[0].verdict is Verdict.MATCH
    assert seen.chargers[0].changes == ()


def test_an_incapable_charger_is_a_warning_with_its_reason_and_blocks_nobody() -> None:
    site = scene.site()
    scene.charger(site, "ZCS1")
    scene.charger(site, "ZCS2", profile="simulator-locked")

    seen = preview(installation=site, draft=scene.direct())

    assert seen.problems == ()
    assert "chargers_cannot" in {finding.code for finding in seen.warnings}
    cannot = next(row for row in seen.chargers if row.device_id == "ZCS2")
    assert cannot.verdict is Verdict.CANNOT
    assert [finding.code for finding in cannot.problems] == ["no_url_key"]
    assert (seen.summary.change, seen.summary.cannot) == (1, 1)


def test_the_summary_counts_who_must_wait_and_why() -> None:
    site = scene.site()
    scene.charger(site, "ZCS1")
    scene.charger(site, "ZCS2", online=False)
    scene.charging(scene.charger(site, "ZCS3"))
    scene.charger(site, "ZCS4", connectors=("Preparing",))
    Charger.objects.create(installation=site, device_id="ZCS5")

    summary = preview(installation=site, draft=scene.direct()).summary

    assert (summary.total, summary.change) == (5, 5)
    assert (summary.wait_offline, summary.wait_charging, summary.wait_busy) == (2, 1, 1)


def test_a_charger_that_never_connected_is_not_called_incapable() -> None:
    site = scene.site()
    Charger.objects.create(installation=site, device_id="ZCS1")

    (row,) = preview(installation=site, draft=scene.direct()).chargers

    assert row.verdict is Verdict.CHANGE
    assert row.profile == ""
    assert [finding.code for finding in row.problems] == ["make_unknown"]


def test_two_chargers_with_one_identity_block_and_are_named_on_both_rows() -> None:
    site = scene.site()
    url = "wss://host.example.com/ocpp/SAME"
    scene.charger(site, "ZCS1", server_url=url)
    scene.charger(site, "ZCS2", server_url=url)

    seen = preview(installation=site, draft=scene.direct(url=""))

    assert "duplicate_identity" in {finding.code for finding in seen.problems}
    assert all("duplicate_identity" in {f.code for f in row.problems} for row in seen.chargers)


def test_a_draft_with_problems_still_lists_every_charger() -> None:
    site = scene.site()
    scene.charger(site, "ZCS1")

    seen = preview(installation=site, draft=scene.direct(url="http://ocpp.example.com/"))

    assert seen.settings is None
    assert "scheme" in {finding.code for finding in seen.problems}
    assert [row.device_id for row in seen.chargers] == ["ZCS1"]


def test_a_preview_writes_nothing() -> None:
    site = scene.site()
    scene.charger(site, "ZCS1")
    before = (AuthenticationRevision.objects.count(), Rollout.objects.count(), Delivery.objects.count())

    preview(installation=site, draft=scene.direct())

    assert (AuthenticationRevision.objects.count(), Rollout.objects.count(), Delivery.objects.count()) == before


@pytest.mark.parametrize("count", [1, 40])
def test_the_number_of_queries_does_not_grow(count: int) -> None:
    site = scene.site()
    for number in range(count):
        scene.charger(site, f"ZCS{number:03}")
    fresh = Installation.objects.get(pk=site.pk)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        preview(installation=fresh, draft=scene.direct())

    assert len(queries) <= 10


def test_native_needs_a_card_or_leave_to_charge_without() -> None:
    site = scene.site(cards=0)
    scene.charger(site, "ZCS1")

    assert "no_charge_card" in {f.code for f in preview(installation=site, draft=Draft("native")).problems}
    free = preview(installation=site, draft=Draft("native", authorization_required=False))
    assert free.problems == ()
