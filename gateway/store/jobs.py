"""What the loop asks the store to do. Plain values; every job belongs to one charger."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from gateway.ocpp16.records import Record


class LinkFacts(msgspec.Struct, frozen=True):
    """What is known of a charger when its socket was accepted (SessionFacts without the device id)."""

    epoch: int
    boot_accepted: bool
    boot_number: int
    connector_count: int
    connectors: Mapping[int, str]
    open_transactions: Mapping[int, int]
    firmware_status: str
    diagnostics_status: str
    fence_closed: bool


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


class Recorded(msgspec.Struct, frozen=True):
    """A record of a session. Result: its StoreResult."""

    charger_id: int
    record: Record


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
    """Keep (or forget) that the charger is closed for a push, before it is told so."""

    charger_id: int
    closed: bool


class KeepCandidate(msgspec.Struct, frozen=True):
    """A link password the charger is about to be given; valid beside the current one until it was shown."""

    charger_id: int
    digest: bytes


class KeepReported(msgspec.Struct, frozen=True):
    """Configuration keys as the charger told them: key to (value, read-only)."""

    charger_id: int
    at: datetime
    settings: Mapping[str, tuple[str | None, bool]]


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
    | KeepCandidate
    | KeepReported
    | Raise
)
