"""What happened in a session, by its readings and its two ends."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chargers.sessions.course import Course, Gap
from chargers.sessions.readings import Point
from chargers.sessions.timeline import SHORTEST_PAUSE, Happening, pauses_in, timeline_of

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def power(*watts: int) -> tuple[Point, ...]:
    """One reading every five minutes."""
    return tuple(Point(at(5 * number), Decimal(value)) for number, value in enumerate(watts))


def test_a_pause_lies_between_two_stretches_with_power() -> None:
    assert pauses_in(power(7000, 0, 20, 7000)) == [Gap(at(5), at(15))]
    assert pauses_in(power(0, 0, 7000, 0, 0)) == []
    assert pauses_in(()) == []


def test_begin_pause_silence_and_end_stand_in_the_order_in_which_they_happened() -> None:
    course = Course(power=power(7000, 0, 0, 7000), gaps=(Gap(at(20), at(50)),))
    steps = timeline_of(course, began=at(-1), ended=at(60), running=False)
    assert [(step.what, step.at) for step in steps] == [
        (Happening.BEGAN, at(-1)), (Happening.PAUSED, at(5)), (Happening.RESUMED, at(15)),
        (Happening.SILENT, at(20)), (Happening.HEARD_AGAIN, at(50)), (Happening.ENDED, at(60)),
    ]  # fmt: skip


def test_what_nobody_knows_is_said_so() -> None:
    assert [step.what for step in timeline_of(Course(), began=None, ended=None, running=False)] == [
        Happening.BEGAN, Happening.END_UNKNOWN,
    ]  # fmt: skip
    assert timeline_of(Course(), began=at(0), ended=None, running=True)[-1].what is Happening.GOES_ON


@given(st.lists(st.integers(0, 8000), max_size=30))
def test_pauses_are_long_apart_and_in_order(watts: Sequence[int]) -> None:
    found = pauses_in(power(*watts))
    assert all(pause.end - pause.begin >= SHORTEST_PAUSE for pause in found)
    assert all(before.end < after.begin for before, after in pairwise(found))
