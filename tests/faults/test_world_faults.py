"""Clocks, backends and wrong settings (faults 21, 22 and 25)."""

from pathlib import Path

import pytest

from tests.acceptance.portal import wait_until
from tests.faults.assertions import assert_nothing_broke, deliveries, states
from tests.faults.backends import misbehaving
from tests.faults.saving import save
from tests.faults.world import World

pytestmark = pytest.mark.slow
ALL = {"applied": 5}
SHIFTED = ("-m", "tests.faults.shifted")


def test_21_clocks_are_off(world: World) -> None:
    """Worker ten minutes fast, gateway ten minutes slow, chargers in 1970: leases go by the database's clock alone."""
    for name, seconds in (("worker", 600), ("gateway", -600)):
        world.kill(name)
        world.start(name, wrapper=(*SHIFTED, str(seconds)))
    world.kill("chargers-zcs")
    world.start_chargers("ZCS", "--clock-offset", "-1790000000", name="chargers-zcs")
    world.wait_online()
    rollout = save(world)
    wait_until(lambda: states(deliveries(world, rollout)) == ALL, timeout_seconds=150, what="all have come back")
    assert states(assert_nothing_broke(world, rollout, timeout_seconds=150)) == ALL
    for name in ("worker", "gateway", "chargers-zcs"):
        world.kill(name)


@pytest.mark.parametrize("fault", ["hangs", "redirects", "bad_certificate"])
def test_22_the_backend_does_not_take_the_chargers(world: World, fault: str, tmp_path: Path) -> None:
    """Chargers that leave find nobody, give the address up and come back: the first one stops the others."""
    with misbehaving(fault, tmp_path) as origin:
        _the_first_one_stops_the_rest(world, f"{origin}/ocpp/{{deviceId}}")


def test_25_a_wrong_address_reaches_one_charger_only(world: World) -> None:
    _the_first_one_stops_the_rest(world, "ws://127.0.0.1:9/nobody/{deviceId}")


def _the_first_one_stops_the_rest(world: World, url: str) -> None:
    world.kill("chargers-zcs")
    world.start_chargers("ZCM", "--fallback", "3", "--verify", profile="simulator-moving")
    world.wait_online("ZCM")
    before = len(world.judge())
    rollout = save(world, url)

    def stopped() -> bool:
        return bool(world.api("GET", rollout).json()["pause_cause"] == "failures")

    wait_until(stopped, timeout_seconds=120, what="the rollout stops by itself")
    rows = [row for row in deliveries(world, rollout) if row["device_id"].startswith("ZCM")]
    assert sorted(row["state"] for row in rows) == ["failed", *["waiting"] * (len(rows) - 1)]
    changed = [line["device_id"] for line in world.judge()[before:] if line["action"] == "Reset"]
    failed = next(row["device_id"] for row in rows if row["state"] == "failed")
    assert set(changed) >= {failed}
    assert not {row["device_id"] for row in rows if row["state"] == "waiting"} & set(changed)
    world.kill("chargers-zcm")
    world.running.pop("chargers-zcm")
