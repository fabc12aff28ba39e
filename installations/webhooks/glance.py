"""Webhooks as lists and pages show them, in a number of queries that does not grow with the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils import timezone

from installations.findings import Text
from installations.webhook_models import DeliveryState, Webhook, WebhookDelivery
from installations.webhooks.faults import SENTENCES
from installations.webhooks.kinds import LABELS

# A page that shows something due so soon asks again at once.
SOON = timedelta(seconds=20)


class Health(StrEnum):
    ON = "on"
    FAILING = "failing"
    OFF = "off"


@dataclass(frozen=True)
class Glance:
    """``last_at``: of the last attempt, None: there was none; ``waiting``: events on their way."""

    webhook: Webhook
    health: Health
    events: Sequence[Text]
    last_at: datetime | None = None
    waiting: int = 0


@dataclass(frozen=True)
class Told:
    """One event of one webhook. ``detail``: why not, in words; empty where all is well or nothing was tried yet."""

    row: WebhookDelivery
    title: Text
    detail: Text

    @property
    def under_way(self) -> bool:
        """A sender has it just now."""
        return self.row.lease_until is not None and self.row.lease_until > timezone.now()

    @property
    def soon(self) -> bool:
        return self.row.due_at is not None and self.row.due_at < timezone.now() + SOON


def health_of(webhook: Webhook) -> Health:
    if not webhook.enabled:
        return Health.OFF
    return Health.ON if webhook.failing_since is None else Health.FAILING


def glance_at(webhook: Webhook) -> Glance:
    return Glance(
        webhook,
        health_of(webhook),
        [LABELS.get(kind, kind) for kind in webhook.kinds],
        getattr(webhook, "last_at", None),
        getattr(webhook, "on_their_way", None) or 0,
    )


def glances(rows: QuerySet[Webhook]) -> list[Glance]:
    """One query."""
    told = WebhookDelivery.objects.filter(webhook=OuterRef("pk"))
    waiting: Any = told.filter(state=DeliveryState.WAITING).order_by().values("webhook").annotate(found=Count("pk"))
    last = told.filter(attempted_at__isnull=False).order_by("-id").values("attempted_at")[:1]
    annotated = rows.annotate(on_their_way=Subquery(waiting.values("found")), last_at=Subquery(last))
    return [glance_at(row) for row in annotated]


def told(row: WebhookDelivery) -> Told:
    return Told(row, LABELS.get(row.event.kind, row.event.kind), SENTENCES.get(row.fault, ""))


def attempts_of(row: WebhookDelivery) -> list[dict[str, Any]]:
    """Every attempt, oldest first, ready to be shown."""
    return [
        {
            "at": datetime.fromisoformat(one["at"]),
            "status": one["status"],
            "milliseconds": one["milliseconds"],
            "detail": SENTENCES.get(one["fault"], ""),
        }
        for one in row.log
    ]
