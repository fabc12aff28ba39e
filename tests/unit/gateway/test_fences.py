"""A fence closes what is in service and opens what it closed, whatever else is going on."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.fences import opening, to_close

COUNT = 4
some = st.sets(st.integers(1, COUNT))


def touched(numbers: set[int]) -> set[int]:
    return set(range(1, COUNT + 1)) if 0 in numbers else numbers


@given(some, some)
def test_what_somebody_closed_is_neither_closed_nor_opened(shown: set[int], ordered: set[int]) -> None:
    closed = to_close(COUNT, shown, ordered, ())
    assert touched(set(closed)) == set(range(1, COUNT + 1)) - shown - ordered
    opened = [payload for payload in opening(closed, ordered) if payload["type"] == "Operative"]
    assert {payload["connectorId"] for payload in opened} == set(closed)


@given(some, st.sampled_from([(0,), (1,), (1, 3)]), some)
def test_after_a_fence_that_was_left_closed_only_what_was_ordered_stays_closed(
    shown: set[int], fence: tuple[int, ...], ordered: set[int]
) -> None:
    """``shown``: closed by others before the fence, which then was for the others only."""
    shown = set() if 0 in fence else shown - set(fence)
    inoperative = shown | touched(set(fence)) | ordered
    for payload in opening(fence, ordered):
        concerned = touched({payload["connectorId"]})
        inoperative = inoperative - concerned if payload["type"] == "Operative" else inoperative | concerned
    assert inoperative == shown | ordered


@given(some, some)
def test_a_new_fence_over_one_that_was_left_holds_the_same(closed_by_others: set[int], ordered: set[int]) -> None:
    first = to_close(COUNT, closed_by_others, (), ())
    shown = closed_by_others | touched(set(first))
    again = to_close(COUNT, shown, ordered, first)
    assert touched(set(again)) == set(range(1, COUNT + 1)) - closed_by_others - ordered
