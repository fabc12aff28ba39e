"""Digests of the passwords chargers show to our gateway. Pure; keys are raw bytes (they may hold ``:`` and NUL).

The passwords are random, so one HMAC-SHA-256 with a pepper is enough, and a thousand reconnects cost nothing.
"""

import binascii
import hmac


def digest_link_key(pepper: bytes, key: bytes) -> bytes:
    """32 bytes, what ``Charger.key_digest`` keeps."""
    return hmac.digest(pepper, key, "sha256")


def matches(presented: bytes, digest: bytes, pepper: bytes) -> bool:
    """True when ``presented`` is the key of ``digest``, as raw bytes or, hex text of any case, decoded.

    Chargers set up with 32..40 hex digits (a key of 16..20 bytes) may send either form. Both comparisons are always
    made where both are possible, each in constant time.
    """
    raw = hmac.compare_digest(digest_link_key(pepper, presented), digest)
    decoded = _from_hex(presented)
    if decoded is None:
        return raw
    return hmac.compare_digest(digest_link_key(pepper, decoded), digest) or raw


def _from_hex(presented: bytes) -> bytes | None:
    if not 32 <= len(presented) <= 40 or len(presented) % 2:
        return None
    try:
        return binascii.unhexlify(presented)
    except binascii.Error:
        return None
