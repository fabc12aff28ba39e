"""Newer revisions, revoked authors, several workers at once, and what the sweep finds when nobody rang."""

import threading
from collections import Counter
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chargers.links.base import PushOrder, PushOutcome, PushResult
from chargers.links.fake import Fault
from chargers.models import ChargerLink, Delivery, GatewayNode, PushRecord, Rollout
from chargers.rollout.due import LEASE_SECONDS, claim_due
from chargers.rollout.gather import Targets, gather
from chargers.rollout.reconcile import reconcile_batch
from chargers.rollout.record import record
from chargers.services import steering, sweeping
from installations.models import Grant
from tests.db.chargers import scene
from tests.db.chargers.world import World


def test_waiting_deliveries_are_superseded_at_once(world: World) -> None:
    world.charger(online=False)
    world.publish(scene.direct())
    old = world.delivery()
    revision = world.publish(scene.direct(url="wss://second.example.com/{deviceId}"))

    old.refresh_from_db()
    assert old.state == "superseded"
    assert [event.to_state for event in old.events.all()][-1] == "superseded"
    assert world.delivery().revision == revision
    world.connect()
    world.run()
    assert world.fakes["ZCS1"].settings["CentralSystemURL"] == "wss://second.example.com/ZCS1"


def test_a_push_under_way_finishes_and_the_charger_then_gets_the_newest(world: World) -> None:
    fake = world.charger()
    world.settle()
    fake.faults = [Fault.LATE]
    world.publish(scene.direct())
    world.run()
    old = world.delivery()
    newest = world.publish(scene.direct(url="wss://second.example.com/{deviceId}"))
    assert world.delivery() == old

    world.elapse(LEASE_SECONDS + 1)
    world.run()
    old.refresh_from_db()
    assert old.state == "applied"
    sweeping.sweep()
    world.run()

    assert (world.delivery().revision, world.delivery().state) == (newest, "applied")
    assert fake.settings["CentralSystemURL"] == "wss://second.example.com/ZCS1"


def test_a_revoked_author_pauses_and_another_person_takes_over(world: World) -> None:
    world.charger(online=False)
    world.publish(scene.direct())
    Grant.objects.filter(installation=world.site).delete()
    world.connect()
    world.run()
    delivery = world.delivery()
    assert (delivery.state, delivery.reason, delivery.detail) == ("waiting", "paused", {"cause": "revoked"})
    assert world.link.orders == []

    other = scene.person("other@example.com")
    Grant.objects.create(installation=world.site, user=other, role="owner")
    assert steering.resume(rollout=delivery.rollout, actor=other) == 1
    world.run()
    assert world.delivery().state == "applied"


def test_one_delivery_that_cannot_be_worked_out_does_not_hold_up_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.charger("ZCS1")
    world.charger("ZCS2")
    world.settle()
    world.publish(scene.direct())
    honest = Targets.of

    def faulty(self: Targets, charger: Any, *rest: Any) -> Any:
        if charger.device_id == "ZCS1":
            raise RuntimeError("a fault of ours")
        return honest(self, charger, *rest)

    monkeypatch.setattr(Targets, "of", faulty)
    world.run()

    assert (world.delivery("ZCS1").state, world.delivery("ZCS1").reason) == ("waiting", "fault")
    assert world.delivery("ZCS2").state == "applied"


def test_two_workers_at_once_push_each_charger_once(world: World) -> None:
    for number in range(12):
        world.charger(f"ZCS{number}")
    world.settle()
    world.publish(scene.direct())
    ready, errors = threading.Barrier(3), []

    def work() -> None:
        try:
            ready.wait(5)
            while reconcile_batch(world.link, limit=3):
                pass
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    assert errors == []
    orders = Counter(order.device_id for order in world.link.orders)
    assert orders == {f"ZCS{number}": 1 for number in range(12)}
    assert Delivery.objects.filter(rollout__revision__number=2, state="applied").count() == 12


def test_the_number_of_queries_of_a_batch_does_not_grow(world: World) -> None:
    def queries_for(url: str) -> int:
        world.publish(scene.direct(url=url))
        claimed = claim_due()
        with CaptureQueriesContext(connection) as queries:
            gather(claimed, timezone.now())
        record([])
        return len(queries)

    world.charger("ZCS100")
    world.settle()
    few = queries_for("wss://a.example.com/{deviceId}")
    for number in range(30):
        world.charger(f"ZCS{number}")
    many = queries_for("wss://b.example.com/{deviceId}")

    assert many == few <= 10


def test_the_sweep_finds_what_no_ring_told(world: World) -> None:
    world.charger(online=False)
    world.publish(scene.direct())
    world.run()
    ChargerLink.objects.update(disconnected_at=None, last_seen_at=timezone.now())
    world.fakes["ZCS1"].online = True
    world.run()
    assert world.delivery().state == "waiting"

    sweeping.sweep()
    world.run()
    assert world.delivery().state == "applied"


def test_the_sweep_leaves_the_busy_alone(world: World) -> None:
    world.charger()
    world.settle()
    world.occupy("Charging")
    world.publish(scene.direct())
    world.run()

    sweeping.sweep()

    assert claim_due() == []


def test_links_of_a_gateway_that_died_for_good_are_closed(world: World) -> None:
    world.charger("ZCS1")
    GatewayNode.objects.create(name="dead", started_at=timezone.now(), seen_at=timezone.now())
    ChargerLink.objects.update(node="dead")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE chargers_gatewaynode SET seen_at = now() - interval '5 minutes' WHERE name = 'dead'")
    scene.gateway_alive()

    sweeping.sweep()

    assert ChargerLink.objects.get().disconnected_at is not None


def test_an_unopened_rollout_is_found(world: World) -> None:
    world.charger()
    revision = world.publish(scene.direct())
    Rollout.objects.filter(revision=revision).update(state="opening")
    assert sweeping.unopened_rollouts() == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE chargers_rollout SET created_at = now() - interval '10 s'")

    assert Rollout.objects.get(revision=revision).pk in sweeping.unopened_rollouts()


def test_the_record_of_a_push_that_lost_its_claim_is_never_begun(world: World) -> None:
    fake = world.charger()
    world.settle()
    world.publish(scene.direct())
    stale = PushOrder(world.delivery().pk, 999, world.row().pk, "ZCS1", scene.NODE, fake.epoch)

    outcome: PushOutcome = world.link.carry_out(stale)

    assert outcome.result is PushResult.STALE
    assert fake.received == []
    assert not PushRecord.objects.filter(fencing=999).exists()
