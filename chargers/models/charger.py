"""The charger as registered, and the facts its connection told us (in rows of their own, never versioned)."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from installations.models import AuthenticationRevision, Circuit, Installation, Secret


class PhaseRotation(models.TextChoices):
    """Which line of the site the charger's L1, L2, L3 hang on (R, S, T); one letter: a single-phase charger."""

    UNKNOWN = "", _("not known")
    RST = "RST", "RST"
    RTS = "RTS", "RTS"
    SRT = "SRT", "SRT"
    STR = "STR", "STR"
    TRS = "TRS", "TRS"
    TSR = "TSR", "TSR"
    R = "R", _("single-phase on L1 (R)")
    S = "S", _("single-phase on L2 (S)")
    T = "T", _("single-phase on L3 (T)")


class Charger(models.Model):
    """One charge point, known by its device id (stored upper-case; ``[A-Z0-9*_=+|@.-]``, 1..48 characters)."""

    device_id = models.CharField(_("device id"), max_length=48, unique=True)
    name = models.CharField(_("name"), max_length=100, blank=True)
    installation = models.ForeignKey(Installation, on_delete=models.PROTECT, related_name="chargers")
    circuit = models.ForeignKey(Circuit, null=True, blank=True, on_delete=models.PROTECT, related_name="chargers")
    server_url = models.CharField(_("charger-level server URL"), max_length=512, blank=True)
    # What a connector takes when nobody limits it, in A per phase.
    max_current = models.DecimalField(_("largest current (A)"), max_digits=4, decimal_places=1, default=Decimal(32))
    phase_rotation = models.CharField(
        _("phase rotation"), max_length=3, choices=PhaseRotation.choices, default=PhaseRotation.UNKNOWN, blank=True
    )
    charging_priority = models.PositiveSmallIntegerField(_("priority"), default=0)
    never_pause = models.BooleanField(_("never pause"), default=False)
    vendor = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=50, blank=True)
    firmware = models.CharField(max_length=50, blank=True)
    serial_number = models.CharField(max_length=50, blank=True)
    # HMAC-SHA-256 digests of the link password; the candidate is stored before a new one is sent.
    key_digest = models.BinaryField(max_length=32, null=True)
    candidate_key_digest = models.BinaryField(max_length=32, null=True)
    applied_revision = models.ForeignKey(
        AuthenticationRevision, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    applied_at = models.DateTimeField(null=True, editable=False)
    # The backend password this charger was last given in direct mode; None: none since it left direct mode.
    delivered_secret = models.ForeignKey(Secret, null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    # The value of its URL key that we last sent to a charger which leaves when it uses it.
    told_url = models.CharField(max_length=512, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Moves with every change the gateway's credential directory must hear of.
    directory_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    class Meta:
        ordering = ["device_id"]
        constraints = [
            models.CheckConstraint(condition=Q(device_id__regex=r"^[A-Z0-9*_=+|@.-]{1,48}$"), name="device_id_form"),
            models.CheckConstraint(condition=Q(max_current__gte=6, max_current__lte=80), name="max_current_of_iec"),
            models.CheckConstraint(condition=Q(charging_priority__lte=9), name="charging_priority_to_9"),
        ]
        indexes = [models.Index(fields=["installation", "device_id"])]

    def __str__(self) -> str:
        return self.name or self.device_id


class GatewayNode(models.Model):
    """One gateway process; links of a node whose ``seen_at`` is old are not online, whatever they say."""

    name = models.CharField(max_length=100, unique=True)
    incarnation = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)


class ChargerLink(models.Model):
    """The newest facts about a charger's connection. ``connected_at`` without ``disconnected_at``: connected.

    ``boot_number`` counts accepted BootNotifications; a mere reconnect does not boot again (J 5.4).
    ``authenticated_with`` is ``current`` or ``candidate``: which link password the charger showed.
    """

    charger = models.OneToOneField(Charger, primary_key=True, on_delete=models.CASCADE, related_name="link")
    node = models.CharField(max_length=100, blank=True)
    epoch = models.BigIntegerField(default=0)
    connected_at = models.DateTimeField(null=True)
    disconnected_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    authenticated_with = models.CharField(max_length=9, blank=True)
    remote_address = models.CharField(max_length=64, blank=True)
    boot_accepted = models.BooleanField(default=False)
    boot_number = models.PositiveIntegerField(default=0)
    booted_at = models.DateTimeField(null=True)
    connector_count = models.PositiveSmallIntegerField(default=0)
    firmware_status = models.CharField(max_length=30, blank=True)
    diagnostics_status = models.CharField(max_length=30, blank=True)
    clock_offset_seconds = models.FloatField(null=True)
    # Reservations of whichever connector is free: number to their end, as Unix time.
    reservations = models.JSONField(null=True)
    # The push fence: set before ChangeAvailability Inoperative is sent, cleared when Operative was accepted. What it
    # closed, 0: the whole charger.
    fence_closed_at = models.DateTimeField(null=True)
    fence_connectors = ArrayField(models.SmallIntegerField(), null=True)
    alarm = models.CharField(max_length=40, blank=True)
    alarm_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["node"]),
            models.Index(fields=["fence_closed_at"], condition=Q(fence_closed_at__isnull=False), name="fence_closed"),
        ]


class Connector(models.Model):
    """The newest status of one connector (0 is the charge point itself). ``boot_number``: the boot it belongs to."""

    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="connectors")
    number = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=20)
    error_code = models.CharField(max_length=40, blank=True)
    info = models.CharField(max_length=100, blank=True)
    status_at = models.DateTimeField()
    reported_at = models.DateTimeField(null=True)
    boot_number = models.PositiveIntegerField(default=0)
    # When somebody ordered it out of service; None: nobody did, or it is back since.
    ordered_out_at = models.DateTimeField(null=True)
    # When the car that waits here was started from the portal; None: it was not, or no car waits.
    remote_start_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["charger", "number"], name="connector_once")]


class ReportedSetting(models.Model):
    """What the charger itself said about one configuration key, and when. Secret keys are never stored here."""

    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="reported_settings")
    key = models.CharField(max_length=100)
    value = models.CharField(max_length=1000, null=True)
    read_only = models.BooleanField(default=False)
    reported_at = models.DateTimeField()

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint(fields=["charger", "key"], name="reported_setting_once")]
