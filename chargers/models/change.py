"""One setting for many installations: judged for each, then saved for each, followed as one thing."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language

from accounts.models import ApiToken
from chargers.models.rollout import Rollout
from installations.models import Installation, Secret


class ChangeState(StrEnum):
    """JUDGING: each installation is previewed. READY: somebody may apply it. APPLYING: it is being saved."""

    JUDGING = "judging"
    READY = "ready"
    APPLYING = "applying"
    FINISHED = "finished"


class ItemState(StrEnum):
    """PENDING: not judged yet. SAME: has this setting. REFUSED: see its reasons. SAVED: has a rollout of its own."""

    PENDING = "pending"
    READY = "ready"
    SAME = "same"
    REFUSED = "refused"
    SAVED = "saved"


class AuthenticationChange(models.Model):
    """What was asked for, by whom. ``password``: keep, clear or new, which is in ``secret`` until the change ends.

    The token narrows the person's rights to the end, as if each installation were saved by it alone.
    """

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    token = models.ForeignKey(ApiToken, null=True, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=8)
    mode = models.CharField(max_length=16)
    server_url = models.CharField(max_length=2000, blank=True)
    default_id_tag = models.CharField(max_length=100, blank=True)
    authorization_required = models.BooleanField()
    legacy_identity = models.BooleanField()
    password = models.CharField(max_length=5, default="keep")
    secret = models.ForeignKey(Secret, null=True, on_delete=models.PROTECT, related_name="+")
    policy = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True)
    acknowledged = ArrayField(models.CharField(max_length=60), default=list)
    state = models.CharField(max_length=10, default=ChangeState.JUDGING)
    created_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["state"], condition=Q(state__in=["judging", "applying"]), name="authentication_change_open"
            )
        ]


class ChangeItem(models.Model):
    """One installation's part. ``number``: the revision it was judged against, 0 before.

    ``findings``: [{level, code, pointer, detail: {language: text}, charger}]. ``counts``: of chargers.
    """

    change = models.ForeignKey(AuthenticationChange, on_delete=models.CASCADE, related_name="items")
    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, default=ItemState.PENDING)
    number = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    warnings = ArrayField(models.CharField(max_length=60), default=list)
    findings = models.JSONField(default=list)
    rollout = models.ForeignKey(Rollout, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "installation"], name="change_item_once")]
        indexes = [models.Index(fields=["change", "state", "id"])]

    @property
    def told(self) -> list[dict[str, Any]]:
        """The findings with their detail as one text, in the reader's language."""
        return [{**finding, "detail": in_my_language(finding["detail"])} for finding in self.findings]


def in_my_language(texts: Mapping[str, str] | str) -> str:
    """Of one text in several languages; one that was written down in a single language is all there is."""
    if isinstance(texts, str):
        return texts
    return texts.get(get_language() or "en") or texts["en"]
