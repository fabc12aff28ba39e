"""PostgreSQL goes away under everybody and comes back (fault 15)."""

import signal
import time

import pytest

from tests.faults.assertions import assert_nothing_broke, states
from tests.faults.saving import codes, etag, put, save, settings
from tests.faults.test_worker_faults import in_the_middle, slow_answers
from tests.faults.world import World

pytestmark = pytest.mark.slow
ALL = {"applied": 5}


def test_15_postgresql_restarts_in_the_middle(world: World) -> None:
    slow_answers(world)
    rollout = save(world)
    in_the_middle(world, rollout)
    body = settings(world)
    body["acknowledge"] = codes(world, body)
    version = etag(world)
    world.servers["database"].send_signal(signal.SIGINT)
    world.servers["database"].wait(30)
    refused = put(world, body, version)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json()["code"] == "database_away"
    time.sleep(3)
    world.air.mend()
    world.start_database()
    world.wait_for_web()
    assert states(assert_nothing_broke(world, rollout)) == ALL
    assert put(world, body, version).status_code == 202
    assert states(assert_nothing_broke(world, world.newest_rollout())) == ALL
