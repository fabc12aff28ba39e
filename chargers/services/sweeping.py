"""The sweep: finds whatever a lost ring, a killed worker or a clock left behind. Bounded, harmless when doubled."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from chargers.models import Rollout
from chargers.rollout.states import RolloutState
from chargers.services.rollouts import take_up

BOUND = 2000

# Waiting for an event that already happened: the charger is connected (or gone) and nobody rang.
LOST_RINGS = """
UPDATE chargers_delivery SET due_at = now() WHERE id IN (
    SELECT d.id FROM chargers_delivery d
    JOIN chargers_chargerlink l ON l.charger_id = d.charger_id
    LEFT JOIN chargers_gatewaynode n ON n.name = l.node AND n.stopped_at IS NULL AND n.seen_at > now() - interval '15 s'
    WHERE d.due_at IS NULL AND d.lease_until IS NULL AND d.state IN ('waiting', 'unknown', 'verifying')
      AND ((l.disconnected_at IS NULL AND l.boot_accepted AND n.name IS NOT NULL) OR d.state = 'verifying')
    ORDER BY d.id LIMIT %s FOR UPDATE OF d SKIP LOCKED
)
"""


def sweep() -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOST_RINGS, [BOUND])
    take_up()


def unopened_rollouts() -> list[int]:
    """Rollouts whose opening was interrupted or never rung for."""
    long_ago = timezone.now() - timedelta(seconds=2)
    rows = Rollout.objects.filter(state=RolloutState.OPENING, created_at__lt=long_ago).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:BOUND])
