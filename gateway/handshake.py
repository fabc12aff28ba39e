"""Whether a charger may connect, decided before the upgrade from what is in memory (OCPP-J 1.6, section 3). Pure."""

import base64
import binascii
import re
from collections.abc import Sequence
from enum import StrEnum
from urllib.parse import unquote

import msgspec

from chargers.link_key import matches
from gateway.attempts import Verdict

SUBPROTOCOL = "ocpp1.6"
_IDENTITY = re.compile(r"[A-Za-z0-9*_=+|@.-]{1,48}")


class Reason(StrEnum):
    """Why a handshake ended as it did; ACCEPTED is the only one that upgrades."""

    ACCEPTED = "accepted"
    BAD_PATH = "bad_path"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    UNKNOWN_IDENTITY = "unknown_identity"
    NO_SUBPROTOCOL = "no_subprotocol"
    NO_CREDENTIALS = "no_credentials"
    WRONG_CREDENTIALS = "wrong_credentials"


class Slot(StrEnum):
    """Which link password the charger showed; the candidate is the one stored before it was sent."""

    CURRENT = "current"
    CANDIDATE = "candidate"


class HandshakeRequest(msgspec.Struct, frozen=True):
    """``path`` is the raw request target, ``subprotocols`` as offered, ``authorization`` the header's value."""

    path: str
    subprotocols: Sequence[str]
    authorization: str | None
    remote_address: str


class Known(msgspec.Struct, frozen=True):
    """What the credential directory has of a device id: digests of its link passwords."""

    device_id: str
    current: bytes | None
    candidate: bytes | None = None


class HandshakeSettings(msgspec.Struct, frozen=True):
    pepper: bytes
    realm: str = "ocpp"


class Decision(msgspec.Struct, frozen=True):
    """``status`` 101: upgrade with ``subprotocol`` as ``device_id``, who authenticated with ``slot``. Else refuse."""

    status: int
    reason: Reason
    headers: tuple[tuple[str, str], ...] = ()
    device_id: str = ""
    subprotocol: str = ""
    slot: Slot | None = None

    @property
    def accepted(self) -> bool:
        return self.status == 101


def read_identity(path: str) -> str | None:
    """The device id a path ends in, upper-case; None when it cannot be one.

    Split on ``/`` first, decode the last segment exactly once (J 3.1.1); whatever stands before it is the endpoint.
    """
    segment = path.partition("?")[0].rpartition("/")[2]
    identity = unquote(segment, errors="replace") if "%" in segment else segment
    return identity.upper() if _IDENTITY.fullmatch(identity) else None


def decide(request: HandshakeRequest, known: Known | None, attempts: Verdict, settings: HandshakeSettings) -> Decision:
    """``known``: what the directory has for ``read_identity(request.path)``; ``attempts``: counted before this call.

    Nothing is hashed for a request that fails for any other reason.
    """
    device_id = read_identity(request.path)
    if device_id is None:
        return Decision(404, Reason.BAD_PATH)
    if not attempts.allowed:
        wait = max(1, round(attempts.retry_after_seconds))
        return Decision(429, Reason.TOO_MANY_ATTEMPTS, (("Retry-After", str(wait)),))
    if known is None or known.device_id != device_id:
        return Decision(404, Reason.UNKNOWN_IDENTITY)
    if SUBPROTOCOL not in request.subprotocols:
        return Decision(400, Reason.NO_SUBPROTOCOL)
    challenge = (("WWW-Authenticate", f'Basic realm="{settings.realm}"'),)
    credentials = read_basic(request.authorization)
    if credentials is None:
        return Decision(401, Reason.NO_CREDENTIALS, challenge)
    slot = _authenticate(credentials, known, settings.pepper)
    if slot is None:
        return Decision(401, Reason.WRONG_CREDENTIALS, challenge)
    return Decision(101, Reason.ACCEPTED, (), device_id, SUBPROTOCOL, slot)


def read_basic(header: str | None) -> tuple[bytes, bytes] | None:
    """User name and password of a Basic header, both raw bytes: the password may hold ``:``, NUL and anything."""
    scheme, _, encoded = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    user, colon, password = decoded.partition(b":")
    return (user, password) if colon else None


def _authenticate(credentials: tuple[bytes, bytes], known: Known, pepper: bytes) -> Slot | None:
    """The user name must be the identity, in any capitalisation; the current password is tried first."""
    user, password = credentials
    if user.upper() != known.device_id.encode():
        return None
    for slot, digest in ((Slot.CURRENT, known.current), (Slot.CANDIDATE, known.candidate)):
        if digest is not None and matches(password, digest, pepper):
            return slot
    return None
