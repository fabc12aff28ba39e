"""Whatever dies or lies in the middle: nothing is sent twice after a positive answer, everything ends explained."""

from collections import Counter

from django.utils import timezone

from chargers.links.fake import Fault
from chargers.models import Charger
from chargers.rollout.actions import Stay
from chargers.rollout.due import LEASE_SECONDS, claim_due
from chargers.rollout.gather import gather
from chargers.rollout.plan import Finish
from chargers.rollout.reconcile import reconcile_batch
from chargers.rollout.record import Move, record
from chargers.rollout.states import DeliveryState
from installations.authentication import NewPassword
from installations.models import AuthenticationRevision
from tests.db.chargers import scene
from tests.db.chargers.world import World

WITH_PASSWORD = NewPassword(scene.PASSWORD)


def test_a_refused_key_is_final_and_what_was_written_before_is_written_back(world: World) -> None:
    fake = world.charger()
    world.settle()
    fake.answers["CentralSystemURL"] = "Rejected"
    fake.settings["FreeVendActive"] = "true"
    world.publish(scene.direct())
    world.run()

    delivery = world.delivery()
    assert (delivery.state, delivery.reason) == ("rejected", "rejected")
    assert delivery.detail["failed_key"] == "CentralSystemURL"
    assert delivery.detail["restored"] == ["FreeVendActive"]
    assert fake.settings["FreeVendActive"] == "true"


def test_accepted_but_not_kept_is_rejected_and_never_sent_again(world: World) -> None:
    fake = world.charger()
    world.settle()
    fake.deaf = frozenset({"CentralSystemURL"})
    world.publish(scene.direct())
    world.run()
    world.elapse(3600)
    world.run()

    assert (world.delivery().state, world.delivery().reason) == ("rejected", "not_kept")
    assert world.written().count("CentralSystemURL") == 1


def test_a_lost_answer_is_unknown_and_what_arrived_is_not_sent_again(world: World) -> None:
    fake = world.charger()
    world.settle()
    fake.settings["FreeVendActive"] = "true"
    fake.faults = [Fault.SILENT]
    world.publish(scene.direct())
    world.run()
    assert (world.delivery().state, world.delivery().reason) == ("unknown", "no_answer")
    assert world.delivery().attempts == 1

    world.elapse(31)
    world.run()
    assert world.delivery().state == "applied"
    assert Counter(world.written()) == {"FreeVendActive": 1, "CentralSystemURL": 1}


def test_answers_that_stay_away_end_after_eight_attempts(world: World) -> None:
    fake = world.charger()
    world.settle()
    fake.deaf = frozenset({"CentralSystemURL"})
    world.publish(scene.direct())
    for _attempt in range(8):
        fake.faults = [Fault.SILENT]
        world.run()
        world.elapse(6 * 3600 + 1)

    delivery = world.delivery()
    assert (delivery.state, delivery.reason, delivery.detail["attempts"]) == ("failed", "no_answer", 8)


def test_a_gateway_killed_after_an_accepted_password_does_not_get_it_sent_again(world: World) -> None:
    fake = world.charger()
    world.settle()
    fake.faults = [Fault.KILLED]
    revision = world.publish(scene.direct(password=WITH_PASSWORD))
    world.run()
    assert world.delivery().state == "pushing"

    world.elapse(LEASE_SECONDS + 1)
    world.run()

    assert world.story()[:2] == ["pushing", "unknown"]
    assert world.delivery().state == "applied"
    assert world.row().delivered_secret_id == revision.secret_id
    assert world.written().count("AuthorizationKey") == 1


def test_a_newer_revision_with_the_same_password_does_not_send_it_again_after_a_kill(world: World) -> None:
    fake = world.charger()
    world.settle()
    fake.faults = [Fault.KILLED]
    world.publish(scene.direct(password=WITH_PASSWORD))
    world.run()
    world.elapse(LEASE_SECONDS + 1)
    reconcile_batch(world.link, draw=lambda: 1.0)
    assert world.delivery().state == "unknown"

    world.publish(scene.direct(url="wss://second.example.com/{deviceId}"))
    world.run()

    assert world.delivery().state == "applied"
    assert world.written().count("AuthorizationKey") == 1


def test_an_order_that_never_arrived_is_sent_again_without_an_attempt(world: World) -> None:
    fake = world.charger()
    world.settle()
    fake.faults = [Fault.UNHEARD]
    world.publish(scene.direct())
    world.run()
    assert world.delivery().state == "pushing"
    assert fake.received == []

    world.elapse(LEASE_SECONDS + 1)
    world.run()
    assert (world.delivery().state, world.delivery().attempts) == ("applied", 0)


def test_an_outcome_nobody_heard_is_judged_from_the_gateways_record(world: World) -> None:
    fake = world.charger()
    world.settle()
    fake.faults = [Fault.LATE]
    world.publish(scene.direct())
    world.run()
    sent = list(fake.received)
    world.elapse(LEASE_SECONDS + 1)
    world.run()

    assert world.delivery().state == "applied"
    assert fake.received == sent


def test_a_broker_that_is_away_costs_no_attempt(world: World) -> None:
    world.charger()
    world.settle()
    world.link.available = False
    world.publish(scene.direct())
    world.run()
    assert (world.delivery().state, world.delivery().attempts) == ("waiting", 0)

    world.link.available = True
    world.elapse(6)
    world.run()
    assert world.delivery().state == "applied"


def test_a_late_outcome_of_an_older_claim_is_dropped(world: World) -> None:
    world.charger()
    world.settle()
    world.publish(scene.direct())
    first = gather(claim_due(), timezone.now())[0]
    world.elapse(LEASE_SECONDS + 1)
    second = gather(claim_due(), timezone.now())[0]
    assert second.fencing == first.fencing + 1

    assert record([Move.of(first, Finish(DeliveryState.APPLIED, "observed"))]) == set()
    assert world.delivery().state == "waiting"
    assert record([Move.of(second, Stay(DeliveryState.WAITING, "offline"))]) == {second.delivery_id}


def test_a_ring_during_a_claim_is_not_forgotten(world: World) -> None:
    world.charger(online=False)
    world.publish(scene.direct())
    snapshot = gather(claim_due(), timezone.now())[0]

    world.connect()
    record([Move.of(snapshot, Stay(DeliveryState.WAITING, "offline"))])

    world.run()
    assert world.delivery().state == "applied"


def test_a_saved_url_that_the_rules_refuse_by_now_never_falls_back_to_another_address(world: World) -> None:
    world.charger()
    world.settle()
    Charger.objects.update(server_url="wss://elsewhere.example.com/ZCS1")
    revision = world.publish(scene.direct())
    AuthenticationRevision.objects.filter(pk=revision.pk).update(server_url="wss://no longer valid/{deviceId}")
    world.run()

    delivery = world.delivery()
    assert (delivery.state, delivery.reason) == ("unsupported", "url_refused")
    assert world.written() == []
