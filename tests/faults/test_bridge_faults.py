"""Gateway, backend and the network between them, as real processes, in the middle of sessions."""

import secrets
import shutil
import time
from collections.abc import Iterator

import pytest

from tests.acceptance.portal import ROOT, read_lines, wait_until
from tests.faults.bridge_world import CONNECTED, WAITING, BridgeWorld

CHARGERS = 8


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[BridgeWorld]:
    folder = ROOT / ".local" / "faults" / secrets.token_hex(4)
    folder.mkdir(parents=True)
    rotates = bool(getattr(request, "param", False))
    world = BridgeWorld(folder / "data", chargers=CHARGERS, retry_seconds=1, rotates=rotates)
    try:
        world.begin()
        yield world
    finally:
        world.end()
        shutil.rmtree(folder, ignore_errors=True)


def charging(world: BridgeWorld) -> None:
    running = "SELECT count(*) FROM chargers_transaction WHERE stop_received_at IS NULL"
    wait_until(lambda: world.count(running) > 1, timeout_seconds=60, what="some charge")


@pytest.mark.core
def test_the_network_to_the_backend_is_cut_for_two_seconds_again_and_again(world: BridgeWorld) -> None:
    charging(world)
    for _time in range(5):
        world.sky.refuse()
        time.sleep(2)
        world.sky.mend()
        time.sleep(3)
    assert world.come_to_rest(timeout_seconds=90).starts >= CHARGERS // 2


@pytest.mark.slow
def test_the_network_to_the_backend_is_away_for_two_minutes(world: BridgeWorld) -> None:
    charging(world)
    world.sky.refuse()
    time.sleep(120)
    assert world.count(WAITING) > CHARGERS
    world.sky.mend()
    world.come_to_rest(timeout_seconds=120)


@pytest.mark.slow
def test_half_open_connections_to_the_backend_are_found_and_replaced(world: BridgeWorld) -> None:
    charging(world)
    world.sky.freeze()
    time.sleep(75)
    world.sky.mend()
    world.come_to_rest(timeout_seconds=150)


@pytest.mark.slow
def test_the_gateway_dies_while_the_backend_is_away(world: BridgeWorld) -> None:
    charging(world)
    world.kill("backend")
    time.sleep(5)
    world.again("gateway")
    time.sleep(10)
    world.start("backend")
    world.come_to_rest(timeout_seconds=120)


@pytest.mark.slow
def test_postgresql_restarts_under_the_bridge(world: BridgeWorld) -> None:
    import signal

    charging(world)
    world.servers["database"].send_signal(signal.SIGINT)
    world.servers["database"].wait(30)
    time.sleep(5)
    world.start_database()
    world.come_to_rest(timeout_seconds=150)


@pytest.mark.slow
@pytest.mark.parametrize("world", [True], indirect=True)
def test_a_gateway_killed_while_every_charger_gets_a_key_of_its_own_locks_nobody_out(world: BridgeWorld) -> None:
    """The backend changes the password after the first boot of each; the gateway dies again and again meanwhile."""
    for _time in range(4):
        world.again("gateway")
        time.sleep(1.5)
    wait_until(lambda: world.count(CONNECTED) == CHARGERS, timeout_seconds=90, what="all log in")
    own = {line["device_id"] for line in read_lines(world.data / "users.ndjson")}
    assert len(own) == CHARGERS
    world.again("gateway")
    wait_until(lambda: world.count(CONNECTED) == CHARGERS, timeout_seconds=90, what="all log in again")
    world.come_to_rest(timeout_seconds=90)
