"""Load balancing over two gateway nodes: the simulated chargers' own record says what they kept to, at every moment."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chargers.links.base import KeyWrite, PushResult
from chargers.models import Charger, ChargingShare, SiteLoad
from chargers.services.balancing import keep_base_load, site_changed
from gateway.limits import wanted
from gateway.server import Gateway
from gateway.simulator.connector import Visit
from gateway.simulator.crowd import Crowd, CrowdPlan
from gateway.simulator.run import BackOff
from gateway.store import shares
from installations.models import Installation
from tests.loop.gateway_world import PASSWORD, db, eventually, make_charger, running
from tests.loop.simulator.site import QUICK, read_lines, until
from tests.loop.test_push import order_for

COUNT = 3
FUSE = 33.0
IDS = [f"ZCS00000{number}" for number in range(1, COUNT + 1)]


class Garage:
    """Chargers behind one main fuse, and their record."""

    def __init__(self, folder: Path, *gateways: Gateway) -> None:
        """The chargers take the gateways in turn."""
        self.folder, self.gateways = folder, gateways
        self.crowds = [self._crowd(number, gateways[number % len(gateways)]) for number in range(COUNT)]

    def _crowd(self, number: int, gateway: Gateway) -> Crowd:
        return Crowd(
            CrowdPlan(
                gateway=f"ws://127.0.0.1:{gateway.bound_port}/ocpp", count=1, first=number + 1, prefix="ZCS",
                connectors=1, passwords=dict.fromkeys(IDS, PASSWORD), pace=replace(QUICK, meter=0.5),
                back_off=BackOff(0.05, 0.2), judge=self.folder / "judge.ndjson",
                state=self.folder / f"state{number}.ndjson", seed=1,
            )
        )  # fmt: skip

    def start(self) -> None:
        for crowd in self.crowds:
            crowd.start()

    async def stop(self) -> None:
        for crowd in self.crowds:
            await crowd.stop()

    def charger(self, number: int) -> Any:
        return self.crowds[number].chargers[0]

    def limit(self, number: int) -> float | None:
        """What a charger keeps to now, by its own reckoning."""
        point = self.charger(number).point
        found: float | None = point.limit_of(point.sessions.connectors[1], time.time())
        return found

    async def keep_to(self, *amps: float | None) -> None:
        try:
            await until(lambda: [self.limit(number) for number in range(COUNT)] == list(amps))
        except TimeoutError:
            shares = await db(lambda: list(ChargingShare.objects.values()))
            pytest.fail(f"{[self.limit(number) for number in range(COUNT)]} instead of {amps}: {shares}")

    async def car(self, number: int, seconds: float = 600) -> None:
        charger = self.charger(number)
        charger.point.arrive(1, Visit("CARD", seconds, authorize=False), time.time())
        charger.wake()
        await until(lambda: charger.point.sessions.connectors[1].transaction)

    def leave(self, number: int) -> None:
        charger = self.charger(number)
        charger.point.sessions.stop(charger.point.sessions.connectors[1], "Local", time.time())
        charger.point.tick(time.time())
        charger.wake()

    def together(self) -> list[float]:
        """The sum of what all keep to after every call they were sent, once each of them has been told anything."""
        kept: dict[str, float] = {}
        sums = []
        for line in sorted(read_lines(self.folder / "judge.ndjson"), key=lambda line: str(line["at"])):
            if line["action"] in ("SetChargingProfile", "ClearChargingProfile"):
                kept[str(line["device_id"])] = line["limits"].get("1", 99.0)
                sums.append(sum(kept.values()) if len(kept) == COUNT else 0.0)
        return sums


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raises and rounds that would wait for a while wait for a moment."""
    monkeypatch.setattr(wanted, "RAISE_SECONDS", 0.3)
    monkeypatch.setattr(shares, "PAUSE_SECONDS", 0.1)


@pytest.fixture
async def garage(tmp_path: Path, transactional_db: None) -> AsyncIterator[Garage]:
    def site() -> None:
        for device_id in IDS:
            make_charger(device_id)
        Installation.objects.update(main_fuse_current=FUSE)

    await db(site)
    async with running("picows") as gateway, running("picows", "other") as other:
        one = Garage(tmp_path, gateway, other)
        await eventually(lambda: all(each.directory.find(name) for each in (gateway, other) for name in IDS))
        one.start()
        yield one
        await one.stop()


async def change(**fields: Any) -> None:
    def keep() -> None:
        Installation.objects.update(**fields)
        site_changed(Installation.objects.get())

    await db(keep)


async def test_cars_share_the_main_fuse_and_no_moment_exceeds_it(garage: Garage) -> None:
    await garage.keep_to(6, 6, 6)
    await garage.car(0)
    await garage.keep_to(32, 0, 0)
    await garage.car(1)
    await garage.keep_to(16.5, 16.5, 0)
    await garage.car(2)
    await garage.keep_to(11, 11, 11)
    garage.leave(0)
    await garage.keep_to(0, 16.5, 16.5)
    assert max(garage.together()) <= FUSE


async def test_a_building_that_takes_more_pauses_the_last_and_gives_it_back(garage: Garage) -> None:
    for number in range(COUNT):
        await garage.car(number)
    await garage.keep_to(11, 11, 11)
    site = await db(Installation.objects.get)
    assert await db(lambda: keep_base_load(site, (20.0, 5.0, 5.0)))
    await garage.keep_to(6.5, 6.5, 0)
    assert await db(lambda: list(ChargingShare.objects.order_by("charger_id").values_list("why", flat=True))) == [
        "shared", "shared", "turn",
    ]  # fmt: skip
    assert max(garage.together()) <= FUSE


async def test_switched_off_it_takes_everything_of_its_own_away(garage: Garage) -> None:
    await garage.car(0)
    await garage.keep_to(32, 0, 0)
    await change(load_balancing=False)
    await change(load_balancing=False)
    await garage.keep_to(None, None, None)
    assert await db(lambda: SiteLoad.objects.get().ended_at)
    await change(load_balancing=True)
    await garage.keep_to(32, 0, 0)


async def test_what_a_charger_without_connection_may_hold_is_not_given_to_others(garage: Garage) -> None:
    await garage.car(0)
    await garage.keep_to(32, 0, 0)
    garage.charger(0).point.pull_cable(600, time.time())
    garage.charger(0).wake()
    await eventually(lambda: ChargingShare.objects.filter(why="unreachable").exists())
    await garage.car(1)
    await eventually(lambda: ChargingShare.objects.filter(current_granted=0, why="turn").exists())
    assert garage.limit(1) == 0


async def test_a_charger_that_is_sent_to_a_backend_of_its_own_takes_nothing_of_ours_along(garage: Garage) -> None:
    await garage.keep_to(6, 6, 6)
    row = await db(lambda: Charger.objects.select_related("installation__revision").get(device_id=IDS[0]))
    url = KeyWrite("CentralSystemURL", f"ws://127.0.0.1:9/ocpp/{IDS[0]}")
    order = await db(lambda: order_for(row, writes=(url,), read_keys=(url.key,), clear_charging_profiles=True))
    await until(lambda: garage.gateways[0].connections[IDS[0]].is_idle())
    outcome = await garage.gateways[0].push(order)
    assert outcome.result is PushResult.DONE
    assert garage.limit(0) is None
    await asyncio.sleep(1)
    assert garage.limit(0) is None
