"""Turns at a pace: nobody is forgotten, and no minute holds more than it may."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chargers.rollout.pacing import BURST, take_turns

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@given(
    pace=st.integers(1, 6000),
    asks=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 120)), min_size=1, max_size=6),
)
def test_no_minute_holds_more_than_its_pace_and_the_burst(pace: int, asks: list[tuple[int, int]]) -> None:
    now, free_at, turns = NOW, NOW, []
    for count, pause in asks:
        taken = take_turns(free_at, pace, count, now)
        assert len(taken.at) == count
        turns += [max(at, now) for at in taken.at]
        free_at, now = taken.free_at, now + timedelta(seconds=pause)
    most = pace * (1 + BURST / timedelta(minutes=1)) + 2
    for first in turns:
        assert sum(first <= at < first + timedelta(minutes=1) for at in turns) <= most


def test_the_first_ones_go_at_once_and_the_others_follow_evenly() -> None:
    taken = take_turns(NOW - timedelta(hours=1), 60, 14, NOW)
    assert [at <= NOW for at in taken.at].count(True) == 11
    assert taken.at[-1] == NOW + timedelta(seconds=3)
