"""What somebody should look at: facts and the time in, alarms with fixed codes and sentences out. Pure.

An alarm is derived, never stored: it goes when its facts go. A new one is a code, a rule over ``AlarmFacts`` and a
sentence for several chargers here, and the same rule as a condition on rows in ``chargers.alarm_rows``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from chargers.upstream_state import UpstreamFacts, fault_text
from installations.findings import Text

QUEUE_AGE = timedelta(minutes=15)
MOST_REFUSED_LOGINS = 5
REFUSED_LOGINS_COUNT = timedelta(hours=1)
CLOCK_OFF_SECONDS = 300
EVENT_AGE = timedelta(hours=24)
# What the security whitepaper's events say of an attack or a broken trust; the others are for the record.
SERIOUS_EVENTS = frozenset(
    {
        "AttemptedReplayAttacks",
        "FailedToAuthenticateAtCentralSystem",
        "CentralSystemFailedToAuthenticate",
        "InvalidCentralSystemCertificate",
        "InvalidChargePointCertificate",
        "InvalidFirmwareSignature",
        "InvalidFirmwareSigningCertificate",
        "InvalidTLSCipherSuite",
        "InvalidTLSVersion",
        "SecurityLogWasCleared",
        "TamperDetectionActivated",
    }
)


class AlarmCode(StrEnum):
    """Most urgent first."""

    DUPLICATE_IDENTITY = "duplicate_identity"
    LOGIN_REFUSED = "login_refused"
    SECURITY_EVENT = "security_event"
    CONNECTOR_FAULT = "connector_fault"
    BACKEND_REFUSES = "backend_refuses"
    QUEUE_OLD = "queue_old"
    CLOCK_OFF = "clock_off"


@dataclass(frozen=True)
class AlarmFacts:
    """What the rules look at, of one charger. ``link_alarm``: raised by the gateway on the charger's own connection.

    ``faulted``: connector, error code and since when, of those that report a fault. ``clock_offset_seconds``: the
    charger's clock minus ours. ``event``: the newest serious security event.
    """

    link_alarm: str = ""
    link_alarm_at: datetime | None = None
    upstream: UpstreamFacts | None = None
    refused_logins: int = 0
    first_refused_at: datetime | None = None
    last_refused_at: datetime | None = None
    faulted: tuple[tuple[int, str, datetime], ...] = ()
    clock_offset_seconds: float | None = None
    event: str = ""
    event_at: datetime | None = None


@dataclass(frozen=True)
class Alarm:
    """``since``: when it began; None where nobody knows."""

    code: AlarmCode
    since: datetime | None
    detail: Text


def _duplicate_identity(facts: AlarmFacts, _now: datetime) -> Alarm | None:
    if facts.link_alarm != AlarmCode.DUPLICATE_IDENTITY:
        return None
    detail = _("A second device tried to connect under this serial number.")
    return Alarm(AlarmCode.DUPLICATE_IDENTITY, facts.link_alarm_at, detail)


def _backend_refuses(facts: AlarmFacts, _now: datetime) -> Alarm | None:
    upstream = facts.upstream
    if upstream is None or not upstream.refuses_login:
        return None
    detail = format_lazy(
        _("No connection to the backend: {fault}. Check the password and whether the backend knows this charger."),
        fault=fault_text(upstream),
    )
    return Alarm(AlarmCode.BACKEND_REFUSES, upstream.since, detail)


def _queue_old(facts: AlarmFacts, now: datetime) -> Alarm | None:
    upstream = facts.upstream
    if upstream is None or upstream.oldest_at is None or now - upstream.oldest_at <= QUEUE_AGE:
        return None
    detail = _("Messages have waited for the backend for more than 15 minutes. They are kept and delivered in order.")
    return Alarm(AlarmCode.QUEUE_OLD, upstream.oldest_at, detail)


def _login_refused(facts: AlarmFacts, now: datetime) -> Alarm | None:
    last = facts.last_refused_at
    if facts.refused_logins < MOST_REFUSED_LOGINS or last is None or now - last > REFUSED_LOGINS_COUNT:
        return None
    detail = format_lazy(
        _("{count} logins under this serial number had a wrong password. "
          "Check what is entered at the charger, or give it a new password."),
        count=facts.refused_logins,
    )  # fmt: skip
    return Alarm(AlarmCode.LOGIN_REFUSED, facts.first_refused_at, detail)


def _security_event(facts: AlarmFacts, now: datetime) -> Alarm | None:
    if facts.event not in SERIOUS_EVENTS or facts.event_at is None or now - facts.event_at > EVENT_AGE:
        return None
    detail = format_lazy(_("The charger reports a security event: {event}."), event=facts.event)
    return Alarm(AlarmCode.SECURITY_EVENT, facts.event_at, detail)


def _connector_fault(facts: AlarmFacts, _now: datetime) -> Alarm | None:
    if not facts.faulted:
        return None
    number, code, _since = facts.faulted[0]
    if number == 0:
        detail = format_lazy(_("The charger reports a fault: {code}."), code=code)
    else:
        detail = format_lazy(_("Connector {number} reports a fault: {code}."), number=number, code=code)
    return Alarm(AlarmCode.CONNECTOR_FAULT, min(since for _number, _code, since in facts.faulted), detail)


def _clock_off(facts: AlarmFacts, _now: datetime) -> Alarm | None:
    offset = facts.clock_offset_seconds
    if offset is None or abs(offset) <= CLOCK_OFF_SECONDS:
        return None
    text = (
        _("The charger's clock is {minutes} minutes fast: times of sessions are as wrong.")
        if offset > 0
        else _("The charger's clock is {minutes} minutes slow: times of sessions are as wrong.")
    )
    return Alarm(AlarmCode.CLOCK_OFF, None, format_lazy(text, minutes=round(abs(offset) / 60)))


RULES: Mapping[AlarmCode, Callable[[AlarmFacts, datetime], Alarm | None]] = {
    AlarmCode.DUPLICATE_IDENTITY: _duplicate_identity,
    AlarmCode.LOGIN_REFUSED: _login_refused,
    AlarmCode.SECURITY_EVENT: _security_event,
    AlarmCode.CONNECTOR_FAULT: _connector_fault,
    AlarmCode.BACKEND_REFUSES: _backend_refuses,
    AlarmCode.QUEUE_OLD: _queue_old,
    AlarmCode.CLOCK_OFF: _clock_off,
}
# For an installation: how many of its chargers have it.
OF_SEVERAL: Mapping[AlarmCode, Any] = {
    AlarmCode.DUPLICATE_IDENTITY: ngettext_lazy(
        "At %(count)d charger a second device tried to connect under its serial number.",
        "At %(count)d chargers a second device tried to connect under their serial numbers.",
        "count",
    ),
    AlarmCode.LOGIN_REFUSED: ngettext_lazy(
        "Logins of %(count)d charger had a wrong password.",
        "Logins of %(count)d chargers had a wrong password.",
        "count",
    ),
    AlarmCode.SECURITY_EVENT: ngettext_lazy(
        "%(count)d charger reports a security event.", "%(count)d chargers report security events.", "count"
    ),
    AlarmCode.CONNECTOR_FAULT: ngettext_lazy(
        "%(count)d charger reports a fault.", "%(count)d chargers report faults.", "count"
    ),
    AlarmCode.CLOCK_OFF: ngettext_lazy(
        "The clock of %(count)d charger is more than 5 minutes off.",
        "The clocks of %(count)d chargers are more than 5 minutes off.",
        "count",
    ),
    AlarmCode.BACKEND_REFUSES: ngettext_lazy(
        "The backend refuses the login of %(count)d charger.",
        "The backend refuses the login of %(count)d chargers.",
        "count",
    ),
    AlarmCode.QUEUE_OLD: ngettext_lazy(
        "Messages of %(count)d charger have waited for the backend for more than 15 minutes.",
        "Messages of %(count)d chargers have waited for the backend for more than 15 minutes.",
        "count",
    ),
}


def alarms_of(facts: AlarmFacts, now: datetime) -> tuple[Alarm, ...]:
    """Of one charger, most urgent first."""
    found = (RULES[code](facts, now) for code in AlarmCode)
    return tuple(alarm for alarm in found if alarm is not None)


def sentence_for(code: AlarmCode, count: int) -> str:
    return str(OF_SEVERAL[code] % {"count": count})
