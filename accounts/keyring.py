"""Encrypts secrets at rest: AES-256-GCM under a ring of named keys, the first of which encrypts.

``settings.SECRET_KEY_RING`` is a list of ``id:base64`` (32 bytes each, standard or URL-safe alphabet). Everything that
does not fit raises: nothing is ever stored or shown because a key was missing.
"""

import base64
import binascii
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyringError(Exception):
    """The ciphertext cannot be read: its key is gone, or it was changed or moved from its row."""


def parse_ring(entries: Sequence[str]) -> Mapping[str, AESGCM]:
    """Keys by id in ring order. Raises ImproperlyConfigured; never shows key material."""
    ring: dict[str, AESGCM] = {}
    for place, entry in enumerate(entries, start=1):
        key_id, separator, text = entry.partition(":")
        if not separator or not key_id or len(key_id) > 40 or key_id in ring:
            raise ImproperlyConfigured(f"SECRET_KEY_RING entry {place}: write id:base64key, every id once.")
        ring[key_id] = AESGCM(_key(text, place))
    if not ring:
        raise ImproperlyConfigured("SECRET_KEY_RING is empty: secrets could not be encrypted.")
    return ring


def _key(text: str, place: int) -> bytes:
    padded = text.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        key = base64.b64decode(padded + "=" * (-len(padded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured(f"SECRET_KEY_RING entry {place}: the key is not {KEY_BYTES} bytes in base64.")
    return key


def current_key_id() -> str:
    return next(iter(_ring()))


def encrypt(plain: bytes, *, associated: str) -> tuple[str, bytes]:
    """Key id and ciphertext (nonce first). ``associated`` ties it to its row: decrypting elsewhere fails."""
    key_id = current_key_id()
    nonce = os.urandom(NONCE_BYTES)
    return key_id, nonce + _ring()[key_id].encrypt(nonce, plain, associated.encode())


def decrypt(key_id: str, ciphertext: bytes | memoryview, *, associated: str) -> bytes:
    """Raises KeyringError."""
    key = _ring().get(key_id)
    if key is None:
        raise KeyringError(f"no key {key_id!r} in SECRET_KEY_RING")
    raw = bytes(ciphertext)
    try:
        return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], associated.encode())
    except (InvalidTag, ValueError) as error:
        raise KeyringError("the ciphertext does not belong to this key and row") from error


def _ring() -> Mapping[str, AESGCM]:
    return _parsed(tuple(settings.SECRET_KEY_RING))


@lru_cache(maxsize=4)
def _parsed(entries: tuple[str, ...]) -> Mapping[str, AESGCM]:
    return parse_ring(entries)
