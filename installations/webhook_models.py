"""Webhooks, what happened, and the telling of each event to each webhook: the outbox."""

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from installations.webhooks.address import LONGEST_URL, shown_url


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class OffCause(models.TextChoices):
    """Why the portal itself switched a webhook off; empty: it did not."""

    GONE = "gone", _("The receiver answered that it wants no more events (410).")
    FAILING = "failing", _("It has taken no event for five days.")


class Webhook(models.Model):
    """Where events of one installation go, or of every installation that an organisation owns (``SiteOrganisation``).

    ``failing_since``: the first failed attempt after the last event that arrived. ``old_secret`` signs beside
    ``secret`` until ``old_secret_until``. ``version`` counts what people changed.
    """

    installation = models.ForeignKey(
        "installations.Installation", null=True, blank=True, on_delete=models.CASCADE, related_name="webhooks"
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", null=True, blank=True, on_delete=models.CASCADE, related_name="webhooks"
    )
    url = models.CharField(_("URL"), max_length=LONGEST_URL)
    description = models.CharField(_("description"), max_length=100, blank=True)
    kinds = ArrayField(models.CharField(max_length=40))
    enabled = models.BooleanField(default=True)
    off_cause = models.CharField(max_length=10, choices=OffCause.choices, blank=True)
    off_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    secret = models.ForeignKey("installations.Secret", on_delete=models.PROTECT, related_name="+")
    old_secret = models.ForeignKey("installations.Secret", null=True, on_delete=models.PROTECT, related_name="+")
    old_secret_until = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(installation__isnull=True) ^ Q(organisation__isnull=True), name="webhook_has_one_owner"
            )
        ]
        indexes = [models.Index(fields=["id"], condition=Q(enabled=True), name="webhook_enabled")]

    def __str__(self) -> str:
        return self.description or shown_url(self.url)

    @property
    def shown_url(self) -> str:
        return shown_url(self.url)

    @property
    def old_secret_signs_until(self) -> datetime | None:
        """None: events are signed with the one secret only."""
        until = self.old_secret_until
        return until if until is not None and until > timezone.now() else None


class WebhookEvent(models.Model):
    """Something that happened, kept in the transaction in which it did; only where a webhook wants it.

    ``facts``: ids and states, never a secret. ``installation_id`` None: a test of an organisation's webhook.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    installation_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)


class WebhookDelivery(models.Model):
    """One event on its way to one webhook. Leases use the database's clock; ``fencing`` grows with every claim.

    ``due_at`` None: it has ended. ``attempts`` counts those since it was last asked for. ``log``: every attempt, as
    ``{at, status, fault, milliseconds}``. What writes events must never wait for somebody who changes a webhook, so
    the database does not hold ``webhook`` to be there: rows without one are removed with the old ones.
    """

    # The indexes below begin with them.
    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="deliveries", db_constraint=False, db_index=False
    )
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    fencing = models.BigIntegerField(default=0)
    status_code = models.PositiveSmallIntegerField(null=True)
    fault = models.CharField(max_length=20, blank=True)
    attempted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    log = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["event", "webhook"], name="webhook_told_once")]
        indexes = [
            models.Index(fields=["webhook", "-id"], name="webhook_newest"),
            models.Index(fields=["webhook", "due_at"], condition=Q(state="waiting"), name="webhook_due"),
        ]
