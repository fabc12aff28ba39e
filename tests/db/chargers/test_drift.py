"""A charger that comes back with another setting than it was given."""

from accounts.models import AuditEntry
from chargers.models import ChargerLink, Delivery, DeliveryEvent
from chargers.rollout.due import look_again
from installations.models import Installation
from tests.db.chargers import scene
from tests.db.chargers.world import World


def comes_back(world: World, **settings: str) -> None:
    """It boots, holding ``settings``; the gateway has the engine look again."""
    world.fakes["ZCS1"].settings.update(settings)
    world.connect(boot=True)
    look_again(booted=[world.row().pk], reconnected=[])
    world.elapse(5)
    world.run()


def in_direct(world: World, profile: str = "simulator") -> None:
    world.charger(profile=profile)
    world.settle()
    world.publish(scene.direct())
    world.run()


def test_a_charger_that_still_holds_its_setting_stays_applied_and_is_only_read(world: World) -> None:
    in_direct(world)
    before = world.written()
    comes_back(world)
    assert world.delivery().state == "applied"
    assert world.written() == before
    assert world.story() == ["pushing", "applied"]


def test_a_charger_that_lost_its_setting_gets_it_again(world: World) -> None:
    in_direct(world)
    world.link.orders.clear()
    comes_back(world, CentralSystemURL="wss://elsewhere.example.com/ZCS1")
    assert world.delivery().state == "applied"
    assert world.fakes["ZCS1"].settings["CentralSystemURL"] == "wss://ocpp.example.com/devices/ZCS1"
    assert world.story() == ["pushing", "applied", "waiting", "pushing", "applied"]
    assert world.row().applied_revision_id == world.delivery().revision_id
    found = AuditEntry.objects.get(action="drift_found")
    assert found.after["differs"]["CentralSystemURL"][1] == "wss://elsewhere.example.com/ZCS1"
    assert world.delivery().rollout.state == "finished"


def test_it_waits_for_the_end_of_a_session_as_any_setting_does(world: World) -> None:
    in_direct(world)
    world.occupy("Charging")
    comes_back(world, FreeVendActive="true")
    assert (world.delivery().state, world.delivery().reason) == ("waiting", "busy")
    assert world.delivery().rollout.state == "running"
    assert world.row().applied_revision is None


def test_three_times_a_day_then_only_reported(world: World) -> None:
    in_direct(world)
    for _time in range(5):
        comes_back(world, FreeVendActive="true")
    assert DeliveryEvent.objects.filter(to_state="waiting", reason="drift").count() == 3
    delivery = world.delivery()
    assert (delivery.state, delivery.reason, delivery.detail["only_reported"]) == ("applied", "drift", "often")
    assert world.row().applied_revision is None
    comes_back(world, FreeVendActive="false")
    assert (world.delivery().state, world.delivery().reason) == ("applied", "observed")
    assert world.row().applied_revision is not None


def test_an_installation_may_only_want_to_know(world: World) -> None:
    in_direct(world)
    Installation.objects.update(drift_policy="report")
    before = world.written()
    comes_back(world, FreeVendActive="true")
    assert (world.delivery().state, world.delivery().reason) == ("applied", "drift")
    assert world.written() == before


def test_a_charger_that_left_and_comes_back_while_others_are_under_way_has_failed(world: World) -> None:
    world.charger("ZCS2", online=False)
    in_direct(world, profile="simulator-moving")
    world.elapse(60)
    world.run()
    assert world.delivery().state == "handed_over"
    Delivery.objects.update(finished_at=world.delivery().pushed_at)
    comes_back(world)
    assert (world.delivery().state, world.delivery().reason) == ("failed", "came_back")


def test_a_charger_that_comes_back_long_after_is_sent_off_again(world: World) -> None:
    in_direct(world, profile="simulator-moving")
    world.elapse(60)
    world.run()
    assert world.delivery().state == "handed_over"
    Delivery.objects.update(finished_at=world.delivery().pushed_at)
    world.connect(boot=True)
    look_again(booted=[world.row().pk], reconnected=[])
    world.elapse(5)
    world.run()
    assert world.story()[-3:] == ["waiting", "pushing", "verifying"]
    assert ChargerLink.objects.get().disconnected_at is not None


def test_what_a_newer_setting_replaced_is_not_looked_at(world: World) -> None:
    in_direct(world)
    old = world.delivery()
    world.leave()
    world.publish(scene.direct("wss://other.example.com/{deviceId}"))
    world.fakes["ZCS1"].settings["FreeVendActive"] = "true"
    look_again(booted=[world.row().pk], reconnected=[])
    old.refresh_from_db()
    assert (old.state, old.due_at) == ("applied", None)
