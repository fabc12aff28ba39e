"""A simulated charger that dials a gateway of the test's own, and cars that come to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gateway.server import Gateway
from gateway.simulator.charge_point import ChargePoint
from gateway.simulator.connector import Visit
from gateway.simulator.crowd import Crowd, CrowdPlan
from gateway.simulator.run import BackOff
from gateway.simulator.values import Pace
from tests.loop.gateway_world import PASSWORD
from tests.loop.simulator.site import read_lines

# Nobody shows a card: whoever charges was started from outside.
NO_CARD = replace(Pace(), prepare=600.0, finish=0.1, reset=0.05, reboot=(0.1, 0.2))


@dataclass
class Simulated:
    crowd: Crowd
    judge: Path

    @property
    def point(self) -> ChargePoint:
        return self.crowd.chargers[0].point

    def plug_in(self, tag: str = "NOCARD", *, seconds: float = 600.0) -> None:
        assert self.point.arrive(1, Visit(tag, seconds), self.crowd.around.now())
        self.crowd.chargers[0].wake()

    def unplug(self) -> None:
        connector = self.point.sessions.connectors[1]
        self.point.sessions.stop(connector, "EVDisconnected", self.crowd.around.now())
        self.crowd.chargers[0].wake()

    def pull_cable(self, seconds: float) -> None:
        self.point.pull_cable(seconds, self.crowd.around.now())
        self.crowd.chargers[0].wake()

    def heard(self, action: str) -> list[dict[str, Any]]:
        """Calls of this action that reached the charger, by its own record."""
        return [line for line in read_lines(self.judge) if line["action"] == action]


@asynccontextmanager
async def simulated(gateway: Gateway, folder: Path, profile: str = "generic") -> AsyncIterator[Simulated]:
    """``generic`` has no key that lets everybody charge."""
    judge = folder / "judge.ndjson"
    crowd = Crowd(
        CrowdPlan(
            gateway=f"ws://127.0.0.1:{gateway.bound_port}/ocpp", count=1, prefix="ZCS", profile=profile, pace=NO_CARD,
            back_off=BackOff(0.05, 0.2), judge=judge, passwords={"ZCS000001": PASSWORD}, seed=1,
        )
    )  # fmt: skip
    crowd.start()
    try:
        yield Simulated(crowd, judge)
    finally:
        await crowd.stop()
