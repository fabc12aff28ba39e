"""Reads a SetChargingProfile request: a profile, or why it is none, in words that name the member. Pure."""

import math
import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec

from chargers.charging.profile import PHASES, ChargingProfile, Kind, Period, Purpose, Schedule, Unit

MOST_PERIODS = 672  # a week of quarter hours
DAY = 86_400
RECURRENCES = {"Daily": DAY, "Weekly": 7 * DAY}
_LATEST = 2**33

Whole = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Level = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Rate = Annotated[float, msgspec.Meta(ge=0, le=1e9)]


class BadProfile(ValueError):
    """``code``: an RPC error code where the payload breaks the schema; None: it is well-formed and makes no sense."""

    def __init__(self, detail: str, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail, self.code = detail, code


class _Period(msgspec.Struct, rename="camel"):
    start_period: Seconds
    limit: Rate
    number_phases: Annotated[int, msgspec.Meta(ge=1, le=3)] | None = None


class _Schedule(msgspec.Struct, rename="camel"):
    charging_rate_unit: Unit
    charging_schedule_period: Annotated[list[_Period], msgspec.Meta(min_length=1, max_length=MOST_PERIODS)]
    duration: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    start_schedule: str | None = None
    min_charging_rate: Rate | None = None


class _Profile(msgspec.Struct, rename="camel"):
    charging_profile_id: Whole
    stack_level: Level
    charging_profile_purpose: Purpose
    charging_profile_kind: Kind
    charging_schedule: _Schedule
    transaction_id: Whole | None = None
    recurrency_kind: Literal["Daily", "Weekly"] | None = None
    valid_from: str | None = None
    valid_to: str | None = None


class _Request(msgspec.Struct, rename="camel"):
    connector_id: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    cs_charging_profiles: _Profile


class Clearing(msgspec.Struct, rename="camel"):
    """A ClearChargingProfile request."""

    id: Whole | None = None
    connector_id: Annotated[int, msgspec.Meta(ge=0)] | None = None
    charging_profile_purpose: Purpose | None = None
    stack_level: Level | None = None


class Asking(msgspec.Struct, rename="camel"):
    """A GetCompositeSchedule request."""

    connector_id: Annotated[int, msgspec.Meta(ge=0)]
    duration: Seconds
    charging_rate_unit: Unit | None = None


def read_request(payload: Any) -> ChargingProfile:
    """Its ``transaction_id`` is the sender's. Raises BadProfile."""
    request = convert(payload, _Request)
    return _profile(request.connector_id, request.cs_charging_profiles)


def read_stored(connector: int, profile: Any, transaction_id: int | None) -> ChargingProfile:
    """A ``csChargingProfiles`` object that was read before; the session is the reader's own. Raises BadProfile."""
    stored = convert(profile, _Profile)
    stored.transaction_id = transaction_id
    return _profile(connector, stored)


def convert[T: msgspec.Struct](payload: Any, shape: type[T]) -> T:
    """Raises BadProfile with the RPC error code for what is wrong."""
    try:
        return msgspec.convert(payload, shape)
    except msgspec.ValidationError as error:
        raise BadProfile(str(error), _code(str(error))) from None


def _code(text: str) -> str:
    if "missing required" in text or "of length" in text:
        return "OccurenceConstraintViolation"
    return "TypeConstraintViolation" if re.match(r"Expected `\w+( \| \w+)*`, got", text) else (
        "PropertyConstraintViolation"
    )  # fmt: skip


def _profile(connector: int, given: _Profile) -> ChargingProfile:
    purpose, kind = given.charging_profile_purpose, given.charging_profile_kind
    valid_from, valid_to = _time("validFrom", given.valid_from), _time("validTo", given.valid_to)
    schedule = _schedule(given.charging_schedule)
    _judge(connector, given, schedule)
    if valid_from is not None and valid_to is not None and valid_to <= valid_from:
        raise BadProfile("validTo must be later than validFrom")
    return ChargingProfile(
        id=given.charging_profile_id,
        connector=connector,
        purpose=purpose,
        stack_level=given.stack_level,
        kind=kind,
        schedule=schedule,
        every=RECURRENCES[given.recurrency_kind] if kind is Kind.RECURRING and given.recurrency_kind else None,
        valid_from=valid_from,
        valid_to=valid_to,
        transaction_id=given.transaction_id if purpose is Purpose.TX else None,
    )


def _judge(connector: int, given: _Profile, schedule: Schedule) -> None:
    purpose, kind = given.charging_profile_purpose, given.charging_profile_kind
    if purpose is Purpose.MAX and connector != 0:
        raise BadProfile("a ChargePointMaxProfile is for connectorId 0")
    if purpose is Purpose.TX and connector == 0:
        raise BadProfile("a TxProfile is for one connector: connectorId 0 has no transaction")
    if purpose is Purpose.MAX and kind is Kind.RELATIVE:
        raise BadProfile("a ChargePointMaxProfile cannot be Relative: it has no start of charging")
    if kind is Kind.RECURRING and given.recurrency_kind is None:
        raise BadProfile("a Recurring profile needs a recurrencyKind: Daily or Weekly")
    if kind is Kind.RECURRING and schedule.start is None:
        raise BadProfile("a Recurring profile needs a startSchedule")


def _schedule(given: _Schedule) -> Schedule:
    periods = tuple(
        Period(one.start_period, one.limit, one.number_phases or PHASES) for one in given.charging_schedule_period
    )
    if periods[0].start != 0:
        raise BadProfile("the first startPeriod must be 0")
    if any(later.start <= earlier.start for earlier, later in pairwise(periods)):
        raise BadProfile("every startPeriod must be later than the one before")
    return Schedule(
        unit=given.charging_rate_unit,
        periods=periods,
        start=_time("startSchedule", given.start_schedule),
        duration=given.duration,
        least=given.min_charging_rate,
    )


def _time(member: str, text: str | None) -> int | None:
    """Whole Unix seconds; a time without an offset is taken for UTC."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text.strip())
        seconds = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise BadProfile(f"{member} is not a time in ISO 8601", "PropertyConstraintViolation") from None
    if not 0 <= seconds < _LATEST:
        raise BadProfile(f"{member} is not a time that can be meant")
    return math.floor(seconds)
