"""The message log: what a charger, or its backend, and the portal said to each other."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargers.models.charger import Charger


class Direction(models.TextChoices):
    FROM_CHARGER = "from_charger", _("from the charger")
    TO_CHARGER = "to_charger", _("to the charger")
    FROM_BACKEND = "from_backend", _("from the backend")
    TO_BACKEND = "to_backend", _("to the backend")


class MessageOutcome(models.TextChoices):
    ANSWERED = "answered", _("answered")
    ERROR = "error", _("answered with an error")
    UNANSWERED = "unanswered", _("no answer")
    STRAY = "stray", _("answer to nothing")
    MALFORMED = "malformed", _("not readable")
    NOT_KEPT = "not_kept", _("not kept")


class Message(models.Model):
    """One call and its answer, without secrets; ``direction`` is the call's. ``latency_seconds`` None: no answer.

    ``payload`` and ``answer`` are JSON as it went over the wire, of an unreadable frame its text. ``not_kept``: so many
    (``missing``) messages are not here because the database was slow. The table is partitioned by day
    (``chargers.message_partitions``) and only ever written by COPY; rows leave with their day, or with their charger.
    """

    pk = models.CompositePrimaryKey("at", "id")
    id = models.BigIntegerField()
    at = models.DateTimeField()
    charger = models.ForeignKey(
        Charger, on_delete=models.CASCADE, related_name="messages", db_constraint=False, db_index=False
    )
    direction = models.CharField(max_length=12, choices=Direction.choices)
    action = models.CharField(max_length=64, blank=True)
    message_id = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=10, choices=MessageOutcome.choices)
    status = models.CharField(max_length=40, blank=True)
    latency_seconds = models.FloatField(null=True)
    payload = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    missing = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["charger", "at", "id"], name="message_of_charger")]
