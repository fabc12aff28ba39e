"""Who may take how much now: the allocator of a site. Pure.

First what everybody should have: the bound of those that cannot be told anything is set aside, sessions are admitted
with 6 A each while every fuse above them permits, the admitted ones rise together, and what is left keeps free outlets
ready for a car that starts unheard of. Then what may be granted of it already: a raise waits until what others still
hold leaves room for it, so no fuse is exceeded at any moment on the way.
"""

from collections.abc import Iterable, Mapping, Sequence

from chargers.balancing.share import equal_shares
from chargers.balancing.site import LEAST, Fuse, Grant, Key, Outlet, Room, Session, Why

TURN_SECONDS = 900.0
PAUSE_SECONDS = 600.0


def allocate(
    fuses: Sequence[Fuse], outlets: Iterable[Outlet], now: float, *, unbalance: int | None = None
) -> dict[Key, Grant]:
    """For every outlet; the order in which they come does not matter."""
    everybody = sorted(outlets, key=lambda one: one.key)
    ideal = _ideal(everybody, Room(fuses, unbalance), now)
    return _granted(everybody, ideal, Room(fuses, unbalance), now)


def _ideal(everybody: Sequence[Outlet], room: Room, now: float) -> dict[Key, Grant]:
    for outlet in everybody:
        if not outlet.steered:
            room.take(outlet, outlet.bound)
    admitted, found = _admit(everybody, room, now)
    shares = equal_shares(admitted, room)
    for outlet in admitted:
        current, fuse = shares[outlet.key]
        why = Why.SATISFIED if fuse is None else Why.SHARED
        found[outlet.key] = Grant(LEAST, current, why, fuse)
    for outlet in sorted(everybody, key=lambda one: (not one.never_pause, -one.priority, one.key)):
        if outlet.steered and outlet.session is None:
            ready = LEAST if outlet.most >= LEAST and room.least(outlet)[0] >= LEAST else 0
            room.take(outlet, ready)
            found[outlet.key] = Grant(ready, None, Why.IDLE)
    return found


def _admit(everybody: Sequence[Outlet], room: Room, now: float) -> tuple[list[Outlet], dict[Key, Grant]]:
    """Those that get 6 A at least, and what the others get. Takes nothing from ``room``."""
    waiting = [(outlet, outlet.session) for outlet in everybody if outlet.steered and outlet.session is not None]
    admitted: list[Outlet] = []
    refused: dict[Key, Grant] = {}
    for outlet, session in sorted(waiting, key=lambda pair: _place_in_line(pair[0], pair[1], now)):
        left, fuse = room.least(outlet)
        if session.need < LEAST or outlet.most < LEAST:
            refused[outlet.key] = Grant(0, 0, Why.BACKEND)
        elif left < LEAST or _still_pausing(outlet, session, now):
            refused[outlet.key] = Grant(0, 0, Why.TURN, fuse)
        else:
            admitted.append(outlet)
            room.take(outlet, LEAST)
    for outlet in admitted:
        room.take(outlet, -LEAST)
    return admitted, refused


def _place_in_line(outlet: Outlet, session: Session, now: float) -> tuple[object, ...]:
    """Whoever has waited longest comes next; a turn lasts a quarter of an hour, then its session joins the end."""
    runs = session.admitted_at is not None
    over = session.admitted_at is not None and now - session.admitted_at >= TURN_SECONDS
    since = now if over else session.began_at if session.paused_at is None else session.paused_at
    return (not outlet.never_pause, -outlet.priority, session.resting, not runs or over, since, outlet.key)


def _still_pausing(outlet: Outlet, session: Session, now: float) -> bool:
    """A car that was paused is left alone for a while: some do not wake again when it goes to and fro."""
    return not outlet.never_pause and session.paused_at is not None and now - session.paused_at < PAUSE_SECONDS


def _granted(everybody: Sequence[Outlet], ideal: Mapping[Key, Grant], room: Room, now: float) -> dict[Key, Grant]:
    for outlet in everybody:
        room.take(outlet, outlet.bound)
    found: dict[Key, Grant] = {}
    for outlet in everybody:
        if not outlet.steered:
            found[outlet.key] = _left_alone(outlet)
    steered = [outlet for outlet in everybody if outlet.steered]
    for outlet in sorted(steered, key=lambda one: _raise_order(one, ideal[one.key], now)):
        grant = _now(outlet, ideal[outlet.key], outlet.bound + max(room.least(outlet)[0], 0))
        room.take(outlet, max(grant.standby, grant.current or 0, outlet.bound) - outlet.bound)
        found[outlet.key] = _with_turn(grant, outlet.session, now)
    return found


def _raise_order(outlet: Outlet, grant: Grant, now: float) -> tuple[object, ...]:
    if outlet.session is None:
        return (1, not outlet.never_pause, -outlet.priority, outlet.key)
    return (0, *_place_in_line(outlet, outlet.session, now)) if grant.current else (2, outlet.key)


def _now(outlet: Outlet, ideal: Grant, reach: int) -> Grant:
    """As much of the ideal as may be granted while nobody takes more than ``reach`` here.

    A raise comes whole or not yet, so that nobody is told many small ones; only who has nothing takes what there is.
    """
    if max(ideal.standby, ideal.current or 0) <= reach:
        return ideal
    standby = min(ideal.standby, outlet.standby.granted or 0)
    if outlet.session is None or ideal.current is None:
        return Grant(standby, ideal.current, ideal.why, ideal.fuse)
    has = min(outlet.session.held.granted or 0, ideal.current)
    if has < LEAST:
        has = min(ideal.current, reach) if reach >= LEAST else 0
    return Grant(min(standby, has), has, Why.SHARED if has else Why.TURN, ideal.fuse)


def _left_alone(outlet: Outlet) -> Grant:
    """Nothing new for who cannot be told: what it may hold is set aside."""
    why = Why.UNREACHABLE if outlet.managed else Why.UNMANAGED
    session = outlet.session
    if session is None:
        return Grant(outlet.standby.granted or 0, None, why)
    granted = session.held.granted or 0
    return Grant(outlet.standby.granted or 0, granted, why, None, session.admitted_at, session.paused_at)


def _with_turn(grant: Grant, session: Session | None, now: float) -> Grant:
    """When its turn began, or when it ended."""
    if session is None:
        return grant
    admitted_at, paused_at = session.admitted_at, session.paused_at
    if grant.current:
        over = admitted_at is None or now - admitted_at >= TURN_SECONDS
        admitted_at = now if over else admitted_at
    elif admitted_at is not None:
        admitted_at, paused_at = None, (now if grant.why is Why.TURN else paused_at)
    return Grant(grant.standby, grant.current, grant.why, grant.fuse, admitted_at, paused_at)
