"""The work of bringing every charger of an installation to one revision."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chargers.models.charger import Charger
from chargers.rollout.states import OPEN_STATES, DeliveryState, RolloutState
from installations.models import AuthenticationRevision, Installation


class Rollout(models.Model):
    """One revision on its way. Progress is counted from the deliveries, never stored twice.

    ``policy`` is a plain ``chargers.rollout.policy.Policy``. ``wave`` counts the waves that have landed.
    ``released_at``: when a rollout that goes together was let go. Failures before ``watched_from`` are forgiven.
    """

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="rollouts")
    revision = models.OneToOneField(AuthenticationRevision, on_delete=models.CASCADE, related_name="rollout")
    state = models.CharField(max_length=12, default=RolloutState.OPENING)
    policy = models.JSONField(default=dict)
    wave = models.PositiveSmallIntegerField(default=0)
    released_at = models.DateTimeField(null=True)
    watched_from = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    pause_cause = models.CharField(max_length=10, blank=True)
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

    @property
    def shown_state(self) -> RolloutState:
        """Paused is a fact beside the state: a paused rollout can still end, or be cancelled."""
        state = RolloutState(self.state)
        ended = state in {RolloutState.FINISHED, RolloutState.CANCELLED}
        return RolloutState.PAUSED if self.paused_at is not None and not ended else state


class Delivery(models.Model):
    """One charger's part of a rollout. Leases and deadlines use the database's clock.

    ``due_at`` None: an event must ring; otherwise the engine looks again at that time. One that is applied or handed
    over is due again when its charger comes back, to see whether it still holds the setting.
    ``fencing`` grows with every claim: a result that carries an older number is dropped. ``wave``: the wave whose
    place it holds; None: none yet.
    """

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="deliveries")
    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="deliveries")
    revision = models.ForeignKey(AuthenticationRevision, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, default=DeliveryState.WAITING)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    wave = models.PositiveSmallIntegerField(null=True)
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
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="delivery_due"),
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


class PaceBucket(models.Model):
    """A token bucket: ``all`` for the portal, or one installation's id. ``free_at``: when its next token is there."""

    name = models.CharField(max_length=20, primary_key=True)
    free_at = models.DateTimeField()


class WorkerHeartbeat(models.Model):
    """Proof by work that a worker lives: written by every sweep and batch."""

    name = models.CharField(max_length=100, unique=True)
    seen_at = models.DateTimeField()
