"""A setting lands on a charger that is online and idle, once, and the database says what was observed."""

import pytest
from django.utils import timezone

from chargers.models import ChargerLink, Rollout
from chargers.services import rollouts
from installations.authentication import Draft, NewPassword
from tests.db.chargers import scene
from tests.db.chargers.world import World

WITH_PASSWORD = NewPassword(scene.PASSWORD)


def test_an_idle_charger_that_keeps_its_link_ends_applied(world: World) -> None:
    world.charger()
    world.settle()

    revision = world.publish(scene.direct(password=WITH_PASSWORD))
    world.run()

    delivery, charger = world.delivery(), world.row()
    assert (delivery.state, delivery.reason) == ("applied", "observed")
    assert world.story() == ["pushing", "applied"]
    assert charger.applied_revision == revision
    assert charger.applied_at is not None
    assert charger.delivered_secret_id == revision.secret_id
    assert Rollout.objects.get(revision=revision).state == "finished"
    assert world.written()[0] == "AuthorizationKey"
    assert world.written()[-1] == "CentralSystemURL"


def test_an_offline_charger_waits_without_an_attempt_and_lands_when_it_connects(world: World) -> None:
    world.charger(online=False)
    revision = world.publish(scene.direct())
    world.run()

    waiting = world.delivery()
    assert (waiting.state, waiting.reason, waiting.attempts) == ("waiting", "offline", 0)
    assert world.link.orders == []
    assert Rollout.objects.get(revision=revision).state == "running"

    world.connect()
    world.run()
    assert world.delivery().state == "applied"


@pytest.mark.parametrize("status", ["Preparing", "Charging", "SuspendedEV", "Finishing", "Reserved", "Faulted"])
def test_a_busy_charger_gets_nothing_before_it_is_idle(world: World, status: str) -> None:
    world.charger()
    world.settle()
    world.occupy(status)
    world.publish(scene.direct())
    world.run()

    assert (world.delivery().state, world.delivery().reason) == ("waiting", "busy")
    assert world.link.orders == []

    world.occupy("Available")
    world.run()
    assert world.delivery().state == "applied"


def test_an_open_transaction_is_busy_whatever_the_connector_says(world: World) -> None:
    world.charger()
    world.settle()
    session = scene.charging(world.row())
    world.occupy("Available")
    world.publish(scene.direct())
    world.run()
    assert (world.delivery().state, world.delivery().reason) == ("waiting", "busy")

    session.stop_received_at = timezone.now()
    session.save()
    world.occupy("Available")
    world.run()
    assert world.delivery().state == "applied"


def test_what_became_busy_between_look_and_write_waits_again(world: World) -> None:
    fake = world.charger()
    world.settle()
    fake.busy = "transaction"
    world.publish(scene.direct())
    world.run()

    assert (world.delivery().state, world.delivery().reason, world.delivery().attempts) == ("waiting", "busy", 0)
    assert fake.received == []


def test_a_charger_that_moves_is_handed_over_once_it_stays_away(world: World) -> None:
    world.charger(profile="simulator-moving")
    world.settle()

    revision = world.publish(scene.direct())
    world.run()
    assert (world.delivery().state, world.delivery().reason) == ("verifying", "leaving")
    assert world.written()[-1] == "Reset"

    world.elapse(9)
    world.run()
    assert (world.delivery().state, world.delivery().reason) == ("handed_over", "left")
    assert world.row().applied_revision == revision


def test_a_charger_that_comes_back_instead_is_not_called_handed_over(world: World) -> None:
    world.charger(profile="simulator-moving")
    world.settle()
    world.publish(scene.direct())
    world.run()

    world.connect(boot=True)
    world.run()

    assert (world.delivery().state, world.delivery().reason) == ("failed", "came_back")


def test_a_charger_that_accepts_the_reset_and_stays_fails_at_the_deadline(world: World) -> None:
    world.charger(profile="simulator-moving").on_reset = lambda _fake: None
    world.settle()
    world.publish(scene.direct())
    world.run()
    assert world.delivery().state == "verifying"

    world.elapse(16 * 60)
    ChargerLink.objects.update(last_seen_at=timezone.now())
    world.run()

    assert (world.delivery().state, world.delivery().reason) == ("failed", "did_not_leave")


def test_native_waits_for_a_charger_that_is_at_its_backend(world: World) -> None:
    world.charger(profile="simulator-moving")
    world.settle()
    world.publish(scene.direct())
    world.run()
    world.elapse(9)
    world.run()

    world.publish(Draft("native"))
    world.run()

    assert (world.delivery().state, world.delivery().reason) == ("waiting", "offline")


def test_a_locked_firmware_is_unsupported_with_the_sentence_for_the_installer(world: World) -> None:
    world.charger(profile="simulator-locked")
    world.settle()
    world.publish(scene.direct())
    world.run()

    delivery = world.delivery()
    assert (delivery.state, delivery.reason) == ("unsupported", "no_url_key")
    assert "firmware" in delivery.detail["explanation"]
    assert world.link.orders == []


def test_a_charger_that_holds_it_all_already_is_not_written_to(world: World) -> None:
    fake = world.charger()
    world.settle()
    fake.settings.update(CentralSystemURL="wss://ocpp.example.com/devices/ZCS1", FreeVendActive="False")
    world.publish(scene.direct())
    world.run()

    assert world.delivery().state == "applied"
    assert fake.received == []


def test_a_password_is_given_once_and_again_only_after_the_charger_was_native(world: World) -> None:
    fake = world.charger()
    world.settle()
    world.publish(scene.direct(password=WITH_PASSWORD))
    world.run()
    world.publish(scene.direct(url="wss://second.example.com/{deviceId}"))
    world.run()
    assert world.written().count("AuthorizationKey") == 1
    assert fake.settings["CentralSystemURL"] == "wss://second.example.com/ZCS1"

    world.publish(Draft("native"))
    world.run()
    assert fake.settings["CentralSystemURL"] == ""
    assert world.row().delivered_secret is None

    world.publish(scene.direct(password=WITH_PASSWORD))
    world.run()
    assert world.written().count("AuthorizationKey") == 2


def test_a_charger_registered_later_inherits_the_revision_in_force(world: World) -> None:
    world.charger()
    revision = world.publish(scene.direct())
    world.run()
    assert Rollout.objects.get(revision=revision).state == "finished"

    late = world.charger("ZCS2")
    assert Rollout.objects.get(revision=revision).state == "running"
    world.run()

    assert late.settings["CentralSystemURL"] == "wss://ocpp.example.com/devices/ZCS2"
    assert world.row("ZCS2").applied_revision == revision
    assert rollouts.take_up() == 0
