"""The sweep: finds whatever a lost ring, a killed worker or a clock left behind. Bounded, harmless when doubled."""

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from chargers.message_partitions import keep_partitions
from chargers.models import Rollout
from chargers.rollout.advance import advance_all
from chargers.rollout.states import RolloutState
from chargers.services import asking, diagnostics
from chargers.services.rollouts import take_up

BOUND = 2000
# In one sweep: more than a busy fleet sends between two of them.
MOST_METER_VALUES = 20_000

# Waiting for an event that already happened: the charger is connected, or idle again, and nobody rang.
LOST_RINGS = """
UPDATE chargers_delivery SET due_at = now() WHERE id IN (
    SELECT d.id FROM chargers_delivery d
    JOIN chargers_chargerlink l ON l.charger_id = d.charger_id
    JOIN chargers_gatewaynode n ON n.name = l.node AND n.stopped_at IS NULL AND n.seen_at > now() - interval '15 s'
    WHERE d.due_at IS NULL AND d.lease_until IS NULL AND d.state IN ('waiting', 'unknown')
      AND l.disconnected_at IS NULL AND l.boot_accepted
      AND d.reason IN ('', 'offline', 'busy') AND (d.reason <> 'busy' OR (
        NOT EXISTS (SELECT 1 FROM chargers_transaction t
                    WHERE t.charger_id = d.charger_id AND t.stop_received_at IS NULL AND NOT t.orphan)
        AND NOT EXISTS (SELECT 1 FROM chargers_connector c
                        WHERE c.charger_id = d.charger_id AND c.boot_number = l.boot_number
                          AND c.status NOT IN ('Available', 'Unavailable'))))
    ORDER BY d.id LIMIT %s FOR UPDATE OF d SKIP LOCKED
)
"""

# A state whose deadline nobody set, whatever led to it: look at it.
FORGOTTEN = """
UPDATE chargers_delivery SET due_at = now() WHERE id IN (
    SELECT id FROM chargers_delivery WHERE state IN ('pushing', 'verifying') AND due_at IS NULL LIMIT %s
)
"""

# Paused, or waiting for the others, and its rollout goes on since.
HELD_FOR_NOTHING = """
UPDATE chargers_delivery SET due_at = now() WHERE id IN (
    SELECT d.id FROM chargers_delivery d JOIN chargers_rollout r ON r.id = d.rollout_id
    WHERE d.due_at IS NULL AND d.lease_until IS NULL AND d.state IN ('waiting', 'unknown')
      AND ((d.reason = 'paused' AND r.paused_at IS NULL) OR (d.reason = 'together' AND r.released_at IS NOT NULL))
    ORDER BY d.id LIMIT %s FOR UPDATE OF d SKIP LOCKED
)
"""

# Links of a gateway that died for good. Its own next start does the same at once for the links it left.
DEAD_NODES = """
UPDATE chargers_chargerlink SET disconnected_at = now() WHERE charger_id IN (
    SELECT l.charger_id FROM chargers_chargerlink l
    LEFT JOIN chargers_gatewaynode n ON n.name = l.node
    WHERE l.disconnected_at IS NULL AND l.connected_at < now() - interval '60 s'
      AND (n.seen_at IS NULL OR n.seen_at < now() - interval '60 s')
      AND EXISTS (SELECT 1 FROM chargers_gatewaynode a
                  WHERE a.stopped_at IS NULL AND a.seen_at > now() - interval '15 s')
    LIMIT %s
)
"""

# Refused cards of chargers that were silent since; those that speak are cut by the gateway's store.
OLD_REFUSALS = """
DELETE FROM chargers_refusedtag WHERE id IN (
    SELECT id FROM chargers_refusedtag WHERE refused_at < now() - interval '24 h' LIMIT %s
)
"""

# What went up to a backend is kept so long that a charger's repeat is known for one.
OLD_METER_VALUES = """
DELETE FROM chargers_upstreammessage WHERE id IN (
    SELECT id FROM chargers_upstreammessage
    WHERE action = 'MeterValues' AND ended_at IS NOT NULL AND queued_at < now() - make_interval(days => %s)
    ORDER BY queued_at LIMIT %s FOR UPDATE SKIP LOCKED
)
"""


def sweep() -> None:
    with connection.cursor() as cursor:
        for statement in (DEAD_NODES, FORGOTTEN, HELD_FOR_NOTHING, LOST_RINGS, OLD_REFUSALS):
            cursor.execute(statement, [BOUND])
        cursor.execute(OLD_METER_VALUES, [settings.BRIDGE_METER_DAYS, MOST_METER_VALUES])
    asking.end_overdue(BOUND)
    asking.forget_old(BOUND)
    diagnostics.remove_old_files()
    take_up()
    advance_all()
    keep_partitions(days=settings.MESSAGE_LOG_DAYS)


def unopened_rollouts() -> list[int]:
    """Rollouts whose opening was interrupted or never rung for."""
    long_ago = timezone.now() - timedelta(seconds=2)
    rows = Rollout.objects.filter(state=RolloutState.OPENING, created_at__lt=long_ago).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:BOUND])
