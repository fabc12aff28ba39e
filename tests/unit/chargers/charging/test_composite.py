"""The laws of the composite schedule, and the worked cases that a person would check by hand."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from chargers.charging.composite import Place, Segment, composite, limit_at, limit_of, next_boundary, total, until
from chargers.charging.held import matching, put, replaced
from chargers.charging.profile import ChargingProfile, Kind, Limit, Period, Purpose, Schedule, Supply, Unit
from chargers.charging.set_point import HIGHEST, in_unit, lower, set_point
from tests.unit.chargers.charging.strategies import DAY, NOON, moments, places, profiles, stacks

few = settings(max_examples=40, deadline=None)


def simple(purpose: Purpose, amps: float, *, number: int = 1, level: int = 0, connector: int = 1) -> ChargingProfile:
    at = 0 if purpose is Purpose.MAX else connector
    schedule = Schedule(Unit.A, (Period(0, amps),), start=0)
    transaction_id = 1 if purpose is Purpose.TX else None
    return ChargingProfile(number, at, purpose, level, Kind.ABSOLUTE, schedule, transaction_id=transaction_id)


CHARGING = Place(1, NOON, 1)
EMPTY = Place(1, NOON)


def amps(held: list[ChargingProfile], place: Place = CHARGING, at: float = NOON) -> float | None:
    limit = limit_at(held, place, at)
    return None if limit is None else limit.amps


@few
@given(stacks(), places(), moments)
def test_the_limit_is_the_least_of_the_purposes_each_led_by_its_highest_level(
    held: list[ChargingProfile], place: Place, at: int
) -> None:
    saying: dict[Purpose, list[ChargingProfile]] = {purpose: [] for purpose in Purpose}
    for one in held:
        here = one.connector in (0, place.connector)
        meant = one.purpose is not Purpose.TX or one.transaction_id == place.transaction_id
        if here and meant and limit_of(one, place, at) is not None:
            saying[one.purpose].append(one)
    leads = {}
    for purpose, candidates in saying.items():
        if candidates:
            lead = max(candidates, key=lambda one: (one.stack_level, one.connector))
            limit = limit_of(lead, place, at)
            assert limit is not None
            leads[purpose] = limit.amps
    if Purpose.TX in leads:
        leads.pop(Purpose.DEFAULT, None)
    assert amps(held, place, at) == (min(leads.values()) if leads else None)


@few
@given(stacks(), places(), moments, st.randoms())
def test_the_order_of_arrival_is_irrelevant(held: list[ChargingProfile], place: Place, at: int, random: object) -> None:
    mixed = list(held)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert limit_at(mixed, place, at) == limit_at(held, place, at)
    taken: list[ChargingProfile] = []
    for one in mixed:
        taken = put(taken, one)
    assert set(taken) == set(held)


@few
@given(stacks(), places(), moments)
def test_it_is_never_above_what_the_charge_point_may_take(held: list[ChargingProfile], place: Place, at: int) -> None:
    most = amps([one for one in held if one.purpose is Purpose.MAX], place, at)
    limit = amps(held, place, at)
    assert most is None or (limit is not None and limit <= most)


@few
@given(stacks(), profiles(99), places(), moments)
def test_clearing_restores_what_was_before(
    held: list[ChargingProfile], new: ChargingProfile, place: Place, at: int
) -> None:
    if replaced(held, new):
        return
    both = put(held, new)
    gone = matching(both, number=99)
    assert gone == [new]
    assert limit_at([one for one in both if one not in gone], place, at) == limit_at(held, place, at)


@few
@given(stacks(), profiles(3))
def test_a_new_profile_takes_the_place_of_its_like(held: list[ChargingProfile], new: ChargingProfile) -> None:
    after = put(held, new)
    assert new in after
    assert len({one.id for one in after}) == len(after)
    assert set(after) - {new} == {one for one in held if one not in replaced(held, new)} - {new}


@few
@given(stacks(), places(), moments, st.integers(1, DAY), st.integers(0, DAY))
def test_a_schedule_says_at_every_moment_what_holds_then(
    held: list[ChargingProfile], place: Place, begin: int, length: int, later: int
) -> None:
    segments = composite(held, place, begin, begin + length)
    at = begin + later % length
    assert [one for one in segments if one.start <= at][-1].limit == limit_at(held, place, at)
    assert all(one.start < other.start and one.limit != other.limit for one, other in pairwise(segments))
    change = until(held, place, begin)
    assert len(segments) == 1 or segments[1].start == change


@few
@given(stacks(), places(), moments, st.integers(1, DAY))
def test_nothing_changes_before_the_next_boundary(
    held: list[ChargingProfile], place: Place, begin: int, step: int
) -> None:
    change = next_boundary(held, place, begin)
    between = begin + step if change is None else min(begin + step, change - 1)
    assert limit_at(held, place, between) == limit_at(held, place, begin)


@given(st.floats(0, 1000))
def test_a_set_point_is_a_pause_or_something_a_car_understands(wanted: float) -> None:
    told = set_point(wanted)
    assert told == 0 or 6 <= told <= HIGHEST
    assert told <= wanted + 1e-5


def test_the_sessions_profile_stands_in_for_the_default() -> None:
    held = [simple(Purpose.DEFAULT, 10), simple(Purpose.TX, 16, number=2)]
    assert amps(held) == 16
    assert amps(held, EMPTY) == 10
    assert amps([*held, simple(Purpose.MAX, 12, number=3)]) == 12
    assert amps(held, Place(1, NOON, 2)) == 10
    assert amps(held, Place(2, NOON)) is None


def test_the_higher_level_leads_until_it_says_nothing_more() -> None:
    hour = Schedule(Unit.A, (Period(0, 20),), start=NOON, duration=3600)
    held = [simple(Purpose.DEFAULT, 10), replace(simple(Purpose.DEFAULT, 20, number=2, level=1), schedule=hour)]
    assert [amps(held, EMPTY, NOON + at) for at in (-1, 0, 3599, 3600)] == [10, 20, 20, 10]
    assert until(held, EMPTY, NOON) == NOON + 3600


def test_nights_recur() -> None:
    night = Schedule(Unit.A, (Period(0, 6), Period(6 * 3600, 16)), start=NOON - DAY * 30, duration=8 * 3600)
    held = [replace(simple(Purpose.DEFAULT, 6), kind=Kind.RECURRING, every=DAY, schedule=night)]
    assert [amps(held, EMPTY, NOON + hours * 3600) for hours in (0, 5.9, 6, 8, 24, 30, 33)] == [
        6, 6, 16, None, 6, 16, None,
    ]  # fmt: skip


def test_a_relative_schedule_counts_from_the_sessions_start() -> None:
    schedule = Schedule(Unit.A, (Period(0, 16), Period(600, 8)))
    held = [replace(simple(Purpose.DEFAULT, 16), kind=Kind.RELATIVE, schedule=schedule)]
    assert [amps(held, Place(1, NOON, 1), NOON + at) for at in (0, 599, 600)] == [16, 16, 8]
    assert until(held, Place(1, NOON, 1), NOON + 1) == NOON + 600


def test_watts_are_converted_by_voltage_and_phases() -> None:
    def watts(limit: float, phases: int) -> list[ChargingProfile]:
        schedule = Schedule(Unit.W, (Period(0, limit, phases),), start=0)
        return [replace(simple(Purpose.DEFAULT, 1), schedule=schedule)]

    assert amps(watts(11_040, 3)) == 16
    assert amps(watts(3_680, 1)) == 16
    limit = amps(watts(6_374, 3), replace(CHARGING, supply=Supply(between_phases=True)))
    assert limit is not None
    assert round(limit, 2) == 16.0
    assert in_unit(10.0, Unit.W) == 6900
    assert in_unit(10.0, Unit.A) == 10


def test_the_charge_point_is_the_sum_of_its_connectors_below_its_own_limit() -> None:
    begun = [Segment(0, Limit(10)), Segment(100, Limit(20))]
    assert [one.limit.amps for one in total([begun, begun], [Segment(0, Limit(25))]) if one.limit] == [20, 25]
    assert total([begun, [Segment(0, None)]], [Segment(0, None)]) == [Segment(0, None)]
    assert total([], [Segment(0, Limit(5))]) == [Segment(0, Limit(5))]


def test_the_site_lowers_a_limit_and_never_makes_one() -> None:
    assert lower(Limit(16), 10) == Limit(10)
    assert lower(Limit(16), 20) == lower(Limit(16), None) == Limit(16)
    assert lower(None, 10) is None


def test_clearing_by_anything_but_the_id() -> None:
    held = [
        simple(Purpose.MAX, 1, number=1), simple(Purpose.DEFAULT, 1, number=2),
        simple(Purpose.DEFAULT, 1, number=3, level=2, connector=2),
    ]  # fmt: skip
    assert matching(held) == held
    assert matching(held, connector=2) == [held[2]]
    assert matching(held, purpose=Purpose.DEFAULT, stack_level=0) == [held[1]]
    assert matching(held, number=1, connector=2) == [held[0]]
    assert matching(held, number=9) == []
