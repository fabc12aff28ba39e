"""The course of a session and where its lines go."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargers.sessions.chart import HEIGHT, WIDTH, chart_of, nice_top
from chargers.sessions.course import Gap, course_of, gaps_in, mean_power, thin
from chargers.sessions.readings import Moment, Point, Reading

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return NOW + minutes * MINUTE


def moment(minutes: float, watt_hours: int, watts: int | None = None) -> Moment:
    readings = [Reading("Energy.Active.Import.Register", Decimal(watt_hours), "Wh")]
    if watts is not None:
        readings.append(Reading("Power.Active.Import", Decimal(watts), "W"))
    return Moment(at(minutes), tuple(readings))


def test_power_is_measured_where_told_and_the_mean_of_the_register_elsewhere() -> None:
    told = course_of([moment(0, 0, 7000), moment(10, 1000, 7400)])
    assert told.measured
    assert told.peak_watts == 7400
    assert [int(point.value) for point in told.power] == [7000, 7400]
    guessed = course_of([moment(0, 0), moment(10, 1000), moment(20, 1500)])
    assert not guessed.measured
    assert [(point.at, int(point.value)) for point in guessed.power] == [(at(10), 6000), (at(20), 3000)]


def test_the_ends_of_the_session_are_part_of_its_course() -> None:
    course = course_of([moment(10, 1500)], start=Point(at(0), Decimal(1000)), stop=Point(at(20), Decimal(2000)))
    assert [(point.at, int(point.value)) for point in course.energy] == [(at(0), 0), (at(10), 500), (at(20), 1000)]


def test_silence_far_beyond_the_pace_is_a_gap() -> None:
    assert gaps_in([at(n) for n in (0, 1, 2, 3, 50, 51)]) == [Gap(at(3), at(50))]
    assert gaps_in([at(n) for n in (0, 15, 30, 45)]) == []
    assert gaps_in([at(0)]) == gaps_in([]) == []


@given(st.lists(st.integers(0, 100), max_size=400), st.integers(8, 60))
def test_thinning_keeps_ends_extremes_and_order(values: list[int], most: int) -> None:
    points = [Point(at(number), Decimal(value)) for number, value in enumerate(values)]
    kept = thin(points, most)
    assert len(kept) <= max(most, 2)
    assert set(kept) <= set(points)
    assert kept == sorted(kept)
    if points:
        assert (kept[0], kept[-1]) == (points[0], points[-1])
        assert max(point.value for point in kept) == max(values)
        assert min(point.value for point in kept) == min(values)


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 50_000)), min_size=1, max_size=30))
def test_lines_stay_inside_their_panels(told: list[tuple[int, int]]) -> None:
    chart = chart_of(course_of([moment(minutes, value, value % 11_000) for minutes, value in told]))
    if chart is None:
        return
    for panel in (chart.power, chart.energy):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", panel.area + panel.line)]
        assert all(0 <= x <= WIDTH for x in numbers[::2])
        assert all(0 <= y <= HEIGHT for y in numbers[1::2])
        assert panel.ticks[0].y == HEIGHT
        assert panel.ticks[-1].y == 0


def test_a_line_breaks_at_a_gap() -> None:
    chart = chart_of(course_of([moment(minutes, 10 * minutes, 600) for minutes in (0, 1, 2, 3, 60, 61)]))
    assert chart is not None
    assert chart.power.line.count("M") == 2
    assert len(chart.gaps) == 1


def test_one_instant_is_no_course() -> None:
    assert chart_of(course_of([])) is None
    assert chart_of(course_of([moment(0, 5, 100)])) is None


@given(st.decimals("0.001", 10**6, places=3))
def test_the_axis_ends_at_a_round_number_at_or_above_the_largest(largest: Decimal) -> None:
    top, step = nice_top(largest)
    assert top >= largest
    assert top % step == 0
    assert 2 <= top / step <= 5


@pytest.mark.parametrize(("largest", "wanted"), [("11", "15"), ("7.4", "8"), ("22", "30"), ("0", "1"), ("50", "60")])
def test_the_axis_of_usual_chargers(largest: str, wanted: str) -> None:
    assert nice_top(Decimal(largest))[0] == Decimal(wanted)


def test_two_readings_of_one_second_have_no_power() -> None:
    assert mean_power([Point(at(0), Decimal(0)), Point(at(0), Decimal(5))]) == []
