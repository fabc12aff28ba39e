"""Invitations: a code with which somebody sets their own password, because it is new here or was forgotten.

Nobody but the person ever knows a password. The code travels in the fragment of an address, which browsers do not send,
so that it stands in no server's log; it is kept as SHA-256, counts once and for three days.
"""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor, Who
from accounts.models import Invitation, User
from accounts.people import change_password
from accounts.refusals import Invalid
from accounts.sessions import end_sessions

LIFE = timedelta(days=3)


@transaction.atomic
def invite(*, user: User, actor: Who) -> str:
    """The code, which exists only in this answer. Older ones of the person are void."""
    code = secrets.token_urlsafe(24)
    Invitation.objects.filter(user=user).delete()
    invitation = Invitation.objects.create(
        user=user, digest=_digest(code), created_by=Actor.of(actor).user, expires_at=timezone.now() + LIFE
    )
    audit.record(actor, "invited", user, after={"ends": invitation.expires_at.isoformat()})
    return code


def who_is_invited(code: str) -> User | None:
    """None: no such code, too late, used already, or the person is not active."""
    rows = Invitation.objects.select_related("user").filter(digest=_digest(code), expires_at__gt=timezone.now())
    found = rows.first()
    return found.user if found is not None and found.user.is_active else None


@transaction.atomic
def accept(*, code: str, new: str) -> User:
    """Set the password by the code, which is used up. Raises Invalid."""
    user = who_is_invited(code)
    if user is None or not Invitation.objects.filter(digest=_digest(code)).delete()[0]:
        raise Invalid("invitation", _("This code does not count (any more). Ask for a new one."), pointer="/code")
    change_password(user=user, new=new)
    end_sessions(user=user)
    return user


def forget_late_ones() -> None:
    Invitation.objects.filter(expires_at__lt=timezone.now()).delete()


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.strip().encode("utf-8", "surrogatepass")).digest()
