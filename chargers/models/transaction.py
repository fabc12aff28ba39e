"""Charging sessions and their meter values, each stored once whatever a charger repeats."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL

from chargers.models.charger import Charger
from installations.models import Installation

# The charger's own time of the begin, unless it lies after we heard of it or long before: then ours.
BEGAN_AT = """
CASE WHEN NOT orphan AND start_received_at - started_at BETWEEN '-5 minutes'::interval AND '30 days'::interval
     THEN started_at
     WHEN orphan AND stop_received_at - stopped_at BETWEEN '-5 minutes'::interval AND '30 days'::interval
     THEN stopped_at
     ELSE coalesce(start_received_at, stop_received_at, '1970-01-01 00:00:00+00'::timestamptz) END
"""

# The rule of chargers.sessions.energy.metered, in SQL: lists sum it up.
ENERGY_WH = """
CASE WHEN meter_stop >= meter_start AND meter_stop - meter_start <= 2000000
      AND (stopped_at - started_at IS NULL OR stopped_at <= started_at
           OR meter_stop - meter_start <= 20000 + 278 * extract(epoch FROM stopped_at - started_at))
     THEN meter_stop - meter_start END
"""


class ComputedField(models.GeneratedField):
    """A stored generated column. Its check is left out: it would ask a database, and building needs none."""

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return []

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.GeneratedField", args, options


class Transaction(models.Model):
    """One charging session. The primary key is OCPP's transactionId (positive 32-bit, ours).

    ``installation`` is where the charger stood: it keeps its sessions when the charger moves. ``started_at`` and
    ``stopped_at`` are the charger's clock, ``start_received_at`` and ``stop_received_at`` ours; ``began_at`` is what
    lists go by. ``energy_wh`` None: still running, or the meter's two readings cannot be true.
    An orphan was stopped without a start known to us; ``foreign_id`` is the id the charger used then (-1 counts).
    """

    id = models.AutoField(primary_key=True)
    charger = models.ForeignKey(Charger, on_delete=models.PROTECT, related_name="transactions")
    installation = models.ForeignKey(Installation, on_delete=models.PROTECT, related_name="sessions")
    connector = models.PositiveSmallIntegerField()
    id_tag = models.CharField(max_length=255)
    id_tag_status = models.CharField(max_length=20, default="Accepted")
    reservation_id = models.IntegerField(null=True)
    meter_start = models.BigIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    start_received_at = models.DateTimeField(null=True)
    meter_stop = models.BigIntegerField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stop_received_at = models.DateTimeField(null=True)
    stop_reason = models.CharField(max_length=20, blank=True)
    stop_id_tag = models.CharField(max_length=255, blank=True)
    foreign_id = models.IntegerField(null=True)
    orphan = models.BooleanField(default=False)
    flags = models.JSONField(default=list)
    began_at = ComputedField(
        expression=RawSQL(BEGAN_AT, ()),  # noqa: S611  a constant
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    energy_wh = ComputedField(
        expression=RawSQL(ENERGY_WH, ()),  # noqa: S611  a constant
        output_field=models.BigIntegerField(null=True),
        db_persist=True,
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            # A start that tells no time is known by the rest, and only for as long as it runs.
            models.UniqueConstraint(
                fields=["charger", "connector", "id_tag", "started_at", "meter_start"],
                condition=Q(orphan=False, started_at__isnull=False),
                nulls_distinct=False,
                name="transaction_start_once",
            ),
            models.UniqueConstraint(
                fields=["charger", "connector", "id_tag", "meter_start"],
                condition=Q(orphan=False, started_at__isnull=True, stop_received_at__isnull=True),
                nulls_distinct=False,
                name="transaction_undated_once",
            ),
            models.UniqueConstraint(
                fields=["charger", "foreign_id", "stopped_at", "meter_stop"],
                condition=Q(orphan=True),
                nulls_distinct=False,
                name="transaction_orphan_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["charger"],
                condition=Q(stop_received_at__isnull=True, orphan=False),
                name="transaction_open",
            ),
            models.Index(
                fields=["installation"],
                condition=Q(stop_received_at__isnull=True, orphan=False),
                name="transaction_open_at_site",
            ),
            models.Index(fields=["installation", "-began_at", "-id"], name="transaction_of_site"),
            models.Index(fields=["charger", "-began_at", "-id"], name="transaction_of_charger"),
            models.Index(fields=["-began_at", "-id"], name="transaction_newest"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.installation_id:
            self.installation_id = self.charger.installation_id
        super().save(*args, **kwargs)


class MeterValue(models.Model):
    """One MeterValue element: sampled values as sent, de-duplicated by content (``digest`` is SHA-256)."""

    # No index but those below, which begin with them: this table is written more than all others.
    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="meter_values", db_index=False)
    connector = models.PositiveSmallIntegerField()
    transaction = models.ForeignKey(
        Transaction, null=True, on_delete=models.CASCADE, related_name="meter_values", db_index=False
    )
    sampled_at = models.DateTimeField()
    received_at = models.DateTimeField()
    sampled_values = models.JSONField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "digest"], name="meter_value_once")]
        indexes = [models.Index(fields=["transaction", "sampled_at"])]
