"""The rules of ``chargers.alarms`` as conditions on chargers' rows, for filters and counts; and their facts."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet, Value
from django.utils import timezone

from chargers.alarms import (
    CLOCK_OFF_SECONDS,
    EVENT_AGE,
    MOST_REFUSED_LOGINS,
    QUEUE_AGE,
    REFUSED_LOGINS_COUNT,
    SERIOUS_EVENTS,
    Alarm,
    AlarmCode,
    AlarmFacts,
    alarms_of,
)
from chargers.models import Charger, ChargerLink, Connector, RefusedLogin, SecurityEvent, UpstreamLink, UpstreamMessage
from chargers.upstream_state import LOGIN_FAULTS, UpstreamFacts
from installations.authentication import CLOUD


@dataclass(frozen=True)
class Sign:
    """Where an alarm shows: in rows of ``model``, each of one charger, that fulfil ``condition`` (given now)."""

    model: type[Model]
    condition: Callable[[datetime], Q]

    def rows(self, now: datetime) -> QuerySet[Any]:
        return self.model._default_manager.filter(self.condition(now)).order_by()


SIGNS: Mapping[AlarmCode, Sign] = {
    AlarmCode.DUPLICATE_IDENTITY: Sign(ChargerLink, lambda _now: Q(alarm=AlarmCode.DUPLICATE_IDENTITY)),
    AlarmCode.LOGIN_REFUSED: Sign(
        RefusedLogin, lambda now: Q(count__gte=MOST_REFUSED_LOGINS, last_at__gte=now - REFUSED_LOGINS_COUNT)
    ),
    AlarmCode.SECURITY_EVENT: Sign(
        SecurityEvent, lambda now: Q(kind__in=sorted(SERIOUS_EVENTS), at__gte=now - EVENT_AGE)
    ),
    AlarmCode.CONNECTOR_FAULT: Sign(Connector, lambda _now: Q(status="Faulted")),
    AlarmCode.CLOCK_OFF: Sign(
        ChargerLink,
        lambda _now: Q(clock_offset_seconds__gt=CLOCK_OFF_SECONDS) | Q(clock_offset_seconds__lt=-CLOCK_OFF_SECONDS),
    ),
    AlarmCode.BACKEND_REFUSES: Sign(UpstreamLink, lambda _now: Q(state="waiting", fault__in=sorted(LOGIN_FAULTS))),
    AlarmCode.QUEUE_OLD: Sign(UpstreamMessage, lambda now: Q(ended_at__isnull=True, queued_at__lt=now - QUEUE_AGE)),
}


def serious_events() -> QuerySet[SecurityEvent]:
    return SecurityEvent.objects.filter(kind__in=sorted(SERIOUS_EVENTS))


def alarms_at(installation_ids: Collection[int]) -> dict[int, dict[AlarmCode, set[int]]]:
    """By installation and alarm the chargers that have it, in one query from where alarms show: they are rare."""
    now = timezone.now()
    here = {"charger__installation__in": list(installation_ids)}
    first, *others = (
        sign.rows(now).filter(**here).annotate(code=Value(code.value)).values_list(
            "charger__installation_id", "code", "charger_id"
        )
        for code, sign in SIGNS.items()
    )  # fmt: skip
    found: dict[int, dict[AlarmCode, set[int]]] = {}
    for installation_id, code, charger_id in first.union(*others):
        found.setdefault(installation_id, {}).setdefault(AlarmCode(code), set()).add(charger_id)
    return found


def alarmed(now: datetime | None = None) -> Q:
    """Chargers with any alarm, found from where alarms show: for filters over all of them, as alarms are rare."""
    first, *others = (SIGNS[code].rows(now or timezone.now()).values("charger_id") for code in AlarmCode)
    return Q(pk__in=first.union(*others))


def upstream_facts_of(charger: Charger) -> UpstreamFacts | None:
    """For a charger read with its facts (``selectors.with_facts``); None: it never had a backend that we dial.

    A charger that left for a backend of its own keeps the row until the gateway hears of it; then it has none either.
    """
    link: UpstreamLink | None = getattr(charger, "upstream", None)
    queued: int = getattr(charger, "queued", None) or 0
    if link is None:
        return None
    applied = charger.applied_revision
    gone = link.state == "closed" and not queued and applied is not None and applied.mode != CLOUD
    return UpstreamFacts(
        url="" if gone else link.url,
        state=link.state,
        since=link.since,
        fault=link.fault,
        http_status=link.http_status,
        failures=link.failures,
        retry_at=link.retry_at,
        lease_until=link.lease_until,
        queued=queued,
        oldest_at=getattr(charger, "oldest_queued_at", None),
        left=link.left_count,
        left_at=link.left_at,
    )


def alarms_of_charger(charger: Charger) -> tuple[Alarm, ...]:
    """For a charger read with its facts."""
    link: ChargerLink | None = getattr(charger, "link", None)
    refused: RefusedLogin | None = getattr(charger, "refused_login", None)
    facts = AlarmFacts(
        link_alarm=link.alarm if link else "",
        link_alarm_at=link.alarm_at if link else None,
        upstream=upstream_facts_of(charger),
        refused_logins=refused.count if refused else 0,
        first_refused_at=refused.first_at if refused else None,
        last_refused_at=refused.last_at if refused else None,
        faulted=tuple(
            (one.number, one.error_code or "OtherError", one.status_at)
            for one in charger.connectors.all()
            if one.status == "Faulted"
        ),
        clock_offset_seconds=link.clock_offset_seconds if link else None,
        event=getattr(charger, "event", None) or "",
        event_at=getattr(charger, "event_at", None),
    )
    return alarms_of(facts, timezone.now())
