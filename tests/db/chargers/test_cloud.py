"""OCPP cloud as a setting on its way: what chargers are told, when it lands, and every way in and out."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from chargers.models import Charger, UpstreamLink, UpstreamMessage
from chargers.services.authentication import preview
from chargers.services.preview_values import Verdict
from chargers.services.sweeping import sweep
from gateway.store.reading import read_directory
from installations.authentication import ClearPassword, Draft, NewPassword
from installations.authentication import KeepPassword as Keep
from installations.models import AuthenticationRevision, Installation
from tests.db.chargers import scene
from tests.db.chargers.world import World

CLOUD_URL = "wss://cloud.example.com/{deviceId}"
OTHER_URL = "wss://other.example.com/ocpp/{deviceId}"


def cloud(url: str = CLOUD_URL, **fields: object) -> Draft:
    return Draft("ocpp_cloud", url, **fields)  # type: ignore[arg-type]


def backend(device_id: str = "ZCS1") -> str:
    """Where the gateway is to carry this charger's messages, by its credential directory."""
    (entry,) = read_directory(None, [device_id])
    return entry.backend.url if entry.backend else ""


def route(charger: Charger, url: str) -> None:
    """As the gateway keeps it once it has gone over."""
    revision = Charger.objects.get(pk=charger.pk).applied_revision
    UpstreamLink.objects.update_or_create(charger=charger, defaults={"url": url, "user": "ZCS1", "revision": revision})


def test_the_charger_hears_of_neither_backend_nor_password(world: World) -> None:
    fake = world.charger()
    fake.settings["FreeVendActive"] = "true"
    world.settle()
    fake.settings["FreeVendActive"] = "true"
    revision = world.publish(cloud(password=NewPassword(scene.PASSWORD)))
    assert backend() == ""
    world.run()
    assert fake.received == [("FreeVendActive", "false")]
    assert world.delivery().state == "applied"
    assert backend() == "wss://cloud.example.com/ZCS1"
    (entry,) = read_directory(None, ["ZCS1"])
    assert entry.backend is not None
    assert (entry.backend.user, entry.backend.secret_id) == ("ZCS1", revision.secret_id)
    assert world.row().delivered_secret_id is None


def test_without_authorisation_the_charger_gets_the_default_tag(world: World) -> None:
    fake = world.charger()
    world.settle()
    world.publish(cloud(authorization_required=False, default_id_tag="SITE-7"))
    world.run()
    assert fake.received == [("FreeVendIdTag", "SITE-7"), ("FreeVendActive", "true")]


@pytest.mark.parametrize("profile", ["simulator", "generic"])
def test_a_charger_in_use_is_not_switched_even_if_nothing_is_to_be_written(world: World, profile: str) -> None:
    world.charger(profile=profile)
    world.settle()
    world.occupy("Charging")
    world.publish(cloud())
    world.run()
    assert (world.delivery().state, world.delivery().reason) == ("waiting", "busy")
    assert backend() == ""
    world.occupy("Available")
    world.run()
    assert world.delivery().state == "applied"
    assert backend() == "wss://cloud.example.com/ZCS1"
    assert world.written() == []


def test_an_offline_charger_waits_and_costs_no_attempt(world: World) -> None:
    world.charger(profile="generic", online=False)
    world.publish(cloud())
    world.run()
    assert (world.delivery().state, world.delivery().reason, world.delivery().attempts) == ("waiting", "offline", 0)
    world.connect()
    world.run()
    assert (world.delivery().state, world.delivery().reason) == ("applied", "nothing_to_write")


def test_chargers_with_nothing_to_write_still_go_in_waves(world: World) -> None:
    for number in range(3):
        world.charger(f"ZCS{number}", profile="generic")
    world.settle()
    world.publish(cloud(), policy={"waves": ["1"]})
    world.step()
    states = sorted(world.delivery(f"ZCS{number}").state for number in range(3))
    assert states == ["applied", "waiting", "waiting"]
    world.run()
    assert {world.delivery(f"ZCS{number}").state for number in range(3)} == {"applied"}


def test_native_cloud_direct_native_cloud(world: World) -> None:
    fake = world.charger()
    world.settle()
    told: list[list[str]] = []
    urls: list[str] = []
    for draft in (
        cloud(password=NewPassword(scene.PASSWORD)),
        scene.direct(),
        Draft("native"),
        cloud(password=NewPassword("Another0Password0123")),
    ):
        fake.received.clear()
        world.publish(draft)
        world.run()
        assert world.delivery().state == "applied", world.delivery().detail
        told.append([key for key, _value in fake.received])
        urls.append(backend())
    assert told == [[], ["AuthorizationKey", "CentralSystemURL"], ["CentralSystemURL"], []]
    assert urls == ["wss://cloud.example.com/ZCS1", "", "", "wss://cloud.example.com/ZCS1"]
    assert fake.settings["CentralSystemURL"] == ""


def test_from_direct_straight_into_cloud_the_charger_is_taken_back_from_the_backend(world: World) -> None:
    fake = world.charger()
    world.settle()
    for draft in (scene.direct(password=NewPassword(scene.PASSWORD)), cloud()):
        world.publish(draft)
        world.run()
    assert fake.settings["CentralSystemURL"] == ""
    assert world.row().delivered_secret_id is None
    assert backend() == "wss://cloud.example.com/ZCS1"


def test_a_restore_brings_back_the_backend_and_its_password(world: World) -> None:
    from chargers.services.authentication import restore

    world.charger()
    world.settle()
    first = world.publish(cloud(password=NewPassword(scene.PASSWORD)))
    world.run()
    world.publish(Draft("native"))
    world.run()
    assert backend() == ""
    site = Installation.objects.get(pk=world.site.pk)
    back = restore(installation=site, number=first.number, actor=scene.person(), expected_number=first.number + 1)
    from chargers.models import Rollout
    from chargers.services import rollouts

    rollouts.open_deliveries(Rollout.objects.get(revision=back).pk)
    world.run()
    (entry,) = read_directory(None, ["ZCS1"])
    assert entry.backend is not None
    assert (entry.backend.url, entry.backend.secret_id) == ("wss://cloud.example.com/ZCS1", first.secret_id)


def test_a_charger_that_lost_its_setting_keeps_its_backend_until_it_was_told_again(world: World) -> None:
    world.charger()
    world.settle()
    world.publish(cloud())
    world.run()
    route(world.row(), "wss://cloud.example.com/ZCS1")
    Charger.objects.update(applied_revision=None)
    assert backend() == "wss://cloud.example.com/ZCS1"


def test_a_charger_that_moves_to_another_site_leaves_the_backend(world: World) -> None:
    from chargers.services.chargers import update_charger

    world.charger()
    world.settle()
    world.publish(cloud())
    world.run()
    route(world.row(), "wss://cloud.example.com/ZCS1")
    update_charger(charger=world.row(), actor=scene.person(), changes={"installation": scene.site()})
    assert backend() == ""


def test_the_preview_says_who_dials_what_and_that_nothing_is_written(world: World) -> None:
    world.charger()
    world.settle()
    scene.report(world.row(), FreeVendActive="false", CentralSystemURL="")
    site = Installation.objects.get(pk=world.site.pk)
    seen = preview(installation=site, draft=cloud(password=NewPassword(scene.PASSWORD)))
    (row,) = seen.chargers
    assert (row.verdict, row.reroutes, row.changes) == (Verdict.CHANGE, True, ())
    assert (row.dialled_url, row.identity) == ("wss://cloud.example.com/ZCS1", "ZCS1")
    assert seen.problems == ()
    assert seen.warnings == ()
    assert scene.PASSWORD not in repr(seen)


def test_the_preview_knows_a_charger_that_is_there_already(world: World) -> None:
    world.charger()
    world.settle()
    scene.report(world.row(), FreeVendActive="false", CentralSystemURL="")
    revision = world.publish(cloud(password=NewPassword(scene.PASSWORD)))
    world.run()
    site = Installation.objects.get(pk=world.site.pk)
    UpstreamLink.objects.create(
        charger=world.row(), url="wss://cloud.example.com/ZCS1", user="ZCS1", initial=revision.secret,
        revision=revision,
    )  # fmt: skip
    for draft, verdict in (
        (cloud(password=Keep()), Verdict.MATCH),
        (cloud(password=NewPassword(scene.PASSWORD)), Verdict.MATCH),
        (cloud(password=ClearPassword()), Verdict.CHANGE),
        (cloud(password=NewPassword("Another0Password0123")), Verdict.CHANGE),
        (cloud(OTHER_URL), Verdict.CHANGE),
        (Draft("native"), Verdict.CHANGE),
    ):
        assert preview(installation=site, draft=draft).chargers[0].verdict is verdict, draft


def test_a_url_without_the_placeholder_blocks_and_the_repaired_one_is_offered(world: World) -> None:
    world.charger()
    site = Installation.objects.get(pk=world.site.pk)
    (problem,) = preview(installation=site, draft=cloud("wss://cloud.example.com/ocpp")).problems
    assert (problem.code, problem.suggestion) == ("placeholder", "wss://cloud.example.com/ocpp/{deviceId}")


def test_two_chargers_with_one_url_and_identity_block(world: World) -> None:
    for device_id in ("ZCS1", "ZCS2"):
        world.charger(device_id, server_url="wss://cloud.example.com/SAME")
    site = Installation.objects.get(pk=world.site.pk)
    seen = preview(installation=site, draft=cloud(""))
    assert {finding.code for finding in seen.problems} == {"duplicate_identity"}


@pytest.mark.django_db
def test_of_what_went_up_long_ago_starts_and_stops_stay_and_meter_values_go(settings: Settings) -> None:
    charger = scene.charger(scene.site(), "ZCS1")
    now = timezone.now()
    for number, (action, days, ended) in enumerate(
        [
            ("MeterValues", 8, True), ("MeterValues", 8, False), ("MeterValues", 6, True),
            ("StartTransaction", 8, True), ("StopTransaction", 8, True),
        ]
    ):  # fmt: skip
        at = now - timedelta(days=days)
        UpstreamMessage.objects.create(
            charger=charger, url="ws://b", action=action, payload={}, digest=bytes([number]), queued_at=at,
            ended_at=at if ended else None,
        )  # fmt: skip
    settings.BRIDGE_METER_DAYS = 7
    sweep()
    left = UpstreamMessage.objects.order_by("digest").values_list("digest", flat=True)
    assert [bytes(one)[0] for one in left] == [1, 2, 3, 4]


def test_leaving_while_messages_wait_must_be_acknowledged(world: World) -> None:
    world.charger()
    world.settle()
    world.publish(cloud())
    world.run()
    here = "wss://cloud.example.com/ZCS1"
    route(world.row(), here)
    UpstreamMessage.objects.create(
        charger=world.row(), url=here, action="StopTransaction", payload={}, digest=b"1", queued_at=timezone.now()
    )
    site = Installation.objects.get(pk=world.site.pk)
    leaving = {finding.code for finding in preview(installation=site, draft=Draft("native")).warnings}
    assert "messages_left" in leaving
    assert preview(installation=site, draft=cloud()).warnings == ()


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 30])
def test_a_preview_of_cloud_costs_the_same_few_queries(count: int) -> None:
    site = scene.site()
    for number in range(count):
        scene.charger(site, f"ZCS{number:03}")
    fresh = Installation.objects.get(pk=site.pk)
    with CaptureQueriesContext(connection) as queries:
        preview(installation=fresh, draft=cloud(password=NewPassword(scene.PASSWORD)))
    assert len(queries) <= 12
    assert AuthenticationRevision.objects.count() == 1
