"""The gateway and the chargers' connections (faults 16 to 20, 23 and 24)."""

import base64
import time

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.acceptance.portal import read_lines, wait_until
from tests.faults.assertions import assert_nothing_broke, deliveries, states
from tests.faults.saving import save
from tests.faults.test_worker_faults import in_the_middle, slow_answers
from tests.faults.world import World

pytestmark = pytest.mark.slow
ALL = {"applied": 5}


def test_16_gateway_killed_with_all_its_sockets(world: World) -> None:
    slow_answers(world)
    rollout = save(world)
    in_the_middle(world, rollout)
    world.again("gateway")
    world.air.mend()
    assert states(assert_nothing_broke(world, rollout)) == ALL


@pytest.mark.core
def test_17_a_charger_drops_right_after_the_call(world: World) -> None:
    """The call has reached it; its answer never arrives."""
    world.air.cut_after("down", b"ChangeConfiguration")
    rollout = save(world)
    assert states(assert_nothing_broke(world, rollout)) == ALL


def test_18_charging_starts_between_the_check_and_the_send(world: World) -> None:
    """What busy chargers tell arrives a second and a half late: the gateway believes them idle when they are not."""
    world.start_chargers("ZCB", "--scenario", "busy", "--speed", "8")
    world.wait_online("ZCB")
    world.air.delay_seconds["up"] = 1.5
    rollouts = []
    for _time in range(3):
        rollouts.append(save(world))
        time.sleep(12)
    world.air.mend()
    world.kill("chargers-zcb")
    world.start_chargers("ZCB", "--scenario", "idle", name="chargers-zcb")
    rows = assert_nothing_broke(world, rollouts[-1], timeout_seconds=150)
    assert states(rows) == ALL
    busy = [line for line in world.judge() if line["device_id"].startswith("ZCB")]
    assert any(line["action"] == "ChangeAvailability" for line in busy)


@pytest.mark.core
def test_19_a_second_socket_with_the_same_identity(world: World) -> None:
    """It has the right password; the standing connection lives, so the newcomer is refused and told of."""
    passwords = {line["device_id"]: line["password"] for line in read_lines(world.data / "credentials.ndjson")}
    login = base64.b64encode(f"ZCS000001:{passwords['ZCS000001']}".encode()).decode()
    slow_answers(world)
    rollout = save(world)
    in_the_middle(world, rollout)
    for _time in range(3):
        with pytest.raises(InvalidStatus) as refused:
            connect(
                f"{world.gateway_url}/ZCS000001",
                subprotocols=["ocpp1.6"],  # type: ignore[list-item]
                additional_headers={"Authorization": f"Basic {login}"},
                proxy=None,
            )
        assert refused.value.response.status_code == 409
    world.air.mend()
    assert states(assert_nothing_broke(world, rollout)) == ALL


def test_20_half_open_connections(world: World) -> None:
    """Nothing passes any more and nobody is told; the gateway finds out by its pings (50 s)."""
    slow_answers(world)
    rollout = save(world)
    in_the_middle(world, rollout)
    world.air.freeze()
    time.sleep(75)
    world.air.mend()
    world.wait_online()
    assert states(assert_nothing_broke(world, rollout, timeout_seconds=180)) == ALL


@pytest.mark.core
def test_23_a_charger_says_accepted_and_does_nothing(world: World) -> None:
    world.kill("chargers-zcs")
    world.start_chargers("ZCS", "--quirk", "ignores", name="chargers-zcs")
    world.wait_online()
    rollout = save(world)
    wait_until(
        lambda: states(deliveries(world, rollout))["rejected"] == 1, timeout_seconds=60, what="the first is found out"
    )
    shown = world.api("GET", rollout).json()
    assert (shown["state"], shown["pause_cause"]) == ("paused", "failures")
    rows = [row for row in deliveries(world, rollout) if row["device_id"].startswith("ZCS")]
    assert [(row["state"], row["reason"]) for row in rows if row["state"] != "waiting"] == [("rejected", "not_kept")]
    assert {row["reason"] for row in rows if row["state"] == "waiting"} <= {"wave", "paused"}
    world.kill("chargers-zcs")
    world.start_chargers("ZCS")
    world.wait_online()
    assert world.api("POST", f"{rollout}resume/", body={}).status_code == 202
    wait_until(lambda: states(deliveries(world, rollout))["applied"] == 4, timeout_seconds=60, what="the others land")
    assert world.api("POST", f"{rollout}retry/", body={}).status_code == 202
    wait_until(lambda: states(deliveries(world, rollout))["applied"] == 5, timeout_seconds=60, what="the first, too")


def test_24_chargers_reboot_in_the_middle(world: World) -> None:
    world.kill("chargers-zcs")
    world.start_chargers("ZCS", "--quirk", "reboots", name="chargers-zcs")
    world.wait_online()
    rollout = save(world)
    assert states(assert_nothing_broke(world, rollout, timeout_seconds=150)) == ALL
