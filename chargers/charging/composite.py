"""What several charging profiles together allow (OCPP 1.6, section 3.13): the composite schedule. Pure.

Of each purpose the profile with the highest stack level that says something at that moment leads; at the same level
one for this connector leads one for all. A session's TxProfile stands in for the TxDefaultProfile. The least of that
and the ChargePointMaxProfile is the limit; where none says anything there is no limit.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from chargers.charging.profile import TN, ChargingProfile, Kind, Limit, Purpose, Supply, Unit

MOST_SEGMENTS = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """A connector and its session. ``started_at``: when charging began, or, without a session, would begin.

    Moments at which something begins are whole seconds, so that sums and differences of them are exact.
    """

    connector: int
    started_at: int
    transaction_id: int | None = None
    supply: Supply = TN


@dataclass(frozen=True, slots=True)
class Segment:
    """From ``start`` (Unix seconds) until the next segment; ``limit`` None: no limit."""

    start: float
    limit: Limit | None


def limit_of(profile: ChargingProfile, place: Place, at: float) -> Limit | None:
    """What one profile says at a moment; None: nothing."""
    elapsed = _elapsed(profile, place, at)
    if elapsed is None:
        return None
    schedule = profile.schedule
    number = bisect_right(schedule.periods, elapsed, key=lambda period: period.start) - 1
    if number < 0:
        return None
    period = schedule.periods[number]
    if schedule.unit is Unit.A:
        return Limit(period.limit, period.phases, schedule.least)
    per_ampere = place.supply.watts_per_ampere(period.phases)
    least = None if schedule.least is None else schedule.least / per_ampere
    return Limit(period.limit / per_ampere, period.phases, least)


def limit_at(profiles: Iterable[ChargingProfile], place: Place, at: float) -> Limit | None:
    """What a connector may take at a moment; of connector 0 only what binds the charge point as a whole."""
    leading = _leading(profiles, place, at)
    session = leading.get(Purpose.TX, leading.get(Purpose.DEFAULT))
    return least([leading.get(Purpose.MAX), session])


def least(limits: Iterable[Limit | None]) -> Limit | None:
    """The lowest current on the fewest phases of all; None: none of them limits anything."""
    known = sorted((limit for limit in limits if limit is not None), key=lambda limit: limit.amps)
    return replace(known[0], phases=min(limit.phases for limit in known)) if known else None


def next_boundary(profiles: Iterable[ChargingProfile], place: Place, after: float) -> int | None:
    """The first moment later than ``after`` at which what is allowed here may change; None: never."""
    times = [at for profile in profiles if _concerns(profile, place) for at in _boundaries(profile, place, after)]
    return min((at for at in times if at > after), default=None)


def composite(profiles: Sequence[ChargingProfile], place: Place, begin: float, end: float) -> list[Segment]:
    """The limits from ``begin`` on and before ``end``, neighbours differing; at most ``MOST_SEGMENTS``."""
    segments = [Segment(begin, limit_at(profiles, place, begin))]
    at = next_boundary(profiles, place, begin)
    while at is not None and at < end and len(segments) < MOST_SEGMENTS:
        limit = limit_at(profiles, place, at)
        if limit != segments[-1].limit:
            segments.append(Segment(at, limit))
        at = next_boundary(profiles, place, at)
    return segments


def until(profiles: Sequence[ChargingProfile], place: Place, now: float, *, looks: int = 64) -> int | None:
    """When the limit of now becomes another; None: not in the foreseeable future."""
    limit, at = limit_at(profiles, place, now), next_boundary(profiles, place, now)
    for _look in range(looks):
        if at is None or limit_at(profiles, place, at) != limit:
            return at
        at = next_boundary(profiles, place, at)
    return None


def total(lines: Sequence[Sequence[Segment]], whole: Sequence[Segment]) -> list[Segment]:
    """The charge point's schedule: its connectors' together (``lines``), never above what binds it as a whole."""
    result: list[Segment] = []
    for start in sorted({segment.start for line in (*lines, whole) for segment in line}):
        limits = [_in_force(line, start) for line in lines]
        known = [limit for limit in limits if limit is not None]
        together = None
        if known and len(known) == len(limits):
            together = Limit(sum(limit.amps for limit in known), max(limit.phases for limit in known))
        limit = least([_in_force(whole, start), together])
        if not result or result[-1].limit != limit:
            result.append(Segment(start, limit))
    return result


def _in_force(line: Sequence[Segment], at: float) -> Limit | None:
    return next((segment.limit for segment in reversed(line) if segment.start <= at), None)


def _concerns(profile: ChargingProfile, place: Place) -> bool:
    if profile.purpose is Purpose.MAX:
        return True
    if place.connector == 0:
        return False
    if profile.purpose is Purpose.TX:
        return (profile.connector, profile.transaction_id) == (place.connector, place.transaction_id)
    return profile.connector in (0, place.connector)


def _leading(profiles: Iterable[ChargingProfile], place: Place, at: float) -> dict[Purpose, Limit]:
    found: dict[Purpose, tuple[tuple[int, bool], Limit]] = {}
    for profile in profiles:
        if not _concerns(profile, place) or (limit := limit_of(profile, place, at)) is None:
            continue
        rank = (profile.stack_level, profile.connector != 0)
        if profile.purpose not in found or rank > found[profile.purpose][0]:
            found[profile.purpose] = (rank, limit)
    return {purpose: limit for purpose, (_rank, limit) in found.items()}


def _starts(profile: ChargingProfile, place: Place) -> int | None:
    """When the schedule starts, the first time if it recurs."""
    if profile.kind is Kind.RELATIVE or profile.schedule.start is None:
        return place.started_at if profile.kind is not Kind.RECURRING else None
    return profile.schedule.start


def _elapsed(profile: ChargingProfile, place: Place, at: float) -> float | None:
    """Seconds into its schedule; None: it does not apply at that moment."""
    if profile.valid_from is not None and at < profile.valid_from:
        return None
    if profile.valid_to is not None and at >= profile.valid_to:
        return None
    start = _starts(profile, place)
    if start is None or at < start:
        return None
    elapsed = at - start if profile.every is None else (at - start) % profile.every
    duration = profile.schedule.duration
    return None if duration is not None and elapsed >= duration else elapsed


def _boundaries(profile: ChargingProfile, place: Place, after: float) -> list[int]:
    times = [at for at in (profile.valid_from, profile.valid_to) if at is not None]
    start = _starts(profile, place)
    if start is None:
        return times
    inside = [period.start for period in profile.schedule.periods]
    if profile.schedule.duration is not None:
        inside.append(profile.schedule.duration)
    if profile.every is None:
        return [*times, *(start + at for at in (0, *inside))]
    turn = max(0, math.floor((after - start) / profile.every))
    inside = [at for at in inside if at < profile.every]
    rounds = [start + (turn + more) * profile.every for more in range(2)]
    return [*times, *(begun + at for begun in rounds for at in (0, *inside))]
