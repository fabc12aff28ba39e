"""The broker loses, refuses, overflows or repeats (faults 11 to 14)."""

import random
import shutil
import signal
import time
from typing import Any

import pytest
import redis
from celery import Celery

from portal.embedded.places import redis_url, socket_dir
from tests.acceptance.portal import wait_until
from tests.faults.assertions import assert_nothing_broke, states
from tests.faults.saving import save
from tests.faults.test_worker_faults import in_the_middle, slow_answers
from tests.faults.world import World

pytestmark = pytest.mark.slow
ALL = {"applied": 5}


def test_11_redis_killed_and_everything_in_it_lost(world: World) -> None:
    """Celery's worker may end by itself when the broker dies under a task it has to acknowledge."""
    slow_answers(world)
    rollout = save(world)
    in_the_middle(world, rollout)
    world.servers["redis"].kill()
    world.servers["redis"].wait(10)
    shutil.rmtree(world.data / "valkey")
    world.air.mend()
    world.start_redis()
    with world.supervised():
        assert states(assert_nothing_broke(world, rollout, timeout_seconds=150)) == ALL


def test_12_redis_away_for_long(world: World) -> None:
    """Longer than every time-out on the way: pages answer, a save is accepted, and it lands afterwards."""
    for name in ("web", "worker", "gateway", "beat"):
        world.again(name, through=("redis",))
    world.wait_for_web()
    world.wait_online()
    world.redis.refuse()
    begun = time.monotonic()
    rollout = save(world)
    assert time.monotonic() - begun < 10
    assert world.api("GET", rollout).status_code == 200
    time.sleep(60)
    world.redis.mend()
    assert states(assert_nothing_broke(world, rollout)) == ALL


@pytest.mark.core
def test_13_redis_out_of_memory(world: World) -> None:
    with redis.Redis.from_url(redis_url(world.data)) as client:
        client.config_set("maxmemory", "1kb")
        rollout = save(world)
        time.sleep(5)
        client.config_set("maxmemory", "0")
    assert states(assert_nothing_broke(world, rollout)) == ALL


@pytest.mark.core
def test_14_every_message_three_times_and_in_another_order(world: World) -> None:
    app = Celery(broker=f"redis+socket://{socket_dir(world.data) / 'valkey.sock'}")
    slow_answers(world, 0.1)
    rollout = save(world)
    pk = int(rollout.rstrip("/").rpartition("/")[2])
    messages = [("chargers.open_deliveries", [pk]), ("chargers.reconcile", []), ("chargers.sweep", [])] * 3
    for _round in range(5):
        random.shuffle(messages)
        for name, arguments in messages:
            app.send_task(name, args=arguments, queue="rollout", ignore_result=True)
        time.sleep(0.5)
    world.air.mend()
    assert states(assert_nothing_broke(world, rollout)) == ALL
    app.close()


@pytest.mark.core
def test_14_every_order_and_every_answer_three_times_and_in_another_order(world: World) -> None:
    """The gateway stands still until its orders are tripled, then the worker until its answers are."""
    with redis.Redis.from_url(redis_url(world.data)) as bus:
        world.settle(save(world))
        world.signal("gateway", signal.SIGSTOP)
        rollout = save(world, mode="native", server_url="", policy={"waves": []})
        triple(bus, "gateway:*:orders")
        world.signal("worker", signal.SIGSTOP)
        world.signal("gateway", signal.SIGCONT)
        triple(bus, "push:replies:*")
        world.signal("worker", signal.SIGCONT)
    assert states(assert_nothing_broke(world, rollout)) == ALL


def triple(bus: Any, pattern: str) -> None:
    def there() -> list[bytes]:
        return [key for key in bus.keys(pattern) if bus.llen(key)]

    for key in wait_until(there, timeout_seconds=30, what=f"something in {pattern}", every_seconds=0.05):
        time.sleep(0.5)
        texts = bus.lrange(key, 0, -1) * 3
        random.shuffle(texts)
        bus.delete(key)
        bus.rpush(key, *texts)
