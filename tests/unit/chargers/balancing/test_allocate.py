"""The laws of the allocator, attacked by generated sites; currents in tenths of an ampere."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chargers.balancing.allocate import PAUSE_SECONDS, TURN_SECONDS, allocate
from chargers.balancing.site import LEAST, LINES, Fuse, Grant, Held, Key, Outlet, Session, Why

NOW = 1_000_000.0
SHAPES = ((0, 1, 2), (0,), (1,), (2,), (0, 1))


def told(amps: int) -> Held:
    return Held(amps, amps)


def outlet(number: int, need: int | None = 320, *, holds: int = 0, **more: object) -> Outlet:
    """Reachable, with a session that wants ``need``; None: no session."""
    session = None if need is None else Session(need, NOW - 100 + number, held=told(holds))
    return Outlet((number, 1), 0, 320, **{"standby": told(0), "session": session, **more})  # type: ignore[arg-type]


def main_fuse(amps: int) -> list[Fuse]:
    return [Fuse(0, None, (amps, amps, amps))]


def currents(grants: dict[Key, Grant]) -> list[int | None]:
    return [grants[key].current for key in sorted(grants)]


@st.composite
def sites(draw: st.DrawFn) -> tuple[list[Fuse], list[Outlet]]:
    """A tree of fuses, and outlets that hold together no more than every fuse permits."""
    fuses = [Fuse(0, None, (draw(st.integers(100, 900)),) * 3)]
    for key in range(1, draw(st.integers(1, 4))):
        rooms = draw(st.tuples(*[st.integers(0, 500)] * 3))
        fuses.append(Fuse(key, draw(st.integers(0, key - 1)), draw(st.sampled_from([None, rooms]))))
    outlets = []
    for number in range(draw(st.integers(1, 8))):
        session = None
        if draw(st.booleans()):
            session = Session(
                draw(st.sampled_from([0, 60, 61, 100, 160, 320])), NOW - draw(st.integers(0, 5000)),
                draw(st.booleans()),
                draw(st.none() | st.integers(0, 2000).map(lambda ago: NOW - ago)),
                draw(st.none() | st.integers(0, 2000).map(lambda ago: NOW - ago)), told(0),
            )  # fmt: skip
        outlets.append(
            Outlet(
                (number, 1),
                draw(st.integers(0, len(fuses) - 1)),
                draw(st.sampled_from([160, 320, 630])),
                draw(st.sampled_from(SHAPES)),
                draw(st.integers(0, 2)),
                draw(st.booleans()),
                draw(st.booleans()),
                standby=told(0),
                session=session,
            )
        )
    return fuses, outlets


def loads(fuses: Sequence[Fuse], outlets: Sequence[Outlet], amps: dict[Key, int]) -> dict[tuple[int, int], int]:
    """Independent of the allocator's own sums: what every fuse carries per line."""
    parents = {fuse.key: fuse.parent for fuse in fuses}
    sums = {(fuse.key, line): 0 for fuse in fuses for line in LINES}
    for one in outlets:
        key: int | None = one.fuse
        while key is not None:
            for line in one.lines:
                sums[key, line] += amps[one.key]
            key = parents[key]
    return sums


def exceeded(fuses: Sequence[Fuse], outlets: Sequence[Outlet]) -> list[int]:
    sums = loads(fuses, outlets, {one.key: one.bound for one in outlets})
    return [fuse.key for fuse in fuses for line in LINES if fuse.room and sums[fuse.key, line] > fuse.room[line]]


def take_over(one: Outlet, grant: Grant) -> Outlet:
    """As the store keeps a round's outcome: granted, not said yet."""
    session = one.session
    if session is not None:
        held = replace(session.held, granted=grant.current)
        session = replace(session, held=held, admitted_at=grant.admitted_at, paused_at=grant.paused_at)
    return replace(one, standby=replace(one.standby, granted=grant.standby), session=session)


def say(held: Held, what: str) -> Held:
    """A charger is sent what was granted, accepts it, or nobody knows."""
    if what == "said":
        return replace(held, saying=held.granted)
    return Held(held.granted, held.granted) if what == "accepted" else held


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["round", "round", "said", "accepted", "accepted", "begins", "ends", "lost", "back"]),
        st.integers(0, 7),
    ),
    min_size=4, max_size=40,
)  # fmt: skip


@given(sites(), EVENTS)
def test_no_fuse_is_exceeded_at_any_moment_on_the_way(
    site: tuple[list[Fuse], list[Outlet]], events: list[tuple[str, int]]
) -> None:
    fuses, outlets = site
    now = NOW
    for event, number in events:
        place = number % len(outlets)
        one = outlets[place]
        session = one.session
        match event:
            case "round":
                now += 60
                grants = allocate(fuses, outlets, now)
                outlets = [take_over(each, grants[each.key]) for each in outlets]
            case "said" | "accepted" if one.reachable:
                held = session and replace(session, held=say(session.held, event))
                outlets[place] = replace(one, standby=say(one.standby, event), session=held)
            case "begins" if session is None:
                outlets[place] = replace(one, session=Session(320, now))
            case "ends":
                outlets[place] = replace(one, session=None)
            case "lost" | "back":
                outlets[place] = replace(one, reachable=event == "back")
            case _:
                pass
        assert not exceeded(fuses, outlets), event


@given(sites())
def test_every_grant_is_nothing_or_6_amperes_and_more_and_never_above_what_is_wanted(
    site: tuple[list[Fuse], list[Outlet]],
) -> None:
    fuses, outlets = site
    for one in outlets:
        grant = allocate(fuses, outlets, NOW)[one.key]
        amps = [grant.standby] if grant.current is None else [grant.standby, grant.current]
        assert all(each == 0 or LEAST <= each <= one.most for each in amps)
        assert (grant.current is None) == (one.session is None)
        if one.session is not None and grant.current and one.reachable:
            assert grant.current <= max(one.session.need, LEAST)


@given(sites(), st.randoms(use_true_random=False))
def test_the_order_of_the_outlets_does_not_matter(site: tuple[list[Fuse], list[Outlet]], chance: object) -> None:
    fuses, outlets = site
    shuffled = list(outlets)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert allocate(fuses, shuffled, NOW) == allocate(fuses, outlets, NOW)


@given(sites())
def test_who_is_kept_below_its_need_shares_a_full_fuse_with_nobody_who_has_more_there(
    site: tuple[list[Fuse], list[Outlet]],
) -> None:
    fuses, outlets = site
    grants = allocate(fuses, outlets, NOW)
    for one in outlets:
        grant = grants[one.key]
        if not one.steered or grant.why is not Why.SHARED or not grant.current:
            continue
        fuse = next(each for each in fuses if each.key == grant.fuse)
        below = [each for each in outlets if fuse.key in path(fuses, each.fuse) and grants[each.key].current]
        assert all((grants[each.key].current or 0) <= grant.current for each in below if shares(each, one))
        sums = loads(fuses, outlets, {each.key: (grants[each.key].current or 0) for each in outlets})
        assert fuse.room is not None
        assert any(fuse.room[line] - sums[fuse.key, line] < len(outlets) for line in one.lines)


def path(fuses: Sequence[Fuse], key: int | None) -> list[int]:
    parents = {fuse.key: fuse.parent for fuse in fuses}
    found = []
    while key is not None:
        found.append(key)
        key = parents[key]
    return found


def shares(one: Outlet, other: Outlet) -> bool:
    return one.steered and set(other.lines) <= set(one.lines)


@given(sites())
def test_it_comes_to_rest_once_everybody_has_accepted(site: tuple[list[Fuse], list[Outlet]]) -> None:
    fuses, outlets = site
    last = None
    for _round in range(4):
        grants = allocate(fuses, outlets, NOW)
        outlets = [take_over(each, grants[each.key]) for each in outlets]
        outlets = [settle(each) for each in outlets]
        settled, last = (
            last == {key: (one.standby, one.current) for key, one in grants.items()},
            {key: (one.standby, one.current) for key, one in grants.items()},
        )
    assert settled


def settle(one: Outlet) -> Outlet:
    if not one.reachable:
        return one
    session = one.session and replace(one.session, held=say(one.session.held, "accepted"))
    return replace(one, standby=say(one.standby, "accepted"), session=session)


@given(st.integers(2, 9), st.integers(1, 3))
def test_nobody_waits_longer_than_all_turns_before(cars: int, fit: int) -> None:
    fuses, outlets = main_fuse(LEAST * fit), [outlet(number) for number in range(cars)]
    served: dict[Key, int] = {}
    rounds = -(-cars // fit) + 1
    for turn in range(rounds):
        for half in (0.0, 1.0):
            grants = allocate(fuses, outlets, NOW + turn * (TURN_SECONDS + 5) + half)
            outlets = [settle(take_over(each, grants[each.key])) for each in outlets]
        for key, grant in grants.items():
            if grant.current:
                served.setdefault(key, turn)
    assert len(served) == cars


def test_a_pause_lasts_at_least_ten_minutes() -> None:
    fuses, outlets = main_fuse(LEAST), [outlet(0), outlet(1)]
    grants = allocate(fuses, outlets, NOW)
    outlets = [settle(take_over(each, grants[each.key])) for each in outlets]
    assert [each.bound for each in outlets] == [60, 0]
    dear = [outlets[0], replace(outlets[1], priority=1)]
    for _round in range(2):
        grants = allocate(fuses, dear, NOW + 5)
        dear = [settle(take_over(each, grants[each.key])) for each in dear]
    assert [each.bound for each in dear] == [0, 60]
    left = [dear[0], replace(dear[1], session=None, standby=told(0))]
    assert allocate(fuses, left, NOW + PAUSE_SECONDS)[0, 1].current == 0
    assert allocate(fuses, left, NOW + PAUSE_SECONDS + 6)[0, 1].current == 60


def test_equal_shares_and_what_a_small_car_leaves_goes_to_the_others() -> None:
    grants = allocate(main_fuse(480), [outlet(0), outlet(1), outlet(2, 80)], NOW)
    assert currents(grants) == [200, 200, 80]
    assert [one.why for one in grants.values()] == [Why.SHARED, Why.SHARED, Why.SATISFIED]


def test_a_raise_waits_until_the_others_have_lowered() -> None:
    first, second = outlet(0, holds=320), outlet(1)
    grants = allocate(main_fuse(320), [first, second], NOW)
    assert currents(grants) == [160, 0]
    lowered = settle(take_over(first, grants[0, 1]))
    assert currents(allocate(main_fuse(320), [lowered, second], NOW)) == [160, 160]


def test_what_an_unreachable_charger_may_hold_is_set_aside() -> None:
    away = outlet(0, holds=200, reachable=False)
    grants = allocate(main_fuse(320), [away, outlet(1)], NOW)
    assert currents(grants) == [200, 120]
    assert grants[0, 1].why is Why.UNREACHABLE


def test_one_that_takes_no_profiles_counts_with_all_it_can_take_and_one_never_seen_with_nothing() -> None:
    wild = outlet(0, None, managed=False, standby=Held())
    never = outlet(1, None, reachable=False, absent=True, standby=Held())
    assert currents(allocate(main_fuse(480), [wild, never, outlet(2)], NOW)) == [None, None, 160]


def test_single_phase_cars_are_counted_on_their_own_line_only() -> None:
    cars = [replace(outlet(number), lines=(number,)) for number in range(3)]
    assert currents(allocate(main_fuse(320), cars, NOW)) == [320, 320, 320]
    assert currents(allocate(main_fuse(320), cars, NOW, unbalance=200)) == [200, 200, 200]


def test_a_free_outlet_is_ready_with_6_amperes_as_far_as_charging_cars_leave_room() -> None:
    free = [outlet(number, None) for number in (1, 2)]
    grants = allocate(main_fuse(390), [outlet(0), *free], NOW)
    assert [one.standby for one in grants.values()] == [60, 60, 0]


def test_who_is_never_paused_comes_first() -> None:
    cars = [outlet(0, holds=60), replace(outlet(1), never_pause=True)]
    granted = allocate(main_fuse(100), cars, NOW)
    assert currents(granted) == [0, 0]
    cars = [settle(take_over(each, granted[each.key])) for each in cars]
    assert currents(allocate(main_fuse(100), cars, NOW)) == [0, 100]
