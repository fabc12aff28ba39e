"""People, the organisations they belong to, API tokens, the audit trail and answers kept for repeated requests."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Users(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an e-mail address (stored lower-case). ``is_staff`` is platform staff."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    language = models.CharField(_("language"), max_length=8, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Users] = Users()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_case_insensitive")]

    def __str__(self) -> str:
        return self.name or self.email


class Organisation(models.Model):
    """``second_factor_required``: its members can do nothing in a browser before they have a second step."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    second_factor_required = models.BooleanField(default=False)
    members = models.ManyToManyField(User, through="Membership", related_name="organisations")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    is_admin = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "user"], name="membership_once")]


class ApiToken(models.Model):
    """A bearer token, stored as SHA-256. Its right is the owner's right now AND its scopes AND its installations."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.BinaryField(max_length=32, unique=True)
    scopes = ArrayField(models.CharField(max_length=40))
    installation_ids = ArrayField(models.BigIntegerField(), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class SavedFilter(models.Model):
    """How a person wants to see a list again: the query of its address, under a name of the person's own."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_filters")
    page = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="saved_filter_once")]


class BrowserSession(models.Model):
    """Where a person is signed in. Without its row in Django's table of sessions it is over, whatever stands here."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="browser_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    signed_in_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    remote_address = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=200, blank=True)


class AuthenticatorApp(models.Model):
    """Makes the codes of the second step; its secret is encrypted. ``confirmed_at`` None: no code was typed yet."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="authenticator_app")
    key_id = models.CharField(max_length=40)
    ciphertext = models.BinaryField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_counter = models.BigIntegerField(default=0)


class Passkey(models.Model):
    """A key pair that a device or a key ring of the person keeps; ours is the public half."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(_("name"), max_length=60)
    credential_id = models.BinaryField(max_length=1023, unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]


class RecoveryCode(models.Model):
    """Stands in for app and passkeys once, stored as SHA-256."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")]


class Invitation(models.Model):
    """A code with which somebody sets their own password, stored as SHA-256. Used up, it is gone."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    digest = models.BinaryField(max_length=32, unique=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField()


class AuditEntry(models.Model):
    """Who did what to which object, append-only: a trigger refuses UPDATE and DELETE (see accounts/audit_chain.py).

    ``before`` and ``after`` never hold secrets. ``actor`` stays when the person is gone, and then points nowhere.
    ``position`` and ``digest`` are the entry's place in the chain; None: not sealed yet.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    actor_label = models.CharField(max_length=200)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    object_label = models.CharField(max_length=200, default="", blank=True)
    installation_id = models.BigIntegerField(null=True, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    remote_address = models.CharField(max_length=64, blank=True)
    position = models.BigIntegerField(null=True, unique=True, editable=False)
    digest = models.BinaryField(null=True, max_length=32, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["installation_id", "-id"], name="audit_by_installation"),
            models.Index(fields=["id"], condition=models.Q(position__isnull=True), name="audit_unsealed"),
        ]


class IdempotentRequest(models.Model):
    """The answer to a POST with an Idempotency-Key, kept for 24 h. ``status`` None: still being worked on."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotent_request_once")]


class RateWindow(models.Model):
    """How often somebody came in the current window. The table is unlogged: a crash only forgets the counts."""

    subject = models.CharField(max_length=100, primary_key=True)
    started_at = models.DateTimeField()
    count = models.PositiveIntegerField()
