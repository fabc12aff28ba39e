"""The transition table is closed: what it does not name is a fault."""

import random
from datetime import timedelta

import pytest

from chargers.rollout.retry import FIRST, LONGEST, MOST_ATTEMPTS, next_delay
from chargers.rollout.states import (
    FINAL_STATES,
    OPEN_STATES,
    POSITIVE_STATES,
    RETRIABLE_STATES,
    TRANSITIONS,
    DeliveryState,
    ImpossibleTransition,
    check_transition,
)

S = DeliveryState


def test_every_state_has_its_row() -> None:
    assert set(TRANSITIONS) == set(S)


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_a_final_state_is_left_only_by_a_person_who_tries_again_or_by_drift(state: DeliveryState) -> None:
    onward = TRANSITIONS[state] - {state}
    if state in RETRIABLE_STATES:
        assert onward == {S.WAITING}
    elif state in POSITIVE_STATES:
        assert onward <= {S.WAITING, S.FAILED}
    else:
        assert not onward


@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_every_open_state_leads_to_an_end(state: DeliveryState) -> None:
    assert TRANSITIONS[state] & FINAL_STATES


@pytest.mark.parametrize(
    ("before", "after"),
    [(S.WAITING, S.VERIFYING), (S.VERIFYING, S.PUSHING), (S.UNKNOWN, S.WAITING), (S.APPLIED, S.PUSHING)],
)
def test_what_the_table_does_not_name_raises(before: DeliveryState, after: DeliveryState) -> None:
    with pytest.raises(ImpossibleTransition):
        check_transition(before, after)


def test_pauses_double_to_a_ceiling_and_end_after_eight_attempts() -> None:
    full = [next_delay(attempt, lambda: 1.0) for attempt in range(1, MOST_ATTEMPTS)]
    assert full == [min(FIRST * 2**place, LONGEST) for place in range(7)]
    assert next_delay(MOST_ATTEMPTS, lambda: 1.0) is None


def test_the_jitter_takes_the_whole_range_and_never_nothing() -> None:
    draw = random.Random(1).random
    pauses = [next_delay(3, draw) for _time in range(500)]
    assert all(pause is not None and timedelta(seconds=1) <= pause <= 4 * FIRST for pause in pauses)
    assert len(set(pauses)) > 400
