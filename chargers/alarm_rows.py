"""The rules of ``chargers.alarms`` as conditions on chargers' rows, for filters and counts; and their facts."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from chargers.alarms import QUEUE_AGE, Alarm, AlarmCode, AlarmFacts, alarms_of
from chargers.models import Charger, UpstreamLink, UpstreamMessage
from chargers.upstream_state import LOGIN_FAULTS, UpstreamFacts

CONDITIONS: Mapping[AlarmCode, Callable[[datetime], Q]] = {
    AlarmCode.DUPLICATE_IDENTITY: lambda _now: Q(link__alarm=AlarmCode.DUPLICATE_IDENTITY),
    AlarmCode.BACKEND_REFUSES: lambda _now: Q(upstream__state="waiting", upstream__fault__in=sorted(LOGIN_FAULTS)),
    AlarmCode.QUEUE_OLD: lambda now: Q(
        Exists(
            UpstreamMessage.objects.filter(charger=OuterRef("pk"), ended_at__isnull=True, queued_at__lt=now - QUEUE_AGE)
        )
    ),
}


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
    """For a charger read with its facts (``selectors.with_facts``); None: it never had a backend that we dial."""
    link: UpstreamLink | None = getattr(charger, "upstream", None)
    queued: int = getattr(charger, "queued", None) or 0
    if link is None:
        return None
    return UpstreamFacts(
        url=link.url,
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
    link = getattr(charger, "link", None)
    facts = AlarmFacts(
        link_alarm=link.alarm if link else "",
        link_alarm_at=link.alarm_at if link else None,
        upstream=upstream_facts_of(charger),
    )
    return alarms_of(facts, timezone.now())
