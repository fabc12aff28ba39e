"""Files that chargers upload for their makers, in the database: they outlive restarts, and every web node has them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from chargers.models.charger import Charger
from chargers.models.request import GatewayRequest


class DiagnosticsUpload(models.Model):
    """Where one GetDiagnostics may put its file, and what came. Only the digest of the address' token is kept.

    ``status``: the charger's newest word about it. Every upload is an ``attempt`` of its own; the file is what
    ``kept_attempt`` brought, complete when ``received_at`` is set. ``ended_at``: nothing more is taken.
    """

    request = models.OneToOneField(GatewayRequest, on_delete=models.CASCADE, related_name="diagnostics")
    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=32, unique=True)
    opened_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=30, blank=True)
    status_at = models.DateTimeField(null=True)
    attempt = models.PositiveIntegerField(default=0)
    kept_attempt = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(null=True)
    received_at = models.DateTimeField(null=True)
    remote_address = models.CharField(max_length=64, blank=True)
    ended_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["charger"], name="diagnostics_of_charger"),
            models.Index(
                fields=["expires_at"],
                condition=Q(removed_at__isnull=True, attempt__gt=0),
                name="diagnostics_with_parts",
            ),
        ]


class DiagnosticsPart(models.Model):
    """A piece of what one attempt brought; PostgreSQL likes rows of a moderate size better than a single one."""

    upload = models.ForeignKey(DiagnosticsUpload, on_delete=models.CASCADE, related_name="parts", db_index=False)
    attempt = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "attempt", "number"], name="diagnostics_part_once"),
        ]
