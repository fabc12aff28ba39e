"""A crowd of simulated chargers in one process: who they are, how they start, how they end."""

import asyncio
import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.simulator.charge_point import ChargePoint
from gateway.simulator.judge import JudgeFile
from gateway.simulator.keeping import StateFile
from gateway.simulator.make import make
from gateway.simulator.run import BackOff, Charger, Surroundings
from gateway.simulator.scenarios import Habits, Life, Scenario, habits
from gateway.simulator.values import Pace, Quirk

STARTS_PER_SECOND = 100


@dataclass(frozen=True, slots=True)
class CrowdPlan:
    """``passwords``: device id to link password; chargers not in it dial without one. ``offline``: the last so many
    never connect. ``first``: number of the first device id. ``clock_offset``: seconds their clocks are fast."""

    gateway: str
    count: int
    prefix: str
    profile: str = "simulator"
    scenario: Scenario = Scenario.IDLE
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    first: int = 1
    offline: int = 0
    connectors: int = 1
    seed: int | None = None
    tag: str = "DEMO-CARD"
    pace: Pace = field(default_factory=Pace)
    back_off: BackOff = field(default_factory=BackOff)
    judge: Path | None = None
    told: Path | None = None
    state: Path | None = None
    quirk: Quirk = Quirk.NONE
    clock_offset: float = 0.0
    verify: bool = False

    def device_ids(self) -> list[str]:
        return [f"{self.prefix}{self.first + position:06d}" for position in range(self.count)]


def steady_clock(fast: float = 0.0) -> Callable[[], float]:
    """Unix time that never goes back, whatever is done to the machine's clock; ``fast`` seconds ahead of it."""
    offset = time.time() - time.monotonic() + fast
    return lambda: time.monotonic() + offset


class Crowd:
    """Build inside a running event loop."""

    def __init__(self, plan: CrowdPlan) -> None:
        self.plan = plan
        self.around = Surroundings(
            now=steady_clock(plan.clock_offset),
            judge=JudgeFile(plan.judge) if plan.judge else None,
            told=JudgeFile(plan.told) if plan.told else None,
            state=StateFile(plan.state) if plan.state else None,
            tag=plan.tag,
            verify=plan.verify,
            back_off=plan.back_off,
        )
        self.chargers = [
            self._charger(position, device_id)
            for position, device_id in enumerate(plan.device_ids()[: plan.count - plan.offline])
        ]

    def _charger(self, position: int, device_id: str) -> Charger:
        plan, now = self.plan, self.around.now()
        rng = random.Random(None if plan.seed is None else f"{plan.seed}/{device_id}")  # noqa: S311  no secret
        saved = self.around.state.saved.get(device_id) if self.around.state else None
        point = ChargePoint(
            make(plan.profile, device_id, plan.gateway, plan.passwords.get(device_id, "")),
            connectors=plan.connectors,
            pace=plan.pace,
            rng=rng,
            now=now,
            saved=saved,
            quirk=plan.quirk,
        )
        daily: Habits = habits(plan.scenario, position)
        return Charger(point, Life(daily, plan.connectors, plan.pace, rng, now), self.around)

    def start(self) -> None:
        """Spread over time, as a site's chargers come back after a power cut."""
        loop = asyncio.get_running_loop()
        for position, charger in enumerate(self.chargers):
            loop.call_later(position / STARTS_PER_SECOND, charger.wake)

    async def stop(self) -> None:
        for charger in self.chargers:
            charger.stop()
        await asyncio.gather(*self.around.tasks, return_exceptions=True)
        for file in (self.around.judge, self.around.told):
            if file is not None:
                file.close()
        if self.around.state is not None:
            self.around.state.close()


async def simulate(plan: CrowdPlan) -> None:
    """Until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    crowd = Crowd(plan)
    crowd.start()
    await ended.wait()
    await crowd.stop()
