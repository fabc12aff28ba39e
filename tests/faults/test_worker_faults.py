"""Workers and the beat that die, stop, double or stay away (faults 5 to 10)."""

import signal
import time

import psutil
import pytest

from tests.acceptance.portal import wait_until
from tests.faults.assertions import assert_nothing_broke, deliveries, states
from tests.faults.saving import save, save_for_all_at_once
from tests.faults.world import World

pytestmark = pytest.mark.slow
ALL = {"applied": 5}


def pushing(world: World, rollout: str) -> bool:
    return any(row["state"] in {"pushing", "verifying"} for row in deliveries(world, rollout))


def in_the_middle(world: World, rollout: str) -> None:
    wait_until(lambda: pushing(world, rollout), timeout_seconds=30, what="a push under way", every_seconds=0.02)


def slow_answers(world: World, seconds: float = 0.4) -> None:
    world.air.delay_seconds["up"] = seconds


def test_05_worker_killed_in_a_batch(world: World) -> None:
    rollout = save_for_all_at_once(world)
    slow_answers(world)
    in_the_middle(world, rollout)
    world.again("worker")
    world.air.mend()
    assert states(assert_nothing_broke(world, rollout)) == ALL


def test_06_pool_child_killed(world: World) -> None:
    world.kill("worker")
    world.start("worker-prefork")
    slow_answers(world)
    rollout = save(world)
    in_the_middle(world, rollout)
    for child in psutil.Process(world.running["worker-prefork"].pid).children(recursive=True):
        child.kill()
    world.air.mend()
    assert states(assert_nothing_broke(world, rollout)) == ALL


def test_07_worker_drains_within_30_seconds(world: World) -> None:
    slow_answers(world)
    rollout = save(world)
    in_the_middle(world, rollout)
    begun = time.monotonic()
    world.signal("worker", signal.SIGTERM)
    world.running["worker"].wait(30)
    assert time.monotonic() - begun < 30
    world.start("worker")
    world.air.mend()
    assert states(assert_nothing_broke(world, rollout)) == ALL


def test_08_worker_stopped_longer_than_its_lease_then_continued(world: World) -> None:
    """Its late writes are fenced off: another worker has had the deliveries meanwhile. The lease is 45 s."""
    rollout = save_for_all_at_once(world)
    slow_answers(world)
    in_the_middle(world, rollout)
    world.signal("worker", signal.SIGSTOP)
    world.start("worker-2")
    world.air.mend()
    time.sleep(50)
    rows = assert_nothing_broke(world, rollout)
    world.signal("worker", signal.SIGCONT)
    time.sleep(5)
    assert assert_nothing_broke(world, rollout) == rows
    assert states(rows) == ALL


def test_09_two_beats(world: World) -> None:
    world.start("beat-2")
    rollout = save(world)
    time.sleep(12)
    assert states(assert_nothing_broke(world, rollout)) == ALL


def test_10_no_beat_while_rings_are_lost(world: World) -> None:
    """Nothing is found by the sweep meanwhile; what was saved then lands once a beat is back."""
    world.kill("beat")
    world.again("web", through=("redis",))
    world.wait_for_web()
    world.redis.refuse()
    rollout = save(world)
    world.redis.mend()
    time.sleep(15)
    assert deliveries(world, rollout) == []
    world.start("beat")
    assert states(assert_nothing_broke(world, rollout)) == ALL
