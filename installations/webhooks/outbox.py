"""The outbox: what happened goes in, in the transaction in which it did; what is due is claimed, and ends here.

Claims are one conditional update with a lease and a fencing number: a killed sender's events are due again when its
leases end, and what a late one records is dropped. An endpoint has few events under way at a time.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from installations.webhook_models import DeliveryState, Webhook
from installations.webhooks.faults import Fault
from installations.webhooks.kinds import EventKind

# An attempt ends after 10 seconds; whoever is late is fenced off.
LEASE_SECONDS = 30
# Of one webhook, under way at a time; of one that fails: the one that shows whether it still does.
MOST_AT_ONCE = 3
MOST_WHILE_FAILING = 1

TELL = "SELECT installations_tell_webhooks(%s::bigint[], %s::text[], %s::timestamptz[], %s::jsonb[])"
WATCHED = "SELECT DISTINCT installation_id FROM installations_webhookwatch WHERE kinds && %s::varchar[]"

# Whoever claims events of a webhook holds its row meanwhile, so that nobody counts them at the same moment.
CLAIM = """
WITH ready AS (
    SELECT w.id, CASE WHEN w.failing_since IS NULL THEN %(most)s ELSE %(failing)s END AS most
    FROM installations_webhook w
    WHERE w.enabled AND EXISTS (
        SELECT FROM installations_webhookdelivery d
        WHERE d.webhook_id = w.id AND d.state = 'waiting' AND d.due_at <= statement_timestamp())
    ORDER BY random() LIMIT %(room)s FOR NO KEY UPDATE SKIP LOCKED
), chosen AS (
    SELECT c.id FROM ready CROSS JOIN LATERAL (
        SELECT d.id, row_number() OVER (ORDER BY d.due_at, d.id) AS place FROM (
            SELECT id, due_at FROM installations_webhookdelivery
            WHERE webhook_id = ready.id AND state = 'waiting' AND due_at <= statement_timestamp()
            ORDER BY due_at, id LIMIT %(most)s) AS d
    ) AS c
    WHERE c.place <= ready.most - (
        SELECT count(*) FROM installations_webhookdelivery h
        WHERE h.webhook_id = ready.id AND h.state = 'waiting' AND h.lease_until > statement_timestamp())
    ORDER BY c.place LIMIT %(room)s
)
UPDATE installations_webhookdelivery d SET
    lease_until = statement_timestamp() + make_interval(secs => %(lease)s),
    due_at = statement_timestamp() + make_interval(secs => %(lease)s),
    fencing = d.fencing + 1, attempts = d.attempts + 1, attempted_at = statement_timestamp()
FROM chosen, installations_webhookevent e
WHERE d.id = chosen.id AND e.id = d.event_id AND d.state = 'waiting' AND d.due_at <= statement_timestamp()
RETURNING d.id, d.webhook_id, d.fencing, d.attempts, e.public_id, e.kind, e.at, e.facts
"""

RECORD = """
UPDATE installations_webhookdelivery SET
    state = %(state)s, lease_until = NULL, status_code = %(status)s, fault = %(fault)s,
    due_at = CASE WHEN %(state)s = 'waiting' THEN statement_timestamp() + make_interval(secs => %(delay)s) END,
    ended_at = CASE WHEN %(state)s <> 'waiting' THEN statement_timestamp() END,
    log = log || jsonb_build_array(jsonb_build_object(
        'at', attempted_at, 'status', %(status)s, 'fault', %(fault)s, 'milliseconds', %(milliseconds)s))
WHERE id = %(id)s AND fencing = %(fencing)s AND state = 'waiting'
"""


@dataclass(frozen=True)
class Happened:
    installation_id: int
    kind: EventKind
    at: datetime
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Claimed:
    """One event for one webhook, ours until the lease ends."""

    delivery_id: int
    webhook_id: int
    fencing: int
    attempts: int
    public_id: UUID
    kind: str
    at: datetime
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """Of one attempt. ``status`` None: there was no answer. ``delay_seconds`` None: it has ended, well or not."""

    status: int | None
    fault: Fault | None
    milliseconds: int
    delay_seconds: float | None

    @property
    def state(self) -> DeliveryState:
        if self.fault is None:
            return DeliveryState.DELIVERED
        return DeliveryState.FAILED if self.delay_seconds is None else DeliveryState.WAITING


def watched_sites(kinds: Collection[EventKind]) -> list[int]:
    """Installations of which a webhook wants to hear one of ``kinds``."""
    with connection.cursor() as cursor:
        cursor.execute(WATCHED, [[kind.value for kind in kinds]])
        return [row[0] for row in cursor.fetchall()]


def tell(happened: Sequence[Happened]) -> None:
    """For facts that no row of their own tells; in the transaction that remembers them."""
    if happened:
        columns: list[Any] = [
            [one.installation_id for one in happened],
            [one.kind.value for one in happened],
            [one.at for one in happened],
            [json.dumps(one.facts) for one in happened],
        ]
        with connection.cursor() as cursor:
            cursor.execute(TELL, columns)


def claim_due(room: int) -> list[Claimed]:
    """At most ``room`` events, of as many webhooks as can be."""
    places = {"room": room, "lease": LEASE_SECONDS, "most": MOST_AT_ONCE, "failing": MOST_WHILE_FAILING}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, places)
        rows: list[Any] = cursor.fetchall()
        return [Claimed(*(*row[:7], _plain(row[7]))) for row in rows]


def _plain(facts: Any) -> Mapping[str, Any]:
    """Django hands JSON of its own cursors over as text."""
    return dict(json.loads(facts)) if isinstance(facts, str) else dict(facts)


def record_attempt(claimed: Claimed, outcome: Outcome) -> bool:
    """False: the claim does not stand any more, and nothing was written."""
    values: dict[str, str | int | float | None] = {
        "id": claimed.delivery_id,
        "fencing": claimed.fencing,
        "state": outcome.state.value,
        "status": outcome.status,
        "fault": outcome.fault.value if outcome.fault else "",
        "milliseconds": outcome.milliseconds,
        "delay": outcome.delay_seconds or 0,
    }
    with connection.cursor() as cursor:
        cursor.execute(RECORD, values)
        return bool(cursor.rowcount)


def end_waiting(webhook: Webhook) -> None:
    """Nothing more is sent: what waits has failed, and says why. What is under way is fenced off."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE installations_webhookdelivery SET state = 'failed', fault = %s, due_at = NULL, lease_until = NULL,"
            " ended_at = statement_timestamp(), fencing = fencing + 1 WHERE webhook_id = %s AND state = 'waiting'",
            [Fault.SWITCHED_OFF.value, webhook.pk],
        )


def anybody_listens() -> bool:
    return Webhook.objects.filter(enabled=True).exists()


def is_late(webhook: Webhook, seconds: int = 60) -> bool:
    """Something is due since a while and nobody took it up: no process sends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM installations_webhookdelivery WHERE webhook_id = %s AND state = 'waiting'"
            " AND due_at < statement_timestamp() - make_interval(secs => %s)) AND NOT EXISTS ("
            "SELECT FROM installations_webhookdelivery WHERE webhook_id = %s"
            " AND attempted_at > statement_timestamp() - make_interval(secs => %s))",
            [webhook.pk, seconds, webhook.pk, seconds],
        )
        return bool(cursor.fetchone()[0])


def waiting_and_overdue() -> tuple[int, float]:
    """Of all webhooks: how many events wait, and for how many seconds the oldest that is due has done so."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), greatest(0, extract(epoch FROM statement_timestamp() - min(due_at)))"
            " FROM installations_webhookdelivery WHERE state = 'waiting'"
        )
        waiting, overdue = cursor.fetchone()
        return waiting, float(overdue or 0)
