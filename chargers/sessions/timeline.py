"""What happened in a session, one thing after the other: begin, pauses, silences, end. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chargers.sessions.course import Course, Gap
from chargers.sessions.readings import Point

# Less is what a charger itself takes, or a meter's noise.
PAUSED_WATTS = 100
SHORTEST_PAUSE = timedelta(minutes=5)


class Happening(StrEnum):
    BEGAN = "began"
    PAUSED = "paused"
    RESUMED = "resumed"
    SILENT = "silent"
    HEARD_AGAIN = "heard_again"
    ENDED = "ended"
    END_UNKNOWN = "end_unknown"
    GOES_ON = "goes_on"


@dataclass(frozen=True, slots=True)
class Step:
    """``at`` None: nobody knows when."""

    what: Happening
    at: datetime | None


def pauses_in(power: Sequence[Point]) -> list[Gap]:
    """Stretches without power that have some before and after them."""
    found: list[Gap] = []
    begin: datetime | None = None
    charged = False
    for point in power:
        if point.value >= PAUSED_WATTS:
            if charged and begin is not None and point.at - begin >= SHORTEST_PAUSE:
                found.append(Gap(begin, point.at))
            begin, charged = None, True
        elif begin is None:
            begin = point.at
    return found


def timeline_of(course: Course, *, began: datetime | None, ended: datetime | None, running: bool) -> list[Step]:
    """By time. ``began`` None: the charger never told; ``ended`` None of one that does not run: the same."""
    inner = [
        step
        for stretches, first, then in (
            (pauses_in(course.power), Happening.PAUSED, Happening.RESUMED),
            (course.gaps, Happening.SILENT, Happening.HEARD_AGAIN),
        )
        for stretch in stretches
        for step in ((stretch.begin, first), (stretch.end, then))
    ]
    last = Step(Happening.GOES_ON, None) if running else Step(Happening.ENDED, ended)
    if not running and ended is None:
        last = Step(Happening.END_UNKNOWN, None)
    between = [Step(what, at) for at, what in sorted(inner)]
    return [Step(Happening.BEGAN, began), *between, last]
