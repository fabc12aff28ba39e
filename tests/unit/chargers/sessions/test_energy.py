"""The energy of a session: what its meter can be believed, and no more."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargers.sessions.energy import Energy, Mark, by_readings, growth, metered, so_far
from chargers.sessions.readings import Point

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def points(*told: tuple[float, int]) -> list[Point]:
    """(minutes, Wh)."""
    return [Point(NOW + timedelta(minutes=minutes), Decimal(value)) for minutes, value in told]


@pytest.mark.parametrize(
    ("start", "stop", "hours", "energy"),
    [
        (1000, 6000, 1, Energy(Decimal(5000))),
        (0, 0, 1, Energy(Decimal(0))),
        (None, 5, 1, Energy(None, (Mark.START_MISSING,))),
        (5, None, 1, Energy(None, (Mark.STOP_MISSING,))),
        (None, None, 1, Energy(None, (Mark.START_MISSING, Mark.STOP_MISSING))),
        (5, 4, 1, Energy(None, (Mark.FALLING,))),
        (0, 900_000, 1, Energy(Decimal(900_000))),
        (0, 1_100_000, 1, Energy(None, (Mark.JUMP,))),
        (0, 19_000, 0.001, Energy(Decimal(19_000))),
        (0, 50_000, -1, Energy(Decimal(50_000))),
        (0, 2_000_001, 100, Energy(None, (Mark.JUMP,))),
    ],
)
def test_the_two_ends_of_the_register(start: int | None, stop: int | None, hours: float, energy: Energy) -> None:
    assert metered(start, stop, NOW, NOW + hours * HOUR) == energy


@pytest.mark.parametrize(
    ("start", "told", "energy"),
    [
        (1000, (30, 4000), Energy(Decimal(3000))),
        (1000, None, Energy(None, (Mark.NO_READINGS,))),
        (None, (30, 4000), Energy(None, (Mark.START_MISSING,))),
        (5000, (30, 4000), Energy(None, (Mark.FALLING,))),
        (0, (1, 900_000), Energy(None, (Mark.JUMP,))),
    ],
)
def test_a_running_session_goes_by_its_newest_reading(start: int | None, told: Any, energy: Energy) -> None:
    assert so_far(start, NOW, points(told)[0] if told else None) == energy


@pytest.mark.parametrize(
    ("told", "energy", "marks"),
    [
        ([(0, 1000), (10, 2000), (20, 3000)], 2000, ()),
        ([(0, 1000), (10, 0), (20, 3000)], 2000, (Mark.READING_IGNORED,)),
        ([(0, 1000), (10, 999_999_999), (20, 3000)], 2000, (Mark.READING_IGNORED,)),
        ([(0, 1000), (10, 2000), (20, 5), (30, 505)], 1500, (Mark.METER_SWAPPED,)),
        ([(0, 1000), (10, 2000), (20, 5)], 1000, (Mark.METER_SWAPPED,)),
        ([(0, 1000), (10, 2_000_000), (20, 2_001_000)], 1000, (Mark.JUMP,)),
    ],
)
def test_readings_along_the_way(told: list[tuple[int, int]], energy: int, marks: tuple[Mark, ...]) -> None:
    grown, found = growth(points(*told))
    assert (int(grown[-1].value), found) == (energy, marks)


def test_where_an_end_is_missing_the_readings_tell() -> None:
    told = points((10, 2000), (50, 5000))
    assert by_readings(told, 1000, None, NOW, NOW + HOUR) == Energy(Decimal(4000))
    assert by_readings(told, None, 6000, None, NOW + HOUR) == Energy(Decimal(4000), (Mark.START_MISSING,))
    assert by_readings([], 1000, None, NOW, None) == Energy(None, (Mark.NO_READINGS,))
    assert by_readings([], None, None, None, None).wh is None


READINGS = st.lists(st.tuples(st.integers(0, 600), st.integers(-10, 5_000_000)), max_size=25)


@given(READINGS, st.randoms())
def test_order_and_repetition_change_nothing(told: list[tuple[int, int]], chance: Any) -> None:
    series = points(*told)
    mixed = series + [point for point in series if chance.random() < 0.5]
    chance.shuffle(mixed)
    assert growth(mixed) == growth(series)


@given(READINGS)
def test_energy_never_falls(told: list[tuple[int, int]]) -> None:
    values = [point.value for point in growth(points(*told))[0]]
    assert values == sorted(values)
    assert all(value >= 0 for value in values)


@given(READINGS, st.integers(0, 50_000))
def test_a_later_and_higher_reading_never_lowers_the_energy(told: list[tuple[int, int]], rise: int) -> None:
    series = points(*told)
    before = growth(series)[0]
    if not before:
        return
    last = max(series)
    after = growth([*series, Point(last.at + HOUR, last.value + rise)])[0]
    assert after[-1].value >= before[-1].value


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=20), st.integers(0, 10**9))
def test_a_sound_register_gives_its_rise_by_both_ways(rises: list[int], base: int) -> None:
    values = [base + sum(rises[:count]) for count in range(len(rises) + 1)]
    series = points(*[(minute, value) for minute, value in enumerate(values)])
    end = series[-1].at
    assert growth(series)[0][-1].value == sum(rises)
    assert by_readings(series, values[0], values[-1], NOW, end).wh == metered(values[0], values[-1], NOW, end).wh
