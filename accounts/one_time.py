"""One-time passwords by time (RFC 6238: SHA-1, six digits, thirty seconds), as authenticator apps make them. Pure."""

import base64
import hashlib
import hmac
import struct
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
# Clocks of phones: one step before and after now.
NEIGHBOURS = (0, -1, 1)


def code_at(secret: bytes, counter: int) -> str:
    mac = hmac.digest(secret, struct.pack(">Q", counter), hashlib.sha1)
    start = mac[-1] & 0x0F
    number = struct.unpack(">I", mac[start : start + 4])[0] & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def counter_of(secret: bytes, code: str, *, now: float, after: int) -> int | None:
    """The step for which ``code`` is right, later than ``after``: a code counts once. None: it is wrong."""
    here, found = int(now // STEP_SECONDS), None
    for counter in (here + neighbour for neighbour in NEIGHBOURS):
        fits = hmac.compare_digest(code_at(secret, counter).encode(), code.encode("utf-8", "surrogatepass"))
        if fits and counter > after and found is None:
            found = counter
    return found


def written(secret: bytes) -> str:
    """As people type it into an app: letters and digits in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def address(secret: bytes, *, account: str, issuer: str) -> str:
    """What an app reads from the picture."""
    text = base64.b32encode(secret).decode()
    query = urlencode({"secret": text, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"
