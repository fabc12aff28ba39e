"""Who comes to a simulated charger and when its network fails. Pure, from a random source of its own."""

import random
from dataclasses import dataclass
from enum import StrEnum

from gateway.simulator.values import Pace

CHARGES_EVERY = 4
DROPS_EVERY = 10
SOONEST_PART = 0.2


class Scenario(StrEnum):
    IDLE = "idle"
    BUSY = "busy"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Habits:
    """``charges``: cars come now and then. ``drops``: the network fails now and then."""

    charges: bool = False
    drops: bool = False


def habits(scenario: Scenario, position: int) -> Habits:
    """``position``: the charger's place in the crowd, from 0. Mixed: exactly a quarter charges, a tenth drops."""
    if scenario is Scenario.MIXED:
        return Habits(charges=position % CHARGES_EVERY == 0, drops=position % DROPS_EVERY == 2)
    return Habits(charges=scenario is Scenario.BUSY)


@dataclass(frozen=True, slots=True)
class Arrival:
    connector: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Outage:
    seconds: float


class Life:
    """The next car and the next outage of one charger."""

    __slots__ = ("_connectors", "_pace", "_rng", "car_at", "outage_at")

    def __init__(self, habits: Habits, connectors: int, pace: Pace, rng: random.Random, now: float) -> None:
        self._connectors = connectors
        self._pace = pace
        self._rng = rng
        self.car_at = now + rng.uniform(SOONEST_PART * pace.gap[0], pace.gap[1]) if habits.charges else None
        self.outage_at = now + rng.uniform(*pace.offline_gap) if habits.drops else None

    def due(self) -> float | None:
        return min((at for at in (self.car_at, self.outage_at) if at is not None), default=None)

    def tick(self, now: float) -> list[Arrival | Outage]:
        happenings: list[Arrival | Outage] = []
        if self.car_at is not None and now >= self.car_at:
            seconds = self._rng.uniform(*self._pace.session)
            happenings.append(Arrival(self._rng.randint(1, self._connectors), seconds))
            self.car_at = now + seconds + self._rng.uniform(*self._pace.gap)
        if self.outage_at is not None and now >= self.outage_at:
            seconds = self._rng.uniform(*self._pace.offline)
            happenings.append(Outage(seconds))
            self.outage_at = now + seconds + self._rng.uniform(*self._pace.offline_gap)
        return happenings
