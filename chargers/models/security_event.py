"""What chargers report of attacks and faults of their own security."""

from django.db import models

from chargers.models.charger import Charger


class SecurityEvent(models.Model):
    """One SecurityEventNotification of the security whitepaper. ``at`` is our clock, ``reported_at`` the charger's.

    A charger's repetition of an event (same kind, same time of its own) is the same row. Only the newest of each
    charger are kept.
    """

    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="security_events")
    kind = models.CharField(max_length=50)
    info = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField()
    reported_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["charger", "kind", "reported_at"], name="security_event_once"),
        ]
        indexes = [models.Index(fields=["charger", "-id"], name="security_event_newest")]
