"""Gives and takes access to an installation."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor, Who
from accounts.models import Organisation, User
from accounts.refusals import Conflict, Invalid
from installations.models import Grant, Installation, Role


@transaction.atomic
def grant_access(
    *,
    installation: Installation,
    actor: Who,
    role: str,
    email: str = "",
    organisation_name: str = "",
    expires_at: datetime | None = None,
    reason: str = "",
) -> Grant:
    """Give ``role`` to a person (by e-mail address) or to an organisation (by its name). Raises Invalid, Conflict."""
    Installation.objects.select_for_update(no_key=True, of=("self",)).get(pk=installation.pk)
    if bool(email) == bool(organisation_name):
        raise Invalid("one_of", _("Name either a person or an organisation."), pointer="/user")
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("in_the_past", _("The expiry lies in the past."), pointer="/expires_at")
    user = _find_user(email) if email else None
    organisation = _find_organisation(organisation_name) if organisation_name else None
    if Grant.objects.filter(installation=installation, role=role, user=user, organisation=organisation).exists():
        raise Conflict("already_granted", _("This role was given already: take it away first to change its expiry."))
    grant = Grant.objects.create(
        installation=installation,
        role=role,
        user=user,
        organisation=organisation,
        expires_at=expires_at,
        created_by=Actor.of(actor).user,
    )
    audit.record(actor, "access_granted", grant, installation_id=installation.pk, after=_facts(grant), reason=reason)
    return grant


@transaction.atomic
def revoke_access(*, grant: Grant, actor: Who, reason: str = "") -> None:
    """Raises Conflict for the last owner: nobody could give access any more."""
    Installation.objects.select_for_update(no_key=True, of=("self",)).get(pk=grant.installation_id)
    if grant.role == Role.OWNER and not _other_owners(grant):
        raise Conflict("last_owner", _("This is the last owner: make somebody else an owner first."))
    before = _facts(grant)
    audit.record(actor, "access_revoked", grant, installation_id=grant.installation_id, before=before, reason=reason)
    grant.delete()


def _other_owners(grant: Grant) -> bool:
    in_force = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    owners = Grant.objects.filter(in_force, installation=grant.installation_id, role=Role.OWNER)
    return owners.exclude(pk=grant.pk).exists()


def _find_user(email: str) -> User:
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise Invalid("unknown_user", _("Nobody with this e-mail address has an account here."), pointer="/user")
    return user


def _find_organisation(name: str) -> Organisation:
    organisation = Organisation.objects.filter(name__iexact=name.strip()).first()
    if organisation is None:
        detail = _("There is no organisation with this name.")
        raise Invalid("unknown_organisation", detail, pointer="/organisation")
    return organisation


def _facts(grant: Grant) -> dict[str, Any]:
    return {
        "role": str(grant.role),
        "user": grant.user.email if grant.user else None,
        "organisation": grant.organisation.name if grant.organisation else None,
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else None,
    }
