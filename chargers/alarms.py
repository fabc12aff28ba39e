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


class AlarmCode(StrEnum):
    """Most urgent first."""

    DUPLICATE_IDENTITY = "duplicate_identity"
    BACKEND_REFUSES = "backend_refuses"
    QUEUE_OLD = "queue_old"


@dataclass(frozen=True)
class AlarmFacts:
    """What the rules look at, of one charger. ``link_alarm``: raised by the gateway on the charger's own connection."""

    link_alarm: str = ""
    link_alarm_at: datetime | None = None
    upstream: UpstreamFacts | None = None


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


RULES: Mapping[AlarmCode, Callable[[AlarmFacts, datetime], Alarm | None]] = {
    AlarmCode.DUPLICATE_IDENTITY: _duplicate_identity,
    AlarmCode.BACKEND_REFUSES: _backend_refuses,
    AlarmCode.QUEUE_OLD: _queue_old,
}
# For an installation: how many of its chargers have it.
OF_SEVERAL: Mapping[AlarmCode, Any] = {
    AlarmCode.DUPLICATE_IDENTITY: ngettext_lazy(
        "At %(count)d charger a second device tried to connect under its serial number.",
        "At %(count)d chargers a second device tried to connect under their serial numbers.",
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
