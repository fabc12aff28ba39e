"""Backend passwords: encrypted when stored, revealed only where one is sent to a charger, rotated in small steps."""

import hashlib

from django.conf import settings
from django.db import transaction

from accounts import keyring
from installations.models import Secret


def fingerprint(text: str) -> str:
    """16 hexadecimal digits that recognise a password; what a charger may report as its proof. Never shown."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def shown_fingerprint(secret: Secret | None) -> str | None:
    """8 hexadecimal digits for people, made with SECRET_KEY: they do not help to guess the password."""
    if secret is None:
        return None
    return hashlib.blake2b(
        secret.fingerprint.encode(), key=hashlib.sha256(settings.SECRET_KEY.encode()).digest(), digest_size=4
    ).hexdigest()


def store_secret(text: str) -> Secret:
    known_by = fingerprint(text)
    key_id, ciphertext = keyring.encrypt(text.encode(), associated=_associated(known_by))
    return Secret.objects.create(key_id=key_id, ciphertext=ciphertext, fingerprint=known_by)


def reveal(secret: Secret) -> str:
    """The password itself. Raises KeyringError; callers send it to a charger and forget it."""
    return keyring.decrypt(secret.key_id, secret.ciphertext, associated=_associated(secret.fingerprint)).decode()


def rotate_secrets(*, batch: int = 200) -> int:
    """Encrypt up to ``batch`` secrets of older keys under the ring's first key; how many there were (0: done)."""
    with transaction.atomic():
        rows = Secret.objects.select_for_update(skip_locked=True).exclude(key_id=keyring.current_key_id())[:batch]
        for secret in rows:
            plain = reveal(secret).encode()
            secret.key_id, secret.ciphertext = keyring.encrypt(plain, associated=_associated(secret.fingerprint))
            secret.save(update_fields=["key_id", "ciphertext"])
        return len(rows)


def _associated(known_by: str) -> str:
    return f"installations_secret:{known_by}"
