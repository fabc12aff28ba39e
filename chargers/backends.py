"""Connections to backends as pages and API show them: of one charger, and counted for installations."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, Subquery
from django.utils import timezone

from chargers.alarm_rows import upstream_facts_of
from chargers.models import Charger, UpstreamLink, UpstreamMessage
from chargers.upstream_state import LOGIN_FAULTS, Shown, UpstreamFacts, fault_text, shown
from installations.findings import Text


@dataclass(frozen=True)
class Upstream:
    """One charger's connection to its backend, ready to be shown."""

    facts: UpstreamFacts
    state: Shown
    fault: Text

    @property
    def connected_since(self) -> datetime | None:
        return self.facts.since if self.state is Shown.CONNECTED else None


def upstream_of(charger: Charger) -> Upstream | None:
    """For a charger read with its facts; None: this portal dials no backend for it."""
    facts = upstream_facts_of(charger)
    state = shown(facts, timezone.now()) if facts is not None else None
    return Upstream(facts, state, fault_text(facts)) if facts is not None and state is not None else None


def left_behind(charger: Charger) -> UpstreamLink | None:
    """The row that tells how many messages were left behind when the charger last went to another backend, if any."""
    link: UpstreamLink | None = getattr(charger, "upstream", None)
    return link if link is not None and link.left_count else None


@dataclass(frozen=True)
class BackendCounts:
    """Chargers by the state of their backend's connection, and the messages of all that wait."""

    connected: int = 0
    pending: int = 0
    connecting: int = 0
    refused: int = 0
    waiting: int = 0
    closed: int = 0
    unserved: int = 0
    queued: int = 0
    oldest_at: datetime | None = None

    @property
    def total(self) -> int:
        return sum(getattr(self, state) for state in Shown)


def backend_counts(installation_ids: Collection[int]) -> Mapping[int, BackendCounts]:
    """One query for any number of installations; those that have no backend count zero."""
    ids = list(installation_ids)
    links: Any = UpstreamLink.objects.filter(charger__installation__in=ids).exclude(url="").order_by()
    served = Q(lease_until__gte=timezone.now())
    refused = Q(state="waiting", fault__in=sorted(LOGIN_FAULTS))
    states = {
        Shown.CONNECTED: served & Q(state="connected"),
        Shown.PENDING: served & Q(state="pending"),
        Shown.CONNECTING: served & Q(state="connecting"),
        Shown.REFUSED: served & refused,
        Shown.WAITING: served & Q(state="waiting") & ~refused,
        Shown.CLOSED: Q(state="closed"),
    }
    counted = {str(state): Count("pk", filter=condition) for state, condition in states.items()}
    waiting: Any = UpstreamMessage.objects.filter(
        charger__installation=OuterRef("charger__installation"), ended_at__isnull=True
    ).order_by()
    waiting = waiting.values("charger__installation")
    queue = {
        "queued": Subquery(waiting.annotate(found=Count("pk")).values("found")),
        "oldest": Subquery(waiting.annotate(found=Min("queued_at")).values("found")),
    }
    found: dict[int, BackendCounts] = {pk: BackendCounts() for pk in ids}
    for row in links.values("charger__installation").annotate(total=Count("pk"), **counted, **queue):
        by_state = {state: row[state] for state in counted}
        found[row["charger__installation"]] = BackendCounts(
            **by_state,
            unserved=row["total"] - sum(by_state.values()),
            queued=row["queued"] or 0,
            oldest_at=row["oldest"],
        )
    return found
