"""Two gateway nodes and two workers at once (behind one address, as a load balancer has it)."""

import pytest

from tests.acceptance.portal import wait_until
from tests.faults.assertions import assert_nothing_broke, deliveries, states
from tests.faults.saving import save, save_for_all_at_once
from tests.faults.test_worker_faults import in_the_middle, slow_answers
from tests.faults.world import World

pytestmark = pytest.mark.slow
ALL = {"applied": 5}


def nodes(world: World) -> dict[str, str]:
    with world.sql() as connection:
        rows = connection.execute(
            "SELECT c.device_id, l.node FROM chargers_chargerlink l JOIN chargers_charger c ON c.id = l.charger_id"
            " WHERE l.disconnected_at IS NULL AND c.device_id LIKE 'ZCS%'"
        ).fetchall()
    return dict(rows)


@pytest.fixture
def doubled(world: World) -> World:
    """New connections go to both nodes in turn."""
    world.start("worker-2")
    world.start("gateway-2")
    world.air.balance([("127.0.0.1", world.ports["gateway"]), ("127.0.0.1", world.ports["gateway-2"])])
    wait_until(lambda: _both_serve(world), timeout_seconds=60, what="chargers at both nodes")
    world.wait_online()
    return world


def _both_serve(world: World) -> bool:
    """Chargers are sent away until both nodes have some."""
    there = nodes(world)
    if len(there) == 5 and len(set(there.values())) == 2:
        return True
    if len(there) == 5:
        world.air.cut()
    return False


def test_each_order_goes_to_the_node_that_holds_the_charger(doubled: World) -> None:
    doubled.settle(save(doubled))
    wait_until(lambda: _both_serve(doubled), timeout_seconds=60, what="chargers at both nodes")
    rollout = save(doubled, mode="native", server_url="", policy={"waves": []})
    rows = assert_nothing_broke(doubled, rollout)
    assert states(rows) == ALL
    assert [row["attempts"] for row in rows if row["state"] == "applied"] == [0] * 5


def test_chargers_change_their_node_in_the_middle_of_a_push(doubled: World) -> None:
    """Every connection is cut again and again while pushes run: nobody is written to twice, nothing is lost."""
    before = nodes(doubled)
    rollout = save_for_all_at_once(doubled)
    slow_answers(doubled, 0.2)
    moved = set()
    for _time in range(4):
        wait_until(lambda: _under_way_or_done(doubled, rollout), timeout_seconds=60, what="a push", every_seconds=0.02)
        doubled.air.cut()
        wait_until(lambda: len(nodes(doubled)) == 5, timeout_seconds=30, what="all are back")
        moved |= {device_id for device_id, node in nodes(doubled).items() if before[device_id] != node}
    doubled.air.mend()
    assert moved
    assert states(assert_nothing_broke(doubled, rollout, timeout_seconds=150)) == ALL


def _under_way_or_done(world: World, rollout: str) -> bool:
    rows = [row["state"] for row in deliveries(world, rollout) if row["device_id"].startswith("ZCS")]
    return any(state in {"pushing", "verifying"} for state in rows) or set(rows) == {"applied"}


def test_a_node_dies_and_the_other_takes_its_chargers(doubled: World) -> None:
    slow_answers(doubled)
    rollout = save(doubled)
    in_the_middle(doubled, rollout)
    doubled.air.balance([("127.0.0.1", doubled.ports["gateway-2"])])
    doubled.kill("gateway")
    doubled.air.mend()
    assert states(assert_nothing_broke(doubled, rollout, timeout_seconds=150)) == ALL
    assert set(nodes(doubled).values()) == {"gateway-2"}


def test_both_workers_take_part_and_nothing_is_sent_twice(doubled: World) -> None:
    for _time in range(3):
        rollout = save_for_all_at_once(doubled)
        assert states(assert_nothing_broke(doubled, rollout)) == ALL
