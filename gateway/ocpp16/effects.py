"""What a session wants done: small values, to be carried out in order by the runtime that owns the socket."""

from enum import IntEnum, StrEnum
from typing import Any

import msgspec

from gateway.ocpp16.errors import ErrorCode
from gateway.ocpp16.records import Record


class Send(msgspec.Struct, frozen=True):
    """Write this text frame."""

    text: str


class Store(msgspec.Struct, frozen=True):
    """Keep or look up ``record``; then ``session.stored(token, result, now)`` if ``record.AWAITED``.

    ``action`` and ``payload``: the charger's own message, as JSON, where it has to go up to a backend.
    """

    token: int
    record: Record
    action: str = ""
    payload: bytes = b""


class Outcome(StrEnum):
    """How one of our calls ended.

    RESULT: ``payload`` fits the action's response (required members present, of the right type). INVALID: a CALLRESULT
    that does not fit. ERROR: a CALLERROR with ``error_code``. TIMEOUT and CLOSED: no answer came; with ``sent`` False
    nothing was written either. NOT_IDLE: the guard ``only_if_idle`` refused at the moment of writing. NOT_BOOTED:
    no call may be sent before the charger's boot is Accepted.
    """

    RESULT = "result"
    INVALID = "invalid"
    ERROR = "error"
    TIMEOUT = "timeout"
    CLOSED = "closed"
    NOT_IDLE = "not_idle"
    NOT_BOOTED = "not_booted"


class Answered(msgspec.Struct, frozen=True):
    """One of our calls is over; emitted exactly once per call. ``sent``: its frame was handed out for writing."""

    call_id: str
    action: str
    outcome: Outcome
    sent: bool = True
    payload: dict[str, Any] = {}
    error_code: ErrorCode | None = None
    detail: str = ""


class Close(msgspec.Struct, frozen=True):
    """Close the socket; the session takes no further frame. The runtime still calls ``closed(now)``."""

    code: int
    reason: str


class Ring(msgspec.Struct, frozen=True):
    """Whether the charger is idle has changed to ``idle``: ring for its open delivery, if any.

    To be carried out after the ``Store`` effects emitted before it are committed, so that who is woken sees them.
    """

    idle: bool


class Oddity(StrEnum):
    MALFORMED = "malformed"
    LATE_RESULT = "late_result"
    DUPLICATE_CALL = "duplicate_call"
    NOT_BOOTED = "not_booted"
    REFUSED_PAYLOAD = "refused_payload"
    UNKNOWN_ACTION = "unknown_action"
    FLAGGED = "flagged"
    ABSURD_CONNECTOR = "absurd_connector"
    FOREIGN_TRANSACTION = "foreign_transaction"
    STORE_FAILED = "store_failed"
    FLOODED = "flooded"


class Noticed(msgspec.Struct, frozen=True):
    """Something odd, for counters and the log. ``detail`` holds codes and action names, never values."""

    oddity: Oddity
    detail: str = ""


class Priority(IntEnum):
    """Order of our queued calls; lower goes first, equal ones in the order they came.

    SAFETY lowers a charging limit, RAISE raises or clears one.
    """

    SAFETY = 0
    FENCE = 1
    PUSH = 2
    COMMAND = 3
    RAISE = 4
    HOUSEKEEPING = 5


type Effect = Send | Store | Answered | Close | Ring | Noticed
