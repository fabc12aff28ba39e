"""What was agreed for a site: the installation, its circuits, who may do what, and its authentication revisions."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from installations.id_tag import FORM as CARD_FORM


class NetworkType(models.TextChoices):
    TN = "TN", _("TN")
    IT = "IT", _("IT")


class Role(models.TextChoices):
    """Owner and service are not a ladder: both set the mode, only service edits technical data, only owner grants."""

    OWNER = "owner", _("Owner")
    SERVICE = "service", _("Service")
    VIEWER = "viewer", _("Viewer")


class Mode(models.TextChoices):
    NATIVE = "native", _("Native")
    OCPP_DIRECT = "ocpp_direct", _("OCPP direct")
    OCPP_CLOUD = "ocpp_cloud", _("OCPP cloud")


class DriftPolicy(models.TextChoices):
    CORRECT = "correct", _("Correct it")
    REPORT = "report", _("Only report it")


class OfflineAuthorization(models.TextChoices):
    """Who may charge while the backend of an OCPP cloud installation is away."""

    REJECT = "reject", _("Nobody")
    KNOWN = "known", _("Cards the backend accepted before")
    ACCEPT = "accept", _("Everybody")


class Installation(models.Model):
    """A site. ``revision`` is the authentication setting in force; ``version`` counts edits of the other fields."""

    name = models.CharField(_("name"), max_length=200)
    address = models.CharField(_("address"), max_length=400, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    network_type = models.CharField(
        _("network type"), max_length=2, choices=NetworkType.choices, default=NetworkType.TN
    )
    main_fuse_current = models.DecimalField(
        _("main fuse (A per phase)"), max_digits=7, decimal_places=1, null=True, blank=True
    )
    load_balancing = models.BooleanField(_("load balancing by the portal"), default=True)
    reserved_current = models.DecimalField(
        _("kept free for the building (A per phase)"), max_digits=7, decimal_places=1, default=Decimal(0)
    )
    unbalance_limit = models.DecimalField(
        _("unbalance limit (A)"), max_digits=7, decimal_places=1, null=True, blank=True
    )
    drift_policy = models.CharField(
        _("when a charger lost its setting"), max_length=7, choices=DriftPolicy.choices, default=DriftPolicy.CORRECT
    )
    offline_authorization = models.CharField(
        _("who may charge while the backend is away"),
        max_length=6,
        choices=OfflineAuthorization.choices,
        default=OfflineAuthorization.KNOWN,
    )
    backend_maintenance = models.BooleanField(_("the backend may update firmware and fetch diagnostics"), default=False)
    revision = models.ForeignKey(
        "AuthenticationRevision", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(main_fuse_current__isnull=True) | Q(main_fuse_current__gt=0), name="main_fuse_positive"
            ),
            models.CheckConstraint(condition=Q(reserved_current__gte=0), name="reserved_current_not_negative"),
            models.CheckConstraint(
                condition=Q(unbalance_limit__isnull=True) | Q(unbalance_limit__gt=0), name="unbalance_limit_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Circuit(models.Model):
    """A fuse with chargers behind it; ``parent`` None hangs on the main fuse. ``max_current`` in A per phase."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="circuits")
    name = models.CharField(_("name"), max_length=100)
    max_current = models.DecimalField(_("fuse (A per phase)"), max_digits=7, decimal_places=1)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["installation", "name"], name="circuit_name_once"),
            models.CheckConstraint(condition=Q(max_current__gt=0), name="circuit_current_positive"),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="circuit_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """A role on one installation for one person or one organisation, until ``expires_at`` (None: no end)."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="grants"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="grants"
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=True) ^ Q(organisation__isnull=True), name="grant_to_user_or_organisation"
            ),
            models.UniqueConstraint(fields=["installation", "user", "role"], name="grant_user_once"),
            models.UniqueConstraint(fields=["installation", "organisation", "role"], name="grant_organisation_once"),
        ]


class Secret(models.Model):
    """A password encrypted with AES-GCM under key ``key_id``; rows are shared by revisions that keep a password.

    Only rotation rewrites ``ciphertext``. ``fingerprint`` recognises the password without telling it.
    """

    key_id = models.CharField(max_length=40)
    ciphertext = models.BinaryField()
    fingerprint = models.CharField(max_length=16)
    created_at = models.DateTimeField(default=timezone.now, editable=False)


class AppendOnly(RuntimeError):
    """Somebody tried to change or delete an agreement that stands."""


class AuthenticationRevision(models.Model):
    """An immutable, numbered version of an installation's authentication settings: who, when, why."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    mode = models.CharField(max_length=12, choices=Mode.choices)
    server_url = models.CharField(max_length=512, blank=True)
    secret = models.ForeignKey(Secret, null=True, on_delete=models.PROTECT, related_name="revisions")
    default_id_tag = models.CharField(max_length=20, blank=True)
    authorization_required = models.BooleanField()
    legacy_identity = models.BooleanField(default=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    author_label = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500, blank=True)
    restored_from = models.PositiveIntegerField(null=True)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["installation", "number"], name="revision_number_once")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("An authentication revision never changes: publish a new one.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("An authentication revision is never deleted.")


class IdTag(models.Model):
    """A charge card of one installation, or of an organisation (then it counts where ``SiteOrganisation`` says).

    Tags are stored upper-case, as OCPP compares them (CiString20). ``parent_id_tag`` is the group. ``version`` counts
    edits. Which entry decides about a tag at a site is ``DecidingCard``'s to say.
    """

    installation = models.ForeignKey(
        Installation, null=True, blank=True, on_delete=models.CASCADE, related_name="id_tags"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="id_tags"
    )
    id_tag = models.CharField(_("id tag"), max_length=20)
    holder = models.CharField(_("holder"), max_length=100, blank=True)
    label = models.CharField(_("label"), max_length=100, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    blocked = models.BooleanField(_("blocked"), default=False)
    parent_id_tag = models.CharField(_("group"), max_length=20, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id_tag", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(installation__isnull=True) ^ Q(organisation__isnull=True), name="id_tag_has_one_owner"
            ),
            models.CheckConstraint(condition=Q(id_tag__regex=CARD_FORM), name="id_tag_form"),
            models.CheckConstraint(
                condition=Q(parent_id_tag="") | Q(parent_id_tag__regex=CARD_FORM), name="id_tag_parent_form"
            ),
            models.UniqueConstraint(fields=["installation", "id_tag"], name="id_tag_once"),
            models.UniqueConstraint(fields=["organisation", "id_tag"], name="id_tag_once_in_organisation"),
        ]

    def __str__(self) -> str:
        return self.id_tag


class SiteOrganisation(models.Model):
    """A view: the organisations whose cards count at an installation, those that own it by a grant in force now."""

    pk = models.CompositePrimaryKey("installation_id", "organisation_id")
    installation = models.ForeignKey(Installation, on_delete=models.DO_NOTHING, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.DO_NOTHING, related_name="+")

    class Meta:
        managed = False
        db_table = "installations_siteorganisation"


class DecidingCard(models.Model):
    """A view, and the one place of the rule: the entry that decides about a tag at an installation.

    Entries of the installation and of its organisations count alike. A block counts wherever it was set; otherwise
    the entry that is valid longest decides. The gateway answers by it, the preview counts by it.
    """

    pk = models.CompositePrimaryKey("installation_id", "id_tag")
    installation = models.ForeignKey(Installation, on_delete=models.DO_NOTHING, related_name="+")
    id_tag = models.CharField(max_length=20)
    card = models.ForeignKey(IdTag, on_delete=models.DO_NOTHING, related_name="+")
    blocked = models.BooleanField()
    expires_at = models.DateTimeField(null=True)
    parent_id_tag = models.CharField(max_length=20)

    class Meta:
        managed = False
        db_table = "installations_decidingcard"


from installations import webhook_models  # noqa: E402, F401  Django looks for models here
