"""What a backend allows a charger to take (OCPP cloud), and what of ours the charger may hold because of it."""

from django.db import models
from django.db.models import Q

from chargers.models.charger import Charger
from chargers.models.transaction import Transaction


class BackendProfile(models.Model):
    """A charging profile set by the backend at ``url``: ``profile`` as it was sent, ``number`` its own id.

    Never handed to the charger. ``transaction``: the session a TxProfile is for. ``closed_at``: replaced, cleared, or
    left behind by a move to another backend or another mode.
    """

    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="backend_profiles")
    url = models.CharField(max_length=512)
    connector = models.PositiveIntegerField()
    number = models.IntegerField()
    profile = models.JSONField()
    transaction = models.ForeignKey(Transaction, null=True, on_delete=models.CASCADE, related_name="+")
    set_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["charger", "number"], condition=Q(closed_at__isnull=True), name="backend_profile_once"
            )
        ]


class ChargingLimit(models.Model):
    """``profile_ids``: our own profiles that the charger may hold, kept before they are sent.

    ``takes_profiles`` None: not known yet; it was learnt with ``firmware``.
    """

    charger = models.OneToOneField(Charger, primary_key=True, on_delete=models.CASCADE, related_name="charging_limit")
    profile_ids = models.JSONField(default=list)
    takes_profiles = models.BooleanField(null=True)
    firmware = models.CharField(max_length=50, blank=True)
