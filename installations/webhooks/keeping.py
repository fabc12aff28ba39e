"""Housekeeping: what is old or has no webhook any more goes, a piece at a time."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from installations.models import Secret
from installations.webhook_models import Webhook

BOUND = 5000

# With their deliveries. What still waits is younger than any day: attempts end within two.
OLD_EVENTS = """
WITH old AS (
    SELECT id FROM installations_webhookevent WHERE created_at < %s ORDER BY created_at LIMIT %s
), told AS (DELETE FROM installations_webhookdelivery d USING old WHERE d.event_id = old.id)
SELECT id FROM old
"""
FORSAKEN = """
DELETE FROM installations_webhookdelivery WHERE id IN (
    SELECT d.id FROM installations_webhookdelivery d LEFT JOIN installations_webhook w ON w.id = d.webhook_id
    WHERE w.id IS NULL LIMIT %s)
"""


def tidy() -> int:
    """How many events went; harmless when doubled."""
    before = timezone.now() - timedelta(days=settings.WEBHOOK_DAYS)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FORSAKEN, [BOUND])
        cursor.execute(OLD_EVENTS, [before, BOUND])
        old = [row[0] for row in cursor.fetchall()]
        cursor.execute("DELETE FROM installations_webhookevent WHERE id = ANY(%s)", [old])
    _forget_old_secrets()
    return len(old)


def _forget_old_secrets() -> None:
    with transaction.atomic():
        over = Q(old_secret__isnull=False) & (Q(old_secret_until__lte=timezone.now()) | Q(old_secret_until=None))
        for webhook in Webhook.objects.select_for_update(no_key=True, of=("self",)).filter(over)[:BOUND]:
            secrets = [pk for pk in (webhook.old_secret_id,) if pk is not None]
            Webhook.objects.filter(pk=webhook.pk).update(old_secret=None, old_secret_until=None)
            Secret.objects.filter(pk__in=secrets).delete()
