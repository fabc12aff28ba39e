"""Rollouts are opened in chunks, retried and cancelled by people, and finish when nothing is open any more."""

import pytest

from accounts.models import AuditEntry
from accounts.refusals import Conflict
from chargers.models import Charger, Delivery, Rollout
from chargers.services import rollouts, steering
from chargers.tasks import open_deliveries, reconcile, sweep
from installations.authentication import Draft
from tests.db.chargers import scene
from tests.db.chargers.world import World


def newest(world: World) -> Rollout:
    return Rollout.objects.filter(installation=world.site).latest("pk")


def test_a_large_site_is_opened_in_chunks_without_a_gap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollouts, "CHUNK", 10)
    Charger.objects.bulk_create(Charger(installation=world.site, device_id=f"Z{number}") for number in range(25))

    world.publish(scene.direct())

    assert Delivery.objects.filter(rollout=newest(world)).count() == 25
    assert newest(world).state == "running"
    assert rollouts.open_deliveries(newest(world).pk) is False
    assert Delivery.objects.filter(rollout=newest(world)).count() == 25


def test_a_rollout_without_chargers_is_finished_at_once(world: World) -> None:
    world.publish(scene.direct())
    assert newest(world).state == "finished"


def test_an_older_rollout_that_was_never_opened_closes_unopened(world: World, rung: list[str]) -> None:
    world.charger(online=False)
    older = world.publish(scene.direct())
    world.publish(Draft("native"))
    Rollout.objects.filter(revision=older).update(state="opening")

    rollouts.open_deliveries(Rollout.objects.get(revision=older).pk)

    assert Rollout.objects.get(revision=older).state == "finished"
    assert world.delivery().revision.mode == "native"
    assert "chargers.open_deliveries" in rung


def test_a_failed_delivery_can_be_tried_again_by_a_person(world: World) -> None:
    fake = world.charger()
    world.settle()
    fake.answers["CentralSystemURL"] = "Rejected"
    world.publish(scene.direct())
    world.run()
    assert newest(world).state == "finished"

    fake.answers.clear()
    assert steering.retry(rollout=newest(world), actor=scene.person()) == 1
    world.run()

    assert world.delivery().state == "applied"
    assert world.story() == ["pushing", "rejected", "waiting", "pushing", "applied"]
    assert newest(world).state == "finished"
    assert AuditEntry.objects.filter(action="rollout_retried").count() == 1


def test_a_charger_that_came_back_is_sent_away_again_on_retry(world: World) -> None:
    fake = world.charger(profile="simulator-moving")
    world.settle()
    world.publish(scene.direct())
    world.run()
    world.connect(boot=True)
    world.run()
    assert world.delivery().reason == "came_back"

    steering.retry(rollout=newest(world), actor=scene.person())
    world.run()
    world.elapse(9)
    world.run()

    assert world.delivery().state == "handed_over"
    assert [key for key, _value in fake.received].count("CentralSystemURL") == 1
    assert [key for key, _value in fake.received].count("Reset") == 2


def test_what_landed_and_what_is_superseded_is_not_tried_again(world: World) -> None:
    world.charger()
    world.publish(scene.direct())
    world.run()
    with pytest.raises(Conflict) as nothing:
        steering.retry(rollout=newest(world), actor=scene.person())
    assert nothing.value.code == "nothing_to_retry"

    old = newest(world)
    world.publish(Draft("native"))
    with pytest.raises(Conflict) as superseded:
        steering.retry(rollout=old, actor=scene.person())
    assert superseded.value.code == "superseded"


def test_cancelling_stops_what_waits_and_writes_nothing_more(world: World) -> None:
    world.charger(online=False)
    world.publish(scene.direct())
    assert steering.cancel(rollout=newest(world), actor=scene.person()) == 1

    world.connect()
    world.run()

    assert world.delivery().state == "cancelled"
    assert world.link.orders == []
    with pytest.raises(Conflict):
        steering.cancel(rollout=newest(world), actor=scene.person())


def test_what_was_accepted_before_the_cancel_gets_its_verdict(world: World) -> None:
    world.charger(profile="simulator-moving")
    world.settle()
    world.publish(scene.direct())
    world.run()
    assert world.delivery().state == "verifying"

    steering.cancel(rollout=newest(world), actor=scene.person())
    world.elapse(9)
    world.run()

    assert world.delivery().state == "handed_over"


def test_the_tasks_ring_for_what_follows(world: World, rung: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chargers.rollout.reconcile.current_link", lambda: world.link)
    world.charger()
    world.publish(scene.direct())
    rung.clear()

    open_deliveries(newest(world).pk)
    assert rung == ["chargers.reconcile"]
    reconcile()
    assert world.delivery().state == "applied"
    sweep()
    assert rung[-1] == "chargers.reconcile"
