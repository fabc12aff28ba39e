"""Which profiles of ours a charger should hold, and in which order it is told: the laws, and the waits."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from chargers.charging.composite import Place, limit_at
from chargers.charging.profile import ChargingProfile, Kind, Period, Purpose, Schedule, Unit
from chargers.charging.set_point import in_unit
from gateway.limits.wanted import (
    RAISE_SECONDS,
    SMALL_RAISE_SECONDS,
    Clear,
    Given,
    Site,
    Slot,
    Value,
    Write,
    effective,
    next_change,
    next_step,
    place_of,
    wanted,
)
from gateway.limits.words import composite_answer, set_request
from gateway.simulator.limits import Held, obeyed
from tests.unit.chargers.charging.strategies import DAY, NOON, moments, stacks
from tests.unit.chargers.charging.test_composite import simple

DEFAULT_1, DEFAULT_2 = Slot(1, Purpose.DEFAULT), Slot(2, Purpose.DEFAULT)
WHOLE = Slot(0, Purpose.MAX)
few = settings(max_examples=60, deadline=None)


def step(
    goal: Mapping[Slot, float], given: Mapping[Slot, float], *, now: float = 1000.0, at: float = 0.0, maybe: int = 0,
    not_before: Mapping[int, float] | None = None, hurry: bool = False,
) -> Write | Clear | float | None:  # fmt: skip
    return next_step(
        {slot: Value(amps) for slot, amps in goal.items()},
        {slot: Given(Value(amps), at) for slot, amps in given.items()},
        {slot.number for slot in given} | ({maybe} if maybe else set()),
        now,
        not_before=not_before or {},
        hurry=hurry,
    )


@st.composite
def sites(draw: st.DrawFn) -> Site:
    started = draw(moments)
    return Site(
        tuple(draw(stacks())),
        connectors=draw(st.integers(1, 2)),
        sessions={1: (1, started)} if draw(st.booleans()) else {},
        cap=draw(st.none() | st.integers(0, 40)),
        takes_max=draw(st.booleans()),
    )


@few
@given(sites(), moments)
def test_no_connector_is_ever_told_more_than_backend_and_fuses_allow(site: Site, now: int) -> None:
    goal = wanted(site, now)
    for slot, value in goal.items():
        assert value.amps == 0 or value.amps >= 6
        place = place_of(site, slot.connector, now, session=slot.purpose is not Purpose.DEFAULT)
        allowed = limit_at(site.profiles, place, now)
        assert allowed is not None
        assert value.amps <= min(allowed.amps, site.cap if site.cap is not None else 1e9) + 1e-5
    for connector in range(1, site.connectors + 1):
        limited = effective(site, place_of(site, connector, now), now) is not None
        slot = Slot(connector, Purpose.TX if connector in site.sessions else Purpose.DEFAULT)
        assert (slot in goal) == limited


@few
@given(sites(), moments, st.integers(1, DAY))
def test_nothing_else_is_wanted_before_the_next_change(site: Site, now: int, later: int) -> None:
    change = next_change(site, now)
    then = now + later if change is None else min(now + later, change - 1)
    assert wanted(site, then) == wanted(site, now)


amperes = st.sampled_from([0.0, 6.0, 8.0, 10.0, 16.0])
slots = st.dictionaries(st.sampled_from([WHOLE, DEFAULT_1, DEFAULT_2]), amperes)


@few
@given(slots, slots)
def test_step_by_step_the_charger_holds_all_of_it_and_lowers_come_first(
    goal: dict[Slot, float], given: dict[Slot, float]
) -> None:
    holds, now, order = dict(given), 1000.0, []
    for _round in range(20):
        match step(goal, holds, now=now):
            case Write(slot, value, lowers):
                assert lowers == (slot not in holds or value.amps < holds[slot])
                holds[slot] = value.amps
                order.append(lowers)
            case Clear(number):
                holds = {slot: amps for slot, amps in holds.items() if slot.number != number}
                order.append(False)
            case None:
                break
    assert holds == goal
    assert order == sorted(order, reverse=True)


def test_a_raise_waits_and_a_small_one_longer() -> None:
    assert step({DEFAULT_1: 16}, {DEFAULT_1: 10}, now=10) == RAISE_SECONDS
    assert step({DEFAULT_1: 16}, {DEFAULT_1: 10}, now=RAISE_SECONDS) == Write(DEFAULT_1, Value(16), lowers=False)
    assert step({DEFAULT_1: 10.4}, {DEFAULT_1: 10}, now=RAISE_SECONDS) == SMALL_RAISE_SECONDS
    assert step({DEFAULT_1: 8}, {DEFAULT_1: 10}, now=0) == Write(DEFAULT_1, Value(8), lowers=True)
    assert step({DEFAULT_1: 10}, {DEFAULT_1: 10}) is None


def test_what_is_not_wanted_is_cleared_like_a_raise_but_at_once_when_the_mode_has_changed() -> None:
    assert step({}, {DEFAULT_1: 0}, now=10) == RAISE_SECONDS
    assert step({}, {DEFAULT_1: 0}, now=10, hurry=True) == Clear(DEFAULT_1.number)
    assert step({}, {}, now=10, maybe=DEFAULT_2.number) == Clear(DEFAULT_2.number)


def test_a_refused_lower_is_tried_again_later_and_holds_nobody_up() -> None:
    later = {DEFAULT_1.number: 2000.0}
    goal, given = {DEFAULT_1: 6.0, DEFAULT_2: 16.0}, {DEFAULT_1: 10.0, DEFAULT_2: 10.0}
    assert step(goal, given, not_before=later) == Write(DEFAULT_2, Value(16), lowers=False)
    assert step(goal, {**given, DEFAULT_2: 16.0}, not_before=later) == 2000.0


def test_another_session_is_told_anew_and_fewer_phases_are_less() -> None:
    slot = Slot(1, Purpose.TX)
    given = {slot: Given(Value(16, 1), 0)}
    told = next_step({slot: Value(16, 2)}, given, (), 1, not_before={})
    assert told == Write(slot, Value(16, 2), lowers=True)
    assert Value(16, 1, phases=1).may_lower(Value(10, 1))
    assert not Value(16, 1).may_lower(Value(16, 1, phases=1))


def test_without_a_shared_maximum_connectors_get_equal_parts() -> None:
    site = Site((simple(Purpose.MAX, 20),), connectors=2)
    assert wanted(site, NOON) == {WHOLE: Value(20), DEFAULT_1: Value(20), DEFAULT_2: Value(20)}
    assert wanted(replace(site, takes_max=False), NOON) == {DEFAULT_1: Value(10), DEFAULT_2: Value(10)}


def test_a_fuse_alone_limits_nobody_here() -> None:
    assert wanted(Site((), cap=10), NOON) == {}


def test_a_charger_is_told_in_its_own_unit() -> None:
    site = Site(())
    period = {"startPeriod": 0, "limit": 2300.0, "numberPhases": 1}
    told = set_request(DEFAULT_1, Value(10, phases=1), NOON, unit=Unit.W, supply=site.supply)
    assert told["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"] == [period]
    assert told["csChargingProfiles"]["chargingSchedule"]["chargingRateUnit"] == "W"
    assert in_unit(10, Unit.W) == 6900


def test_a_composite_schedule_names_every_change_and_the_charge_points_sum() -> None:
    night = Schedule(Unit.A, (Period(0, 16), Period(3600, 4), Period(7200, 10)), start=NOON)
    held = (replace(simple(Purpose.DEFAULT, 1, connector=0), kind=Kind.ABSOLUTE, schedule=night),)
    site = Site(held, connectors=2, cap=12)
    one = composite_answer(site, 1, 3 * 3600, Unit.A, NOON)
    assert one["chargingSchedule"]["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 12.0}, {"startPeriod": 3600, "limit": 0.0}, {"startPeriod": 7200, "limit": 10.0},
    ]  # fmt: skip
    whole = composite_answer(site, 0, 3600, Unit.A, NOON)
    assert whole["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 12.0}]
    free = composite_answer(Site(()), 1, 60, Unit.A, NOON)
    assert free["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 80.0}]


@few
@given(stacks(), st.integers(1, 2), st.none() | st.integers(1, 2), moments, moments)
def test_the_simulated_charger_reckons_the_same_by_its_own_way(
    held: list[ChargingProfile], connector: int, session: int | None, began: int, now: int
) -> None:
    limit = limit_at(held, Place(connector, began, session), now)
    theirs = obeyed([as_held(one) for one in held], connector, session, began, now)
    assert (limit is None) == (theirs is None)
    assert limit is None or theirs is None or abs(limit.amps - theirs) < 1e-6


def as_held(one: ChargingProfile) -> Held:
    """In amperes: the simulated charger takes all watts for those of three phases."""

    def text(at: int | None) -> str | None:
        return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()

    watts = one.schedule.unit is Unit.W
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": period.start, "limit": period.limit / (230 * period.phases if watts else 1)}
            for period in one.schedule.periods
        ],
        **({"startSchedule": text(one.schedule.start)} if one.schedule.start is not None else {}),
        **({"duration": one.schedule.duration} if one.schedule.duration is not None else {}),
    }
    recurrency = {DAY: "Daily", 7 * DAY: "Weekly"}.get(one.every or 0)
    return Held(
        one.id, one.connector, str(one.purpose), one.stack_level, str(one.kind), schedule, recurrency,
        text(one.valid_from), text(one.valid_to), one.transaction_id,
    )  # fmt: skip


def test_what_others_leave_for_a_session_that_has_just_begun_is_told_at_once_and_then_no_more() -> None:
    slot = Slot(1, Purpose.TX)
    begun = {slot: Given(Value(0, 1), 0, first=True)}
    assert next_step({slot: Value(16, 1)}, begun, (), 1, not_before={}) == Write(slot, Value(16, 1), lowers=False)
    raised = {slot: Given(Value(16, 1), 1)}
    assert next_step({slot: Value(20, 1)}, raised, (), 2, not_before={}) == 1 + RAISE_SECONDS
