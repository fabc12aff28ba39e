"""The course of a session: power and energy over time, its gaps, and few enough points to draw. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

from chargers.sessions.energy import Mark, growth
from chargers.sessions.readings import Moment, Point, powers, registers

SHORTEST_GAP = timedelta(minutes=10)
GAP_FACTOR = 5
MOST_DRAWN = 160


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was told between the two."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Course:
    """``power`` in W, ``energy`` in Wh since the first reading, each thinned. ``measured``: the charger told the power
    itself, otherwise it is the mean between two readings of the register (told at the later one)."""

    power: tuple[Point, ...] = ()
    energy: tuple[Point, ...] = ()
    measured: bool = True
    peak_watts: Decimal | None = None
    gaps: tuple[Gap, ...] = ()
    marks: tuple[Mark, ...] = ()


def course_of(
    moments: Sequence[Moment],
    *,
    start: Point | None = None,
    stop: Point | None = None,
    most: int = MOST_DRAWN,
) -> Course:
    """``start`` and ``stop``: the register as told with the session's two ends, where their times are known."""
    told = [*registers(moments), *(point for point in (start, stop) if point is not None)]
    energy, marks = growth(told)
    power = powers(moments)
    measured = bool(power)
    if not measured:
        power = mean_power(energy)
    times = sorted({moment.at for moment in moments} | {point.at for point in (start, stop) if point})
    return Course(
        power=tuple(thin(power, most)),
        energy=tuple(thin(energy, most)),
        measured=measured,
        peak_watts=max((point.value for point in power), default=None),
        gaps=tuple(gaps_in(times)),
        marks=marks,
    )


def mean_power(energy: Sequence[Point]) -> list[Point]:
    """Between neighbours that lie at least a second apart, told at the later one."""
    found = []
    for before, after in pairwise(energy):
        seconds = int((after.at - before.at).total_seconds())
        if seconds > 0:
            watts = (after.value - before.value) * 3600 / seconds
            found.append(Point(after.at, watts.quantize(Decimal("0.1"))))
    return found


def gaps_in(times: Sequence[datetime]) -> list[Gap]:
    """Silences far longer than this charger's own pace; ``times`` ascending."""
    steps = [(before, after) for before, after in pairwise(times)]
    if not steps:
        return []
    pace = median((after - before).total_seconds() for before, after in steps)
    longest = max(SHORTEST_GAP, timedelta(seconds=GAP_FACTOR * pace))
    return [Gap(before, after) for before, after in steps if after - before > longest]


def thin(points: Sequence[Point], most: int) -> list[Point]:
    """At most ``most`` (8 or more) of the points, in order: the first, the last, and the extremes of each stretch."""
    if len(points) <= most:
        return list(points)
    inner = points[1:-1]
    stretches = (most - 2) // 2
    kept = {0, len(points) - 1}
    for number in range(stretches):
        begin, end = len(inner) * number // stretches, len(inner) * (number + 1) // stretches
        places = range(begin, end)
        if places:
            kept.add(1 + min(places, key=lambda place: inner[place].value))
            kept.add(1 + max(places, key=lambda place: inner[place].value))
    return [points[place] for place in sorted(kept)]
