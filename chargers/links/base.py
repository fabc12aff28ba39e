"""The seam between the rollout engine and whatever holds the chargers' connections.

A ``PushOrder`` says what to do at one charger; the gateway does it inside its critical section and answers with a
``PushOutcome``. Orders and outcomes travel as JSON and never hold a secret: a secret write names the row to read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Encoding(StrEnum):
    TEXT = "text"
    HEX = "hex"


class Reopen(StrEnum):
    """When the fence is opened again: before the reset that makes the charger leave, or at the very end."""

    BEFORE_RESET = "before_reset"
    AT_END = "at_end"


class PushResult(StrEnum):
    """How a push ended.

    DONE: every write was Accepted or RebootRequired or needless, read back, and the reset (if any) Accepted.
    MISMATCH: accepted, but the read-back shows another value (``observed``).
    REJECTED / NOT_SUPPORTED: the charger refused ``failed_key``; ``restored`` and ``kept`` say what it holds now.
    BUSY, OFFLINE: nothing was written, the charger is not idle or not here. STALE: epoch, lease or fencing are past.
    NO_ANSWER: a call was sent and no answer came: the outcome is unknown, read back before any resend.
    READ: a read-back order was answered; ``observed`` holds the values.
    """

    DONE = "done"
    MISMATCH = "mismatch"
    REJECTED = "rejected"
    NOT_SUPPORTED = "not_supported"
    BUSY = "busy"
    OFFLINE = "offline"
    STALE = "stale"
    NO_ANSWER = "no_answer"
    READ = "read"


@dataclass(frozen=True)
class KeyWrite:
    """One ChangeConfiguration. Either ``value`` or ``secret_id`` (a Secret row, encoded as ``encoding``).

    ``candidate_login``: the charger will show this secret to us as well, so store it as the candidate link password
    before sending. ``alternatives``: keys to try in order when this one is NotSupported. ``proof_key``: a readable key
    that holds the first 16 hex digits of SHA-256 of the value; when it already does, the write is Unchanged.
    """

    key: str
    value: str | None = None
    secret_id: int | None = None
    encoding: Encoding = Encoding.TEXT
    candidate_login: bool = False
    alternatives: tuple[str, ...] = ()
    proof_key: str = ""


@dataclass(frozen=True)
class PushOrder:
    """Everything the gateway needs for one charger.

    ``writes`` are read first and sent in this order, only where they differ. ``reset``: one Soft Reset at the end when
    anything was written; ``force_reset``: even when every write was Unchanged. ``read_only``: ``read_keys`` are read,
    no PushRecord is begun, the charger may be busy; without ``read_keys`` a fence left closed is opened.
    ``clear_charging_profiles``: those of ours that the charger may hold are taken away before the first write.
    """

    delivery_id: int
    fencing: int
    charger_id: int
    device_id: str
    node: str
    epoch: int
    writes: tuple[KeyWrite, ...] = ()
    read_keys: tuple[str, ...] = ()
    read_only: bool = False
    fence: bool = True
    reset: bool = False
    force_reset: bool = False
    reopen: Reopen = Reopen.AT_END
    clear_charging_profiles: bool = False


@dataclass(frozen=True)
class WriteResult:
    """The charger's answer to one write: Accepted, RebootRequired, Rejected, NotSupported, Unchanged or NoAnswer."""

    key: str
    status: str


@dataclass(frozen=True)
class PushOutcome:
    delivery_id: int
    fencing: int
    result: PushResult
    epoch: int = 0
    boot_number: int = 0
    writes: tuple[WriteResult, ...] = ()
    observed: dict[str, str | None] = field(default_factory=dict)
    unknown_keys: tuple[str, ...] = ()
    failed_key: str = ""
    restored: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    reset_status: str = ""
    detail: str = ""


class Link(Protocol):
    """Carries orders to the gateways and brings back what came of them."""

    def push(self, orders: Sequence[PushOrder], *, timeout_seconds: float) -> Iterator[Sequence[PushOutcome]]:
        """Yield what arrived together, until all is answered; orders unanswered at the deadline yield nothing.

        Raises LinkUnavailable (not permanent) when no order could be sent at all: nothing was written then.
        """
        ...

    def ask(self, node: str, request_id: int) -> None:
        """Tell ``node`` that this GatewayRequest waits; what comes of it is written into its row.

        Telling twice changes nothing. Raises LinkUnavailable when it could not be told.
        """
        ...


class LinkUnavailable(Exception):
    """The bus to the gateways is down; nothing was sent. Try again later."""

    permanent = False
