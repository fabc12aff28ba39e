"""Which deliveries are due, and the claim on them: one conditional update, on the database's clock."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from chargers.rollout.states import OPEN_STATES, POSITIVE_STATES, WATCHED_STATES

LEASE_SECONDS = 45
BATCH = 100
OPEN = sorted(OPEN_STATES)
WATCHED = sorted(WATCHED_STATES)
# A charger is read again this soon after it booted; after a mere reconnect later and spread out, because all chargers
# of a gateway may reconnect together.
BOOT_SECONDS = 2
RECONNECT_SECONDS = 20

# ``due_at`` becomes the end of the lease; a ring makes it earlier, which is how it survives until the record.
CLAIM = """
UPDATE chargers_delivery SET lease_until = now() + make_interval(secs => %s),
    due_at = now() + make_interval(secs => %s), fencing = fencing + 1
WHERE id IN (
    SELECT id FROM chargers_delivery
    WHERE state = ANY(%s) AND due_at <= now() AND (lease_until IS NULL OR lease_until <= now())
    ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
)
RETURNING id
"""

RING = """
UPDATE chargers_delivery SET due_at = now()
WHERE charger_id = ANY(%s) AND state = ANY(%s) AND (due_at IS NULL OR due_at > now())
"""

LOOK_AGAIN = """
UPDATE chargers_delivery d SET due_at = now() + make_interval(secs => %s + %s * random())
FROM chargers_charger c JOIN installations_installation i ON i.id = c.installation_id
WHERE d.charger_id = c.id AND c.id = ANY(%s) AND d.state = ANY(%s) AND d.revision_id = i.revision_id
  AND d.due_at IS NULL
"""


def claim_due(limit: int = BATCH) -> list[int]:
    """Lease up to ``limit`` due deliveries; nobody else gets them until the lease is over."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [LEASE_SECONDS, LEASE_SECONDS, WATCHED, limit])
        return [row[0] for row in cursor.fetchall()]


def more_is_due() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM chargers_delivery WHERE state = ANY(%s) AND due_at <= now()"
            " AND (lease_until IS NULL OR lease_until <= now()))",
            [WATCHED],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def ring(charger_ids: Collection[int]) -> int:
    """Make the open deliveries of these chargers due now; how many there were. Never lost, whoever holds a lease."""
    if not charger_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(RING, [list(charger_ids), OPEN])
        count: int = cursor.rowcount
    return count


def look_again(*, booted: Collection[int], reconnected: Collection[int]) -> None:
    """Have the landed deliveries of chargers that are back compared with what these chargers now hold."""
    with connection.cursor() as cursor:
        for charger_ids, least, spread in ((booted, BOOT_SECONDS, 1), (reconnected, RECONNECT_SECONDS, 40)):
            if charger_ids:
                cursor.execute(LOOK_AGAIN, [least, spread, list(charger_ids), sorted(POSITIVE_STATES)])


def database_now() -> datetime:
    """The database's clock: the only one that leases and deadlines are compared with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None
    now: datetime = row[0]
    return now
