"""What somebody asked a gateway to do, and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chargers.models.charger import Charger
from chargers.request_states import RequestState
from installations.models import Installation, Secret


class GatewayRequest(models.Model):
    """Asked by a person, taken once by a gateway, ended by that gateway or by its deadline.

    ``payload`` and ``result`` are plain values by kind and never hold a secret. A password that goes with it is
    ``secret`` (one that is stored anyway), or ``sealed`` (typed for this request only): encrypted under key
    ``sealed_by``, tied to the row, and gone when the row ends.
    """

    kind = models.CharField(max_length=24)
    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="+")
    charger = models.ForeignKey(Charger, null=True, on_delete=models.CASCADE, related_name="requests")
    payload = models.JSONField(default=dict)
    secret = models.ForeignKey(Secret, null=True, on_delete=models.SET_NULL, related_name="+")
    sealed_by = models.CharField(max_length=40, blank=True)
    sealed = models.BinaryField(null=True)
    node = models.CharField(max_length=100, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_by_label = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    deadline_at = models.DateTimeField()
    state = models.CharField(max_length=7, default=RequestState.WAITING)
    error = models.CharField(max_length=40, blank=True)
    result = models.JSONField(default=dict)
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], ended_at__isnull=True)
                | Q(state__in=["done", "failed"], ended_at__isnull=False, sealed__isnull=True),
                name="request_ends_once_and_forgets",
            )
        ]
        indexes = [
            models.Index(fields=["charger", "-id"], name="request_of_charger"),
            models.Index(fields=["installation", "-id"], name="request_of_installation"),
            models.Index(fields=["deadline_at"], condition=Q(ended_at__isnull=True), name="request_open"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="request_ended"),
        ]
