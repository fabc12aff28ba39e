"""API tokens: shown once, kept as SHA-256, narrowed by scopes and installations, always with an end."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor, Who
from accounts.models import ApiToken, User
from accounts.permissions import Scope
from accounts.refusals import Invalid

MARK = "cp_"
LONGEST_LIFE = timedelta(days=366)
LAST_USED_EVERY = timedelta(minutes=1)


@transaction.atomic
def issue_token(
    *,
    user: User,
    name: str,
    scopes: Collection[str],
    expires_at: datetime,
    installation_ids: Sequence[int] | None = None,
    actor: Who | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its text, which exists only in this answer. ``installation_ids`` None: all of the person's.

    An actor that itself uses a token cannot give more than that token has. Raises Invalid.
    """
    _check(scopes, expires_at)
    if actor is not None:
        _check_narrower(Actor.of(actor), scopes, expires_at, installation_ids)
    text = MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=text[:12],
        digest=_digest(text),
        scopes=sorted(set(scopes)),
        installation_ids=None if installation_ids is None else sorted(set(installation_ids)),
        expires_at=expires_at,
    )
    after = {"name": name, "prefix": token.prefix, "scopes": token.scopes, "expires_at": expires_at.isoformat()}
    audit.record(actor or user, "token_issued", token, after=after)
    return token, text


def find_actor(text: str) -> Actor | None:
    """The person and token behind a bearer text; None: unknown, expired, revoked, or the person is not active."""
    now = timezone.now()
    token = ApiToken.objects.select_related("user").filter(digest=_digest(text)).first()
    if token is None or token.revoked_at is not None or token.expires_at <= now or not token.user.is_active:
        return None
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_EVERY:
        unused = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - LAST_USED_EVERY)
        ApiToken.objects.filter(unused, pk=token.pk).update(last_used_at=now)
    return Actor(token.user, token)


def list_tokens(user: User) -> QuerySet[ApiToken]:
    """A person's tokens that were not revoked, newest first, expired ones too."""
    return ApiToken.objects.filter(user=user, revoked_at__isnull=True).order_by("-id")


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: Who) -> None:
    """Takes effect with the next request. Revoking twice changes nothing."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        audit.record(actor, "token_revoked", token, before={"name": token.name, "prefix": token.prefix})


def _check(scopes: Collection[str], expires_at: datetime) -> None:
    now = timezone.now()
    if not scopes or not set(scopes) <= {scope.value for scope in Scope}:
        raise Invalid("unknown_scope", _("Name at least one scope, and only scopes that exist."), pointer="/scopes")
    if not now < expires_at <= now + LONGEST_LIFE:
        detail = _("A token ends in the future, after a year at the latest.")
        raise Invalid("expiry", detail, pointer="/expires_at")


def _check_narrower(
    actor: Actor, scopes: Collection[str], expires_at: datetime, installation_ids: Sequence[int] | None
) -> None:
    token = actor.token
    if token is None:
        return
    if not set(scopes) <= set(token.scopes):
        raise Invalid("wider_than_yours", _("A token cannot give scopes it does not have."), pointer="/scopes")
    if expires_at > token.expires_at:
        detail = _("A token cannot make one that outlives it.")
        raise Invalid("wider_than_yours", detail, pointer="/expires_at")
    own = token.installation_ids
    if own is not None and (installation_ids is None or not set(installation_ids) <= set(own)):
        detail = _("A token for some installations makes tokens for those only.")
        raise Invalid("wider_than_yours", detail, pointer="/installations")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
