"""What the loop asks the store to do. Plain values; every job belongs to one charger."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from gateway.directory import Backend
from gateway.ocpp16.records import Record, TagAnswer


class LinkFacts(msgspec.Struct, frozen=True):
    """What is known of a charger when its socket was accepted (SessionFacts without the device id).

    ``route``: the backend its messages went to; None: they stayed here.
    """

    epoch: int
    boot_accepted: bool
    boot_number: int
    connector_count: int
    connectors: Mapping[int, str]
    open_transactions: Mapping[int, int]
    firmware_status: str
    diagnostics_status: str
    fence: tuple[int, ...] = ()
    ordered_out: frozenset[int] = frozenset()
    reservations: Mapping[int, float] = {}
    route: Backend | None = None


class Connect(msgspec.Struct, frozen=True):
    """A socket was accepted: take the next epoch. Result: LinkFacts."""

    charger_id: int
    node: str
    slot: str
    remote_address: str
    at: datetime


class Disconnect(msgspec.Struct, frozen=True):
    """The socket of this epoch is gone; an older epoch than the stored one changes nothing."""

    charger_id: int
    epoch: int
    at: datetime


class Upward(msgspec.Struct, frozen=True):
    """The charger's own message behind a record, for the backend at ``url``. ``connected``: it can be asked now."""

    url: str
    action: str
    payload: bytes
    connected: bool


class Lifted(msgspec.Struct, frozen=True):
    """The result of a record whose message was queued as row ``message_id``; 0: it was there already."""

    result: Any
    message_id: int
    transaction_id: int | None


class Recorded(msgspec.Struct, frozen=True):
    """A record of a session. Result: its StoreResult, ``Lifted`` where its message waits to go up."""

    charger_id: int
    record: Record
    upward: Upward | None = None


class RingFor(msgspec.Struct, frozen=True):
    """The charger became idle or busy: its open delivery is due."""

    charger_id: int


class BeginPush(msgspec.Struct, frozen=True):
    """Keep the intent before the first call. Result: True only while the order's claim stands (database clock)."""

    charger_id: int
    delivery_id: int
    fencing: int
    epoch: int
    boot_number: int


class StepPush(msgspec.Struct, frozen=True):
    """One answer (or the intent to reset), and a longer lease. Result: True while the claim stands."""

    charger_id: int
    delivery_id: int
    fencing: int
    step: Mapping[str, Any]


class EndPush(msgspec.Struct, frozen=True):
    """The outcome; if no worker records it within seconds, the engine finds it here."""

    charger_id: int
    delivery_id: int
    fencing: int
    outcome: Mapping[str, Any]


class CloseFence(msgspec.Struct, frozen=True):
    """Keep that these connectors (0: all) are being closed for a push, before the charger is told so; empty: open."""

    charger_id: int
    connectors: tuple[int, ...]


class OrderOut(msgspec.Struct, frozen=True):
    """Somebody had a connector (0: all) taken out of service, or put back."""

    charger_id: int
    connector: int
    out: bool
    at: datetime


class KeepReservations(msgspec.Struct, frozen=True):
    """Reservations of whichever connector is free, as the charger agreed to them: number to their end."""

    charger_id: int
    reservations: Mapping[int, float]


class KeepCandidate(msgspec.Struct, frozen=True):
    """A link password the charger is about to be given; valid beside the current one until it was shown."""

    charger_id: int
    digest: bytes


class SendPassword(msgspec.Struct, frozen=True):
    """A link password is about to be sent: keep it as candidate. Result: True while the change still waits."""

    charger_id: int
    change_id: int
    digest: bytes


class EndPassword(msgspec.Struct, frozen=True):
    """What became of it: accepted, refused, unknown, or waiting again."""

    charger_id: int
    change_id: int
    state: str
    answer: str
    digest: bytes


class RefuseLogin(msgspec.Struct, frozen=True):
    """Somebody tried to sign in as this charger with a wrong password, or none."""

    charger_id: int
    at: datetime


class KeepReported(msgspec.Struct, frozen=True):
    """Configuration keys as the charger told them: key to (value, read-only)."""

    charger_id: int
    at: datetime
    settings: Mapping[str, tuple[str | None, bool]]


class TellUpstream(msgspec.Struct, frozen=True):
    """How the connection to a backend stands, told by who holds it. ``shown``: the secret that has logged in."""

    charger_id: int
    holder: str
    state: str
    fault: str = ""
    status: int = 0
    failures: int = 0
    retry_at: datetime | None = None
    shown: int | None = None


class Reroute(msgspec.Struct, frozen=True):
    """From now on its messages go to ``backend`` (None: they stay here), as revision ``revision_id`` has it.

    What still waits for another backend is left behind.
    """

    charger_id: int
    backend: Backend | None
    revision_id: int | None


class EndMessages(msgspec.Struct, frozen=True):
    """Messages that need not go up any more. ``outcome``: delivered, refused, thinned or left."""

    charger_id: int
    ids: tuple[int, ...]
    outcome: str


class MapTransaction(msgspec.Struct, frozen=True):
    """The backend's id of a session (None: it refused to give one), and with it the end of the message."""

    charger_id: int
    message_id: int
    transaction_id: int
    url: str
    backend_id: int | None
    status: str


class KeepTag(msgspec.Struct, frozen=True):
    """What the backend said of a card just now.

    ``ordered``: not in so many words; it wants a session begun with it, which undoes an older refusal and nothing else.
    """

    charger_id: int
    id_tag: str
    tag: TagAnswer
    ordered: bool = False


class EndRequest(msgspec.Struct, frozen=True):
    """What came of a person's request; ``error`` empty: it was done. It belongs to no charger's order of things."""

    request_id: int
    error: str = ""
    result: Mapping[str, Any] = {}
    charger_id: int = 0


class StartFreely(msgspec.Struct, frozen=True):
    """A car waits at a connector where everybody may charge. Result: the id tag to start it with, empty: do not."""

    charger_id: int
    connector: int
    at: datetime


class NotStarted(msgspec.Struct, frozen=True):
    """The start that ``StartFreely`` allowed was never sent."""

    charger_id: int
    connector: int


class KeepLocalList(msgspec.Struct, frozen=True):
    """What a charger's local list holds by now, and how its newest update went (``chargers.models.LocalList``)."""

    charger_id: int
    state: str
    version: int
    entries: Mapping[str, tuple[str, str, str]]
    digest: bytes
    left_out: int
    firmware: str
    at: datetime


class Raise(msgspec.Struct, frozen=True):
    """An alarm on the link, for instance ``duplicate_identity``."""

    charger_id: int
    alarm: str
    at: datetime


type Job = (
    Connect
    | Disconnect
    | Recorded
    | RingFor
    | BeginPush
    | StepPush
    | EndPush
    | CloseFence
    | OrderOut
    | KeepReservations
    | KeepCandidate
    | KeepReported
    | Raise
    | SendPassword
    | EndPassword
    | RefuseLogin
    | Reroute
    | TellUpstream
    | EndMessages
    | MapTransaction
    | KeepTag
    | EndRequest
    | StartFreely
    | NotStarted
    | KeepLocalList
)
