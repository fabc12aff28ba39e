"""The cards a charger holds itself, so that it can let cars charge while we are away."""

from django.db import models

from chargers.models.charger import Charger


class ListState(models.TextChoices):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    NOT_SUPPORTED = "not_supported"


class LocalList(models.Model):
    """What one charger was sent of its site's cards and has accepted, message by message.

    ``entries``: id tag to (status, expiry, group); ``digest`` of it tells whether the site's cards have changed since.
    ``left_out``: how many cards the charger has no place for. ``state`` empty: it holds another's list, or none.
    WAITING: somebody wants it sent anew, as if nothing were known of it.
    """

    charger = models.OneToOneField(Charger, primary_key=True, on_delete=models.CASCADE, related_name="local_list")
    state = models.CharField(max_length=13, choices=ListState.choices, blank=True)
    version = models.IntegerField(default=0)
    entries = models.JSONField(default=dict)
    digest = models.BinaryField(max_length=32)
    cards = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    firmware = models.CharField(max_length=50, blank=True)
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
