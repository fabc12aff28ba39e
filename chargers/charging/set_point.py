"""What a charger is told: 0 A, or 6 A and more (IEC 61851-1 knows nothing between), in steps of 0.1 A. Pure."""

import math

from chargers.charging.profile import PHASES, TN, Limit, Supply, Unit

LEAST = 6.0
# The most that the control pilot of IEC 61851-1 can tell a car: "no limit", where a number is needed.
HIGHEST = 80.0
_ROUNDING = 1e-6


def set_point(amps: float) -> float:
    """Never more than ``amps``: what lies between 0 and 6 A is a pause."""
    if amps < LEAST - _ROUNDING:
        return 0.0
    return min(math.floor(amps * 10 + _ROUNDING) / 10, HIGHEST)


def in_unit(amps: float, unit: Unit, supply: Supply = TN, phases: int = PHASES) -> float:
    """A set-point as a charger takes it; watts are rounded down to whole ones."""
    if unit is Unit.A:
        return amps
    return float(math.floor(amps * supply.watts_per_ampere(phases) + _ROUNDING))


def lower(limit: Limit | None, cap: float | None) -> Limit | None:
    """The lower of a limit and what the site can give (A per phase, None: not known)."""
    if limit is None or cap is None or limit.amps <= cap:
        return limit
    return Limit(cap, limit.phases, limit.least)
