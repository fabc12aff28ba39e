"""Where the lines of a session's chart go. Pure: numbers in, coordinates as text out (no language has a say in them).

A panel is 1000 units wide and ``HEIGHT`` high, stretched to the width there is; labels lie outside of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from chargers.sessions.course import Course, Gap
from chargers.sessions.readings import Point

WIDTH = 1000
HEIGHT = 120
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True)
class Tick:
    """``y`` from the panel's top; ``value`` in the panel's unit, to be written with ``digits`` decimals."""

    y: int
    value: Decimal
    digits: int


@dataclass(frozen=True, slots=True)
class Panel:
    """``line`` and ``area`` are path data. ``dots``: single points that no line joins."""

    line: str
    area: str
    dots: tuple[tuple[str, str], ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """``gaps``: x and width. Power in kW, energy in kWh."""

    power: Panel
    energy: Panel
    gaps: tuple[tuple[str, str], ...]
    begin: datetime
    middle: datetime
    end: datetime


def chart_of(course: Course) -> Chart | None:
    """None: there is nothing to draw a line through."""
    times = [point.at for point in (*course.power, *course.energy)]
    if len(set(times)) < 2:
        return None
    begin, end = min(times), max(times)
    return Chart(
        power=_panel(course.power, course.gaps, begin, end, stepped=not course.measured),
        energy=_panel(course.energy, course.gaps, begin, end),
        gaps=tuple(
            (_text(_x(gap.begin, begin, end)), _text(_x(gap.end, begin, end) - _x(gap.begin, begin, end)))
            for gap in course.gaps
        ),
        begin=begin,
        middle=begin + (end - begin) / 2,
        end=end,
    )


def nice_top(largest: Decimal) -> tuple[Decimal, Decimal]:
    """(top of the axis, step) for values up to ``largest``: two to four round steps, the top at or above it."""
    if largest <= 0:
        return Decimal(1), Decimal("0.5")
    power = Decimal(10) ** ((largest / 4).adjusted())
    step = next(power * one for one in STEPS if power * one * 4 >= largest)
    count = max(2, int((largest / step).to_integral_value(ROUND_CEILING)))
    return step * count, step


def _panel(
    points: Sequence[Point], gaps: Sequence[Gap], begin: datetime, end: datetime, *, stepped: bool = False
) -> Panel:
    values = [point.value / 1000 for point in points]
    top, step = nice_top(max(values, default=Decimal(0)))
    digits = max(0, -int(step.normalize().as_tuple().exponent))
    ticks = tuple(
        Tick(round(HEIGHT - HEIGHT * number * step / top), number * step, digits)
        for number in range(int(top / step) + 1)
    )
    placed = [
        (_x(point.at, begin, end), HEIGHT - HEIGHT * float(max(value, Decimal(0)) / top))
        for point, value in zip(points, values, strict=True)
    ]
    runs = _runs(points, placed, gaps, stepped=stepped)
    lines = [run for run in runs if len(run) > 1]
    return Panel(
        line=" ".join(_path(run) for run in lines),
        area=" ".join(f"{_path(run)} L{_text(run[-1][0])} {HEIGHT} L{_text(run[0][0])} {HEIGHT} Z" for run in lines),
        dots=tuple((_text(run[0][0]), _text(run[0][1])) for run in runs if len(run) == 1),
        ticks=ticks,
    )


def _runs(
    points: Sequence[Point], placed: Sequence[tuple[float, float]], gaps: Sequence[Gap], *, stepped: bool
) -> list[list[tuple[float, float]]]:
    """The stretches between gaps. A mean holds for the whole time before it: ``stepped``."""
    ends = sorted(gap.end for gap in gaps)
    runs: list[list[tuple[float, float]]] = []
    before: datetime | None = None
    for point, (x, y) in zip(points, placed, strict=True):
        broken = before is None or any(before < end <= point.at for end in ends)
        if broken:
            runs.append([(x, y)])
        else:
            if stepped:
                runs[-1].append((runs[-1][-1][0], y))
            runs[-1].append((x, y))
        before = point.at
    return runs


def _path(run: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{_text(x)} {_text(y)}" for x, y in run)


def _x(at: datetime, begin: datetime, end: datetime) -> float:
    return WIDTH * ((at - begin) / (end - begin))


def _text(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
