"""Changes of the passwords chargers show to the gateway, and logins that were refused. No password is kept here."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from chargers.models.charger import Charger


class PasswordChangeState(models.TextChoices):
    """WAITING: until the charger is online, idle and held by nobody. SENT: kept as candidate, the call is out.

    ACCEPTED: the charger said so; PROVEN: it has signed in with it. REFUSED: it keeps the one it has. UNKNOWN: no
    answer came. HANDED_OUT: told to a person, to be entered by hand.
    """

    WAITING = "waiting"
    SENT = "sent"
    ACCEPTED = "accepted"
    PROVEN = "proven"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    HANDED_OUT = "handed_out"
    CANCELLED = "cancelled"


class LinkPasswordChange(models.Model):
    """One change of a charger's link password. ``answer``: the charger's word, or how the call ended."""

    charger = models.ForeignKey(Charger, on_delete=models.CASCADE, related_name="password_changes")
    state = models.CharField(max_length=10, choices=PasswordChangeState.choices)
    answer = models.CharField(max_length=40, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    proven_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["charger"],
                condition=Q(state__in=["waiting", "sent"]),
                name="one_open_password_change",
            )
        ]
        indexes = [
            models.Index(fields=["charger", "-id"], name="password_change_newest"),
            models.Index(fields=["state"], condition=Q(state__in=["waiting", "sent"]), name="password_change_open"),
        ]


class RefusedLogin(models.Model):
    """Logins under a charger's identity with a wrong password since its last good one."""

    charger = models.OneToOneField(Charger, primary_key=True, on_delete=models.CASCADE, related_name="refused_login")
    count = models.PositiveIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
