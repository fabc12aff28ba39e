"""The work of bringing every charger of an installation to one revision."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chargers.models.charger import Charger
from chargers.rollout.states import OPEN_STATES, DeliveryState, RolloutState
from installations.models import AuthenticationRevision, Installation


class Rollout(models.Model):
    """One revision on its way. Progress is counted from the deliveries, never stored twice."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="rollouts")
    revision = models.OneToOneField(AuthenticationRevision, on_delete=models.CASCADE, related_name="rollout")
    state = models.CharField(max_length=12, default=RolloutState.OPENING)
    policy = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["installation", "-id"]),
            models.Index(fields=["state"], condition=Q(finished_at__isnull=True), name="rollout_unfinished"),
        ]


class Delivery(models.Model):
    """One charger's part of a rollout. Leases and deadlines use the database's clock.

    ``due_at`` None: an event must ring; otherwise the engine looks again at that time.
    ``fencing`` grows with every claim: a result that carries an older number is dropped.
    """

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="deliveries")
    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="deliveries")
    revision = models.ForeignKey(AuthenticationRevision, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, default=DeliveryState.WAITING)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    fencing = models.BigIntegerField(default=0)
    pushed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["charger"], condition=Q(state__in=sorted(OPEN_STATES)), name="one_open_delivery_per_charger"
            ),
            models.UniqueConstraint(fields=["rollout", "charger"], name="one_delivery_per_charger_and_rollout"),
        ]
        indexes = [
            models.Index(fields=["rollout", "state", "reason"]),
            models.Index(
                fields=["due_at"], condition=Q(state__in=sorted(OPEN_STATES), due_at__isnull=False), name="delivery_due"
            ),
        ]


class DeliveryEvent(models.Model):
    """One transition of a delivery; together they are its timeline."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["delivery", "id"])]


class PushRecord(models.Model):
    """What the gateway did for one claim of a delivery, written by the gateway itself so that a kill loses nothing.

    ``begun_at`` is committed before the first call is sent; ``steps`` grows as answers arrive; ``ended_at`` with
    ``result`` closes it. A record without ``ended_at`` whose lease is over is an unknown outcome: read back first.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="pushes")
    fencing = models.BigIntegerField()
    epoch = models.BigIntegerField()
    boot_number = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField(default=timezone.now)
    steps = models.JSONField(default=list)
    result = models.CharField(max_length=20, blank=True)
    outcome = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "fencing"], name="one_push_per_claim")]


class WorkerHeartbeat(models.Model):
    """Proof by work that a worker lives: written by every sweep and batch."""

    name = models.CharField(max_length=100, unique=True)
    seen_at = models.DateTimeField()
