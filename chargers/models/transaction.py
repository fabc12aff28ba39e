"""Charging sessions and their meter values, each stored once whatever a charger repeats."""

from django.db import models
from django.db.models import Q

from chargers.models.charger import Charger


class Transaction(models.Model):
    """One charging session. The primary key is OCPP's transactionId (positive 32-bit, ours).

    ``started_at`` and ``stopped_at`` are the charger's clock, ``start_received_at`` and ``stop_received_at`` ours.
    An orphan was stopped without a start known to us; ``foreign_id`` is the id the charger used then (-1 counts).
    """

    id = models.AutoField(primary_key=True)
    charger = models.ForeignKey(Charger, on_delete=models.PROTECT, related_name="transactions")
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

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["charger", "connector", "id_tag", "started_at", "meter_start"],
                condition=Q(orphan=False),
                name="transaction_start_once",
            ),
            models.UniqueConstraint(
                fields=["charger", "foreign_id", "stopped_at", "meter_stop"],
                condition=Q(orphan=True),
                name="transaction_orphan_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["charger"],
                condition=Q(stop_received_at__isnull=True, orphan=False),
                name="transaction_open",
            )
        ]


class MeterValue(models.Model):
    """One MeterValue element: sampled values as sent, de-duplicated by content (``digest`` is SHA-256)."""

    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="meter_values")
    connector = models.PositiveSmallIntegerField()
    transaction = models.ForeignKey(Transaction, null=True, on_delete=models.CASCADE, related_name="meter_values")
    sampled_at = models.DateTimeField()
    received_at = models.DateTimeField()
    sampled_values = models.JSONField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "digest"], name="meter_value_once")]
        indexes = [models.Index(fields=["transaction", "sampled_at"])]
