"""OCPP cloud: the connections to backends that this portal holds for its chargers, and what waits to go up."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chargers.models.charger import Charger
from chargers.models.transaction import Transaction
from installations.models import AuthenticationRevision, Installation, Secret


class UpstreamState(models.TextChoices):
    CONNECTING = "connecting", _("connecting")
    PENDING = "pending", _("not accepted yet")
    CONNECTED = "connected", _("connected")
    WAITING = "waiting", _("tries again")
    CLOSED = "closed", _("closed")


class UpstreamLink(models.Model):
    """Which backend a charger's messages go to, and the newest facts about the connection there.

    The route is ``url``, ``user`` and ``initial`` (the password of the setting), as ``revision`` has it; an empty
    ``url``: to none, they stay here. The gateway changes it only while the charger is idle, and leaves ``left_count``
    messages behind that could not be delivered. ``holder`` (node and incarnation) may serve it until ``lease_until``.
    ``secret`` and ``candidate`` are passwords that the backend at ``key_url`` gave the charge point: the candidate is
    valid beside the one before until it has logged in.
    """

    charger = models.OneToOneField(Charger, primary_key=True, on_delete=models.CASCADE, related_name="upstream")
    url = models.CharField(max_length=512, blank=True)
    user = models.CharField(max_length=48, blank=True)
    initial = models.ForeignKey(Secret, null=True, on_delete=models.PROTECT, related_name="+")
    revision = models.ForeignKey(AuthenticationRevision, null=True, on_delete=models.SET_NULL, related_name="+")
    left_count = models.PositiveIntegerField(default=0)
    left_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=UpstreamState.choices, default=UpstreamState.CLOSED)
    since = models.DateTimeField(null=True)
    fault = models.CharField(max_length=24, blank=True)
    http_status = models.PositiveSmallIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    holder = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    secret = models.ForeignKey(Secret, null=True, on_delete=models.PROTECT, related_name="+")
    candidate = models.ForeignKey(Secret, null=True, on_delete=models.PROTECT, related_name="+")
    key_url = models.CharField(max_length=512, blank=True)

    class Meta:
        indexes = [models.Index(fields=["holder"])]


class UpstreamKey(models.Model):
    """Passwords that a backend gave a charge point which is now at another one: without them it could not come back."""

    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="+")
    url = models.CharField(max_length=512)
    secret = models.ForeignKey(Secret, null=True, on_delete=models.PROTECT, related_name="+")
    candidate = models.ForeignKey(Secret, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["charger", "url"], name="upstream_key_once")]


class UpstreamMessage(models.Model):
    """A charger's message on its way to the backend at ``url``, once whatever the charger repeats (``digest``).

    ``outcome``: delivered, refused (the backend answered with an error each time), thinned, or left (the charger went
    to another backend first). Ended meter values are dropped some days later (the sweep); the start and the stop stay
    as long as their session, for a charger may repeat them whenever it likes.
    """

    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="upstream_messages", db_index=False)
    url = models.CharField(max_length=512)
    action = models.CharField(max_length=30)
    payload = models.JSONField()
    transaction = models.ForeignKey(Transaction, null=True, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32)
    queued_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=9, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["charger", "digest"], name="upstream_message_once")]
        indexes = [
            models.Index(fields=["charger", "id"], condition=Q(ended_at__isnull=True), name="upstream_waiting"),
            models.Index(fields=["transaction"], condition=Q(action="StartTransaction"), name="upstream_start"),
            models.Index(
                fields=["queued_at"],
                condition=Q(action="MeterValues", ended_at__isnull=False),
                name="upstream_metered",
            ),
        ]


class UpstreamTransaction(models.Model):
    """The backend's id of a session of ours, and what it said of the card. ``backend_id`` None: it never gave one."""

    transaction = models.OneToOneField(Transaction, primary_key=True, on_delete=models.CASCADE, related_name="upstream")
    url = models.CharField(max_length=512)
    backend_id = models.BigIntegerField(null=True)
    status = models.CharField(max_length=20)


class BackendTag(models.Model):
    """What an installation's backend last said of a card: asked again while the backend is away."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="backend_tags")
    id_tag = models.CharField(max_length=255)
    status = models.CharField(max_length=20)
    expires_at = models.DateTimeField(null=True)
    parent_id_tag = models.CharField(max_length=20, blank=True)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["installation", "id_tag"], name="backend_tag_once")]
