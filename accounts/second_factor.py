"""The second step of signing in: codes of an authenticator app, passkeys, and recovery codes for the day both are gone.

The app's secret is encrypted at rest and tied to its person; recovery codes are 80 bits, kept as SHA-256, and count
once.
Every check is a conditional update, so that a code sent twice at the same moment is taken once.
"""

import base64
import hashlib
import os
import secrets
import time
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit, keyring
from accounts.models import AuthenticatorApp, Organisation, Passkey, RecoveryCode, User
from accounts.one_time import SECRET_BYTES, counter_of

RECOVERY_CODES = 10
RECOVERY_BYTES = 10


class Factor(StrEnum):
    APP = "app"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"


def has_app(user: User) -> bool:
    return AuthenticatorApp.objects.filter(user=user, confirmed_at__isnull=False).exists()


def has_any(user: User) -> bool:
    """Whether the password alone is not enough."""
    return has_app(user) or Passkey.objects.filter(user=user).exists()


def organisations_that_ask(user: User) -> QuerySet[Organisation]:
    """Those of the person's that ask their members for a second step."""
    return Organisation.objects.filter(members=user, second_factor_required=True).order_by("name")


def is_asked_of(user: User) -> bool:
    """Whether the person has to have a second step: platform staff by a setting, members by their organisation."""
    if settings.STAFF_SECOND_FACTOR and user.is_staff:
        return True
    # A person who was read for a session comes with the answer.
    asked: bool | None = getattr(user, "second_factor_asked", None)
    return organisations_that_ask(user).exists() if asked is None else asked


def begin_app(user: User) -> None:
    """A new secret, which waits for its first code. One that is in use stays."""
    key_id, ciphertext = keyring.encrypt(os.urandom(SECRET_BYTES), associated=_associated(user.pk))
    AuthenticatorApp.objects.filter(user=user, confirmed_at__isnull=True).delete()
    AuthenticatorApp.objects.get_or_create(user=user, defaults={"key_id": key_id, "ciphertext": ciphertext})


def waiting_secret(user: User) -> bytes | None:
    """What the app is to be given; None once it has been confirmed, or before it was begun."""
    app = AuthenticatorApp.objects.filter(user=user, confirmed_at__isnull=True).first()
    return None if app is None else _secret(app)


@transaction.atomic
def confirm_app(user: User, code: str) -> list[str] | None:
    """The recovery codes, which exist only in this answer. None: the code is wrong, nothing was changed."""
    app = AuthenticatorApp.objects.select_for_update().filter(user=user, confirmed_at__isnull=True).first()
    if app is None or not _take(app, code):
        return None
    AuthenticatorApp.objects.filter(pk=app.pk).update(confirmed_at=timezone.now())
    audit.record(user, "second_factor_set", user, after={"factor": Factor.APP.value})
    return new_recovery_codes(user)


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """The old ones are void. They exist only in this answer."""
    codes = [_readable(secrets.token_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in codes)
    audit.record(user, "recovery_codes_made", user, after={"codes": len(codes)})
    return codes


def codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()


def check_code(user: User, text: str) -> Factor | None:
    """Which factor the code belongs to; it is used up by that. None: wrong, or used already."""
    plain = "".join(text.split())
    app = AuthenticatorApp.objects.filter(user=user, confirmed_at__isnull=False).first()
    if app is not None and _take(app, plain):
        return Factor.APP
    open_ones = RecoveryCode.objects.filter(user=user, digest=_digest(plain), used_at__isnull=True)
    return Factor.RECOVERY_CODE if open_ones.update(used_at=timezone.now()) else None


@transaction.atomic
def remove_app(*, user: User, actor: User) -> bool:
    """False: there was none. Recovery codes go with the last factor that they stand in for."""
    removed, _each = AuthenticatorApp.objects.filter(user=user).delete()
    if removed:
        audit.record(actor, "second_factor_removed", user, before={"factor": Factor.APP.value})
    forget_codes_of_nothing(user)
    return bool(removed)


@transaction.atomic
def remove_all(*, user: User, actor: User | None) -> bool:
    """For somebody who lost everything. ``actor`` None: the operator. False: there was nothing."""
    apps, _each = AuthenticatorApp.objects.filter(user=user).delete()
    passkeys, _each = Passkey.objects.filter(user=user).delete()
    forget_codes_of_nothing(user)
    if apps or passkeys:
        audit.record(actor, "second_factor_removed", user, before={"apps": apps, "passkeys": passkeys})
    return bool(apps or passkeys)


def forget_codes_of_nothing(user: User) -> None:
    if not has_any(user):
        RecoveryCode.objects.filter(user=user).delete()


def rotate_apps(*, batch: int = 200) -> int:
    """As ``rotate_secrets``: encrypt under the ring's first key; how many there were (0: done)."""
    with transaction.atomic():
        old = AuthenticatorApp.objects.select_for_update(skip_locked=True).exclude(key_id=keyring.current_key_id())
        rows = list(old[:batch])
        for app in rows:
            app.key_id, app.ciphertext = keyring.encrypt(_secret(app), associated=_associated(app.user_id))
            app.save(update_fields=["key_id", "ciphertext"])
        return len(rows)


def _take(app: AuthenticatorApp, code: str) -> bool:
    counter = counter_of(_secret(app), code, now=time.time(), after=app.last_counter)
    if counter is None:
        return False
    unused = AuthenticatorApp.objects.filter(pk=app.pk, last_counter__lt=counter)
    return bool(unused.update(last_counter=counter))


def _secret(app: AuthenticatorApp) -> bytes:
    return keyring.decrypt(app.key_id, app.ciphertext, associated=_associated(app.user_id))


def _associated(user_id: int) -> str:
    return f"accounts_authenticatorapp:{user_id}"


def _readable(raw: bytes) -> str:
    text = base64.b32encode(raw).decode().lower()
    return "-".join(text[place : place + 4] for place in range(0, len(text), 4))


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.replace("-", "").lower().encode("utf-8", "surrogatepass")).digest()
