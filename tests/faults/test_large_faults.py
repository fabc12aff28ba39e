"""The gateway dies with a thousand chargers on it (fault 16, at its full size)."""

import time
from collections.abc import Iterator

import pytest

from tests.acceptance.portal import wait_until
from tests.faults.assertions import assert_nothing_broke, states
from tests.faults.conftest import running
from tests.faults.saving import save_for_all_at_once
from tests.faults.world import World

pytestmark = pytest.mark.slow
REGISTERED = 1800
LEAST_CONNECTED = 1000


@pytest.fixture(scope="module")
def large() -> Iterator[World]:
    with running(REGISTERED) as world:
        yield world


def connected(world: World) -> int:
    with world.sql() as connection:
        row = connection.execute(
            "SELECT count(*) FROM chargers_chargerlink l JOIN chargers_gatewaynode n ON n.name = l.node"
            " WHERE l.disconnected_at IS NULL AND l.connected_at > n.started_at"
        ).fetchone()
    return int(row[0])


def under_way(world: World) -> bool:
    with world.sql() as connection:
        row = connection.execute("SELECT count(*) FROM chargers_delivery WHERE state = 'pushing'").fetchone()
    return int(row[0]) > 20


def test_16_gateway_killed_with_a_thousand_sockets(large: World) -> None:
    wait_until(lambda: connected(large) >= LEAST_CONNECTED, timeout_seconds=120, what="a thousand chargers online")
    online = connected(large)
    rollout = save_for_all_at_once(large)
    wait_until(lambda: under_way(large), timeout_seconds=60, what="many pushes under way", every_seconds=0.01)
    large.again("gateway")
    begun = time.monotonic()
    wait_until(lambda: connected(large) == online, timeout_seconds=120, what="all are back")
    assert time.monotonic() - begun < 120
    rows = assert_nothing_broke(large, rollout, timeout_seconds=240)
    assert states(rows) == {"applied": online}
