"""Waves, a common start, windows, pace, pause and resume, on a site whose chargers live in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.refusals import Conflict
from chargers.models import Delivery, Rollout
from chargers.rollout.record import Move, record
from chargers.rollout.window import DAYS
from chargers.services import rollouts, steering, sweeping
from tests.db.chargers import scene
from tests.db.chargers.world import World

PROFILE = {"profile": "simulator"}


def fleet(world: World, count: int, **options: object) -> list[str]:
    names = [f"ZCS{number:03}" for number in range(count)]
    for name in names:
        world.charger(name, **options)
    world.settle()
    return names


def rollout(world: World) -> Rollout:
    return Rollout.objects.filter(installation=world.site).latest("pk")


def counts(world: World) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for state, reason in Delivery.objects.filter(rollout=rollout(world)).values_list("state", "reason"):
        found[state, reason] = found.get((state, reason), 0) + 1
    return found


def applied(world: World) -> int:
    return Delivery.objects.filter(rollout=rollout(world), state="applied").count()


def refuse(world: World, *names: str) -> None:
    for name in names:
        world.fakes[name].answers = {"CentralSystemURL": "Rejected"}


def test_the_first_goes_alone_then_a_tenth_then_the_rest(world: World) -> None:
    fleet(world, 20)
    world.publish(scene.direct())
    attempted = []
    while rollout(world).state == "running":
        world.link.orders.clear()
        if not world.step():
            sweeping.sweep()
        attempted.append(sum(not order.read_only for order in world.link.orders))
    assert [count for count in attempted if count] == [1, 1, 18]
    assert applied(world) == 20


def test_a_wave_that_lands_before_all_deliveries_are_open_is_followed_by_the_next_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollouts, "CHUNK", 2)
    fleet(world, 3)
    world.publish(scene.direct(), chunks=1)
    world.run()
    assert counts(world) == {("applied", "observed"): 1, ("waiting", "wave"): 1}
    assert not rollouts.open_deliveries(rollout(world).pk)
    world.run()
    assert applied(world) == 3


def test_who_is_told_to_wait_for_a_wave_that_has_just_begun_is_rung_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker begins the wave between a batch's look at the places and its record."""
    names = fleet(world, 3)
    world.publish(scene.direct())
    first = Delivery.objects.filter(rollout=rollout(world), charger__device_id=names[0])
    first.update(state="applied", wave=0, due_at=None, pushed_at=timezone.now())
    recorded = record

    def after_the_wave_has_begun(moves: Sequence[Move]) -> set[int]:
        monkeypatch.undo()
        Rollout.objects.filter(pk=rollout(world).pk).update(wave=1)
        return recorded(moves)

    monkeypatch.setattr("chargers.rollout.reconcile.record", after_the_wave_has_begun)
    world.run()
    assert applied(world) == 3


def test_a_wave_that_fails_stops_the_rest_and_says_so(world: World) -> None:
    names = fleet(world, 12)
    refuse(world, *names)
    world.publish(scene.direct())
    world.run()
    stopped = rollout(world)
    assert (stopped.shown_state, stopped.pause_cause) == ("paused", "failures")
    assert counts(world) == {("rejected", "rejected"): 1, ("waiting", "wave"): 11}
    sweeping.sweep()
    world.run()
    assert sum(len(fake.received) for fake in world.fakes.values()) == 1
    entry = AuditEntry.objects.filter(action="rollout_paused").latest("pk")
    assert entry.after == {"cause": "failures", "attempted": 1, "failed": 1}


def test_resuming_accepts_the_failure_and_tries_another_one_first(world: World) -> None:
    names = fleet(world, 12)
    refuse(world, *names)
    world.publish(scene.direct())
    world.run()
    for fake in world.fakes.values():
        fake.answers = {}
    assert steering.resume(rollout=rollout(world), actor=scene.person()) == 11
    world.link.orders.clear()
    world.step()
    assert len(world.link.orders) == 1
    world.run()
    assert counts(world) == {("rejected", "rejected"): 1, ("applied", "observed"): 11}
    assert steering.retry(rollout=rollout(world), actor=scene.person()) == 1
    world.run()
    assert applied(world) == 12


def test_a_wave_whose_charger_gets_busy_gives_its_place_to_another(world: World) -> None:
    names = fleet(world, 12)
    for name in names:
        world.fakes[name].busy = "connector"
    world.publish(scene.direct())
    world.step()
    for name in names[1:]:
        world.fakes[name].busy = ""
    for _sweep in range(4):
        sweeping.sweep()
        world.run()
    assert counts(world) in ({("applied", "observed"): 11, ("waiting", "busy"): 1}, {("applied", "observed"): 12})


def test_chargers_found_busy_at_the_last_moment_do_not_hide_a_failure(world: World) -> None:
    """They were claimed for writing and nothing was sent: among those attempted they do not count."""
    names = fleet(world, 12)
    refuse(world, *names)
    for name in names:
        world.fakes[name].busy = "connector"
    world.publish(scene.direct())
    for _time in range(12):
        world.step()
    assert Delivery.objects.filter(rollout=rollout(world), pushed_at__isnull=False).count() > 5
    for name in names:
        world.fakes[name].busy = ""
    world.elapse(60)
    sweeping.sweep()
    world.run()
    assert rollout(world).pause_cause == "failures"
    assert Delivery.objects.filter(rollout=rollout(world), state="rejected").count() == 1


def test_proceed_begins_the_next_wave_without_waiting(world: World) -> None:
    fleet(world, 30)
    world.publish(scene.direct())
    world.step()
    Delivery.objects.filter(rollout=rollout(world), state="applied").update(state="unknown", reason="offline")
    Rollout.objects.filter(pk=rollout(world).pk).update(wave=0)
    Delivery.objects.filter(rollout=rollout(world), state="waiting").update(reason="wave", due_at=None)
    assert steering.proceed(rollout=rollout(world), actor=scene.person()) == 29
    assert rollout(world).wave == 1


def test_together_nobody_starts_before_everybody_is_ready(world: World) -> None:
    names = fleet(world, 5)
    world.occupy("Charging", names[0])
    world.leave(names[1])
    world.publish(scene.direct(), policy={"start": "together"})
    world.run()
    sweeping.sweep()
    world.run()
    assert counts(world) == {("waiting", "busy"): 1, ("waiting", "offline"): 1, ("waiting", "together"): 3}
    world.occupy("Available", names[0])
    world.run()
    assert applied(world) == 0
    world.occupy("Charging", names[2])  # one that was ready is not any more
    world.connect(names[1])
    world.run()
    assert counts(world) == {("waiting", "busy"): 1, ("waiting", "together"): 4}
    world.occupy("Available", names[2])
    world.run()
    assert applied(world) == 5


def test_together_proceeds_with_those_that_are_ready_when_told_so(world: World) -> None:
    names = fleet(world, 5)
    world.leave(names[0])
    world.publish(scene.direct(), policy={"start": "together"})
    world.run()
    assert steering.proceed(rollout=rollout(world), actor=scene.person()) == 4
    world.run()
    assert counts(world) == {("waiting", "offline"): 1, ("applied", "observed"): 4}
    with pytest.raises(Conflict):
        steering.proceed(rollout=rollout(world), actor=scene.person())
    world.connect(names[0])
    world.run()
    assert applied(world) == 5


def test_outside_the_window_nothing_is_sent(world: World) -> None:
    world.charger()
    world.settle()
    tomorrow = DAYS[(timezone.now() + timedelta(days=2)).weekday()]
    window = {"days": [tomorrow], "from": "03:00", "to": "03:30"}
    world.publish(scene.direct(), policy={"windows": [window]})
    world.run()
    delivery = world.delivery()
    assert (delivery.state, delivery.reason) == ("waiting", "window")
    opens = delivery.due_at
    assert opens is not None
    assert (opens.hour, opens.minute, DAYS[opens.weekday()]) == (3, 0, tomorrow)
    Rollout.objects.filter(pk=rollout(world).pk).update(
        policy={"windows": [{**window, "days": list(DAYS), "to": "03:00"}]}
    )
    Delivery.objects.update(due_at=datetime(2026, 1, 1, tzinfo=UTC))
    world.run()
    assert world.delivery().state == "applied"


def test_the_pace_of_a_rollout_and_of_the_portal_are_kept(world: World, settings: LazySettings) -> None:
    fleet(world, 8)
    world.publish(scene.direct(), policy={"waves": ["1"], "per_minute": 60})
    Rollout.objects.filter(pk=rollout(world).pk).update(wave=1)
    settings.ROLLOUT_PACE_PER_MINUTE = 6
    world.run()
    assert counts(world) == {("applied", "observed"): 1, ("waiting", "pace"): 7}
    world.elapse(10.5)
    world.run()
    assert applied(world) == 2
    world.elapse(60)
    world.run()
    assert applied(world) == 8


def test_a_paused_rollout_sends_nothing_until_it_is_resumed(world: World) -> None:
    world.charger()
    world.settle()
    world.occupy("Charging")
    world.publish(scene.direct())
    world.run()
    steering.pause(rollout=rollout(world), actor=scene.person())
    world.occupy("Available")
    world.run()
    sweeping.sweep()
    world.run()
    assert (world.delivery().state, world.delivery().reason) == ("waiting", "paused")
    assert rollout(world).shown_state == "paused"
    with pytest.raises(Conflict):
        steering.pause(rollout=rollout(world), actor=scene.person())
    assert steering.resume(rollout=rollout(world), actor=scene.person()) == 1
    world.run()
    assert world.delivery().state == "applied"
    with pytest.raises(Conflict):
        steering.resume(rollout=rollout(world), actor=scene.person())


def test_a_paused_rollout_can_be_cancelled(world: World) -> None:
    world.charger(online=False)
    world.publish(scene.direct())
    steering.pause(rollout=rollout(world), actor=scene.person())
    assert steering.cancel(rollout=rollout(world), actor=scene.person()) == 1
    assert rollout(world).shown_state == "cancelled"
