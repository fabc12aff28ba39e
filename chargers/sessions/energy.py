"""How much energy a session took, as far as its meter can be believed. Pure.

A rise counts when it is one: not negative, and no more than a megawatt could have brought in the time (with some slack
for clocks that are off). Everything else adds nothing and leaves a mark.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from chargers.sessions.readings import Point

# chargers.models.transaction has the same numbers in SQL.
MOST_WH = 2_000_000
SLACK_WH = 20_000
WH_PER_SECOND = 278


class Mark(StrEnum):
    """What was wrong with the energy of a session."""

    START_MISSING = "meter_start_missing"
    STOP_MISSING = "meter_stop_missing"
    FALLING = "register_falling"
    JUMP = "register_jump"
    READING_IGNORED = "reading_ignored"
    METER_SWAPPED = "meter_swapped"
    NO_READINGS = "no_readings"


@dataclass(frozen=True, slots=True)
class Energy:
    """``wh`` None: not known, and ``marks`` say why."""

    wh: Decimal | None
    marks: tuple[Mark, ...] = ()


def metered(
    meter_start: int | None, meter_stop: int | None, started_at: datetime | None, stopped_at: datetime | None
) -> Energy:
    """Of an ended session, by the register at its two ends."""
    missing = [
        mark for value, mark in ((meter_start, Mark.START_MISSING), (meter_stop, Mark.STOP_MISSING)) if value is None
    ]
    if meter_start is None or meter_stop is None:
        return Energy(None, tuple(missing))
    rise = meter_stop - meter_start
    if rise < 0:
        return Energy(None, (Mark.FALLING,))
    seconds = (stopped_at - started_at).total_seconds() if started_at and stopped_at else 0.0
    most = SLACK_WH + WH_PER_SECOND * seconds if seconds > 0 else MOST_WH
    return Energy(None, (Mark.JUMP,)) if rise > min(most, MOST_WH) else Energy(Decimal(rise))


def so_far(meter_start: int | None, started_at: datetime | None, newest: Point | None) -> Energy:
    """Of a running session, by its newest register value."""
    if newest is None:
        return Energy(None, (Mark.NO_READINGS,))
    if meter_start is None:
        return Energy(None, (Mark.START_MISSING,))
    rise = newest.value - meter_start
    if rise < 0:
        return Energy(None, (Mark.FALLING,))
    since = started_at if started_at is not None and started_at < newest.at else None
    most = _most(since, newest.at) if since else Decimal(MOST_WH)
    return Energy(None, (Mark.JUMP,)) if rise > most else Energy(rise)


def by_readings(
    points: Sequence[Point],
    meter_start: int | None,
    meter_stop: int | None,
    started_at: datetime | None,
    stopped_at: datetime | None,
) -> Energy:
    """What the readings along the way add up to, where the two ends do not say it."""
    chain = [*points]
    first = min((point.at for point in points), default=started_at or stopped_at)
    last = max((point.at for point in points), default=stopped_at or started_at)
    if meter_start is not None and first is not None:
        chain.insert(0, Point(min(started_at or first, first), Decimal(meter_start)))
    if meter_stop is not None and last is not None:
        chain.append(Point(max(stopped_at or last, last), Decimal(meter_stop)))
    grown, marks = growth(chain)
    if meter_start is None:
        marks = (*marks, Mark.START_MISSING)
    return Energy(grown[-1].value, marks) if len(grown) > 1 else Energy(None, (*marks, Mark.NO_READINGS))


def growth(points: Sequence[Point]) -> tuple[list[Point], tuple[Mark, ...]]:
    """The energy taken since the first point, never falling, with a point for each that could be believed.

    A single reading out of line is ignored. A register that stays lower is a new meter: what was taken between the
    two is unknown and counts nothing. Order and repetitions change nothing.
    """
    ordered = sorted(set(points))
    grown: list[Point] = []
    marks: dict[Mark, None] = {}
    base: Point | None = None
    total = Decimal(0)
    for place, point in enumerate(ordered):
        after = ordered[place + 1] if place + 1 < len(ordered) else None
        if base is None or _believed(base, point):
            total += point.value - base.value if base else 0
        elif after is not None and _believed(base, after):
            marks[Mark.READING_IGNORED] = None
            continue
        else:
            marks[Mark.METER_SWAPPED if point.value < base.value else Mark.JUMP] = None
        base = point
        grown.append(Point(point.at, total))
    return grown, tuple(marks)


def _believed(before: Point, after: Point) -> bool:
    return 0 <= after.value - before.value <= _most(before.at, after.at)


def _most(since: datetime, until: datetime) -> Decimal:
    seconds = max(0, int((until - since).total_seconds()))
    return Decimal(min(MOST_WH, SLACK_WH + WH_PER_SECOND * seconds))
