"""When a backend is dialled again."""

import random

from hypothesis import given
from hypothesis import strategies as st

from gateway.bridge.backoff import SLOW, pause_seconds
from gateway.bridge.dial import Fault

FAULTS = st.sampled_from([None, *sorted(set(Fault) - SLOW)])


@given(st.integers(0, 10_000), FAULTS, st.randoms(use_true_random=False))
def test_ten_to_twenty_seconds_doubled_five_times_then_constant(
    failures: int, fault: Fault | None, rng: random.Random
) -> None:
    doubled = 2 ** min(max(failures - 1, 0), 5)
    assert 10 * doubled <= pause_seconds(failures, fault, rng) <= 20 * doubled


@given(st.integers(0, 10_000), st.sampled_from(sorted(SLOW)), st.randoms(use_true_random=False))
def test_what_does_not_mend_by_itself_is_tried_every_quarter_of_an_hour(
    failures: int, fault: Fault, rng: random.Random
) -> None:
    assert 15 * 60 <= pause_seconds(failures, fault, rng) <= 30 * 60


def test_a_wrong_password_is_in_the_slow_lane() -> None:
    assert {Fault.UNAUTHORIZED, Fault.FORBIDDEN} <= SLOW
    assert Fault.CONNECTION_REFUSED not in SLOW
