"""The rules of ``chargers.alarms`` as conditions on chargers' rows, for filters and counts; and their facts."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
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

CONDITIONS: Mapping[AlarmCode, Callable[[datetime], Q]] = {
    AlarmCode.DUPLICATE_IDENTITY: lambda _now: Q(link__alarm=AlarmCode.DUPLICATE_IDENTITY),
    AlarmCode.LOGIN_REFUSED: lambda now: Q(
        refused_login__count__gte=MOST_REFUSED_LOGINS, refused_login__last_at__gte=now - REFUSED_LOGINS_COUNT
    ),
    AlarmCode.SECURITY_EVENT: lambda now: Q(
        Exists(serious_events().filter(charger=OuterRef("pk"), at__gte=now - EVENT_AGE))
    ),
    AlarmCode.CONNECTOR_FAULT: lambda _now: Q(
        Exists(Connector.objects.filter(charger=OuterRef("pk"), status="Faulted"))
    ),
    AlarmCode.CLOCK_OFF: lambda _now: (
        Q(link__clock_offset_seconds__gt=CLOCK_OFF_SECONDS) | Q(link__clock_offset_seconds__lt=-CLOCK_OFF_SECONDS)
    ),
    AlarmCode.BACKEND_REFUSES: lambda _now: Q(upstream__state="waiting", upstream__fault__in=sorted(LOGIN_FAULTS)),
    AlarmCode.QUEUE_OLD: lambda now: Q(
        Exists(
            UpstreamMessage.objects.filter(charger=OuterRef("pk"), ended_at__isnull=True, queued_at__lt=now - QUEUE_AGE)
        )
    ),
}


def serious_events() -> QuerySet[SecurityEvent]:
    return SecurityEvent.objects.filter(kind__in=sorted(SERIOUS_EVENTS))


def having(code: AlarmCode, now: datetime | None = None) -> Exists:
    """Chargers with this alarm, as a condition that may stand in any query on Charger."""
    condition = CONDITIONS[code](now or timezone.now())
    return Exists(Charger.objects.filter(condition, pk=OuterRef("pk")))


def alarmed(now: datetime | None = None) -> Exists:
    """Chargers with any alarm."""
    now = now or timezone.now()
    condition = Q()
    for code in AlarmCode:
        condition |= CONDITIONS[code](now)
    return Exists(Charger.objects.filter(condition, pk=OuterRef("pk")))


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
