"""Charging profiles for properties: few connectors, levels and moments, so that they meet often."""

from hypothesis import strategies as st

from chargers.charging.composite import Place
from chargers.charging.profile import ChargingProfile, Kind, Period, Purpose, Schedule, Unit

NOON = 1_800_014_400  # 2027-01-15, 12:00 UTC
DAY = 86_400
moments = st.integers(NOON - 2 * DAY, NOON + 2 * DAY)
rates = st.one_of(st.just(0.0), st.integers(0, 320).map(lambda tenths: tenths / 10))


@st.composite
def schedules(draw: st.DrawFn, *, start: bool) -> Schedule:
    starts = sorted(draw(st.sets(st.integers(1, DAY), max_size=3)))
    unit = draw(st.sampled_from(Unit))
    scale = 1 if unit is Unit.A else 690
    periods = tuple(Period(at, draw(rates) * scale, draw(st.integers(1, 3))) for at in (0, *starts))
    return Schedule(
        unit, periods,
        start=draw(moments) if start else draw(st.none() | moments),
        duration=draw(st.none() | st.integers(1, DAY)),
    )  # fmt: skip


@st.composite
def profiles(draw: st.DrawFn, number: int = 0) -> ChargingProfile:
    purpose = draw(st.sampled_from(Purpose))
    kind = draw(st.sampled_from([Kind.ABSOLUTE, Kind.RECURRING] if purpose is Purpose.MAX else list(Kind)))
    connector = 0 if purpose is Purpose.MAX else draw(st.integers(int(purpose is Purpose.TX), 2))
    begin, end = sorted((draw(moments), draw(moments)))
    return ChargingProfile(
        id=number or draw(st.integers(1, 9)),
        connector=connector,
        purpose=purpose,
        stack_level=draw(st.integers(0, 3)),
        kind=kind,
        schedule=draw(schedules(start=kind is Kind.RECURRING or purpose is Purpose.MAX)),
        every=draw(st.sampled_from([DAY, 7 * DAY])) if kind is Kind.RECURRING else None,
        valid_from=draw(st.none() | st.just(begin)),
        valid_to=draw(st.none() | st.just(end + 1)),
        transaction_id=draw(st.integers(1, 2)) if purpose is Purpose.TX else None,
    )


@st.composite
def places(draw: st.DrawFn) -> Place:
    return Place(draw(st.integers(1, 2)), draw(moments), draw(st.none() | st.integers(1, 2)))


@st.composite
def stacks(draw: st.DrawFn) -> list[ChargingProfile]:
    """Profiles that can be held at the same time: none has the id or the place of another."""
    taken: set[object] = set()
    found = []
    for number in range(draw(st.integers(0, 6))):
        one = draw(profiles(number + 1))
        place = (one.connector, one.purpose, one.stack_level, one.transaction_id)
        if place not in taken:
            taken.add(place)
            found.append(one)
    return found
