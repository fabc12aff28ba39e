"""Waves: never more than allowed, never past a failure, and never for ever."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chargers.rollout.waves import MOST_FAILED, Tally, Verdict, judge_wave, places_left, reach

WAVES = st.sampled_from([(), ("1",), ("1", "10%"), ("2", "25%", "50%"), ("10%",)])


@pytest.mark.parametrize(
    ("waves", "total", "reaches"),
    [
        (("1", "10%"), 40, [1, 4, None]),
        (("1", "10%"), 5, [1, 1, None]),
        (("1", "10%"), 10_000, [1, 1000, None]),
        (("50",), 10, [10, None]),
        ((), 7, [None]),
    ],
)
def test_a_wave_reaches_so_many_in_all(waves: tuple[str, ...], total: int, reaches: list[int | None]) -> None:
    assert [reach(waves, wave, total) for wave in range(len(waves) + 1)] == reaches


def test_the_next_wave_begins_when_the_last_one_has_landed() -> None:
    assert judge_wave(("1",), 0, Tally(40, 1, 1, 1, 0)) is Verdict.GO
    assert judge_wave(("1",), 0, Tally(40, 1, 0, 1, 0)) is Verdict.NEXT_WAVE


def test_more_than_a_fifth_of_those_attempted_stops_it_however_many_are_offline() -> None:
    assert judge_wave(("1", "10%"), 2, Tally(1000, 0, 0, 10, 2)) is Verdict.GO
    assert judge_wave(("1", "10%"), 2, Tally(1000, 0, 0, 10, 3)) is Verdict.STOP
    assert judge_wave(("1", "10%"), 0, Tally(1000, 1, 0, 1, 1)) is Verdict.STOP


class Fleet(RuleBasedStateMachine):
    """Chargers that take a place, land or fail in any order; the stop is checked where a push begins."""

    @initialize(waves=WAVES, total=st.integers(1, 60))
    def begin(self, waves: tuple[str, ...], total: int) -> None:
        self.waves, self.wave, self.stopped = waves, 0, False
        self.state = ["waiting"] * total
        self.admitted: set[int] = set()

    def tally(self) -> Tally:
        attempted = [one for one in self.state if one != "waiting"]
        unsettled = sum(self.state[one] in {"waiting", "pushing"} for one in self.admitted)
        return Tally(len(self.state), len(self.admitted), unsettled, len(attempted), attempted.count("failed"))

    @rule(asking=st.integers(1, 60), seed=st.integers())
    def some_are_ready(self, asking: int, seed: int) -> None:
        if self.stopped:
            return
        ready = [one for one, state in enumerate(self.state) if state == "waiting"]
        chosen = random.Random(seed).sample(ready, min(asking, len(ready)))
        places = places_left(self.waves, self.wave, self.tally())
        for one in chosen if places is None else chosen[:places]:
            self.admitted.add(one)
            self.state[one] = "pushing"

    @rule(fails=st.booleans(), seed=st.integers())
    def one_ends(self, fails: bool, seed: int) -> None:
        pushing = [one for one, state in enumerate(self.state) if state == "pushing"]
        if pushing:
            self.state[random.Random(seed).choice(pushing)] = "failed" if fails else "applied"
            self.advance()

    @rule(seed=st.integers())
    def one_gives_way(self, seed: int) -> None:
        pushing = [one for one, state in enumerate(self.state) if state == "pushing"]
        if pushing:
            one = random.Random(seed).choice(pushing)
            self.state[one] = "waiting"
            self.admitted.discard(one)

    def advance(self) -> None:
        verdict = judge_wave(self.waves, self.wave, self.tally())
        self.stopped = self.stopped or verdict is Verdict.STOP
        if verdict is Verdict.NEXT_WAVE:
            self.wave += 1

    @invariant()
    def no_wave_reaches_further_than_it_may(self) -> None:
        if hasattr(self, "waves") and (limit := reach(self.waves, self.wave, len(self.state))) is not None:
            assert len(self.admitted) <= limit

    def teardown(self) -> None:
        """Without another failure everybody gets there; after too many, nobody else does."""
        if not hasattr(self, "waves"):
            return
        for _step in range(3 * len(self.state) + 10):
            self.advance()
            self.some_are_ready(60, 0)
            self.one_ends(fails=False, seed=0)
        if not self.stopped:
            assert set(self.state) <= {"applied", "failed"}
        else:
            tally = self.tally()
            assert tally.failed >= 1


TestFleet = Fleet.TestCase
TestFleet.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


@given(total=st.integers(1, 5000), failed=st.integers(0, 50), more=st.integers(0, 500))
def test_the_limit_is_the_share_of_those_attempted(total: int, failed: int, more: int) -> None:
    attempted = failed + more
    verdict = judge_wave((), 0, Tally(total, 0, 0, attempted, failed))
    assert (verdict is Verdict.STOP) == (failed > math.floor(attempted * MOST_FAILED + 1e-9) and failed > 0)
