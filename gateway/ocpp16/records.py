"""What a session asks its runtime to keep or to look up, and what the runtime answers.

Contract with the runtime: records of one charger are applied in the order of their ``Store`` effects. Records whose
``AWAITED`` is True hold back the charger's answer until ``ChargerSession.stored(token, result, now)`` is called, once,
after the commit (or with ``StoreFailed``). The others are answered at once; calling ``stored`` for them does nothing.
All times are aware UTC; ``received_at`` is ours, the rest the charger's clock. Texts are cut to their column's width.
"""

from datetime import datetime
from typing import ClassVar

import msgspec


class Boot(msgspec.Struct, frozen=True):
    """An accepted BootNotification: store ``boot_accepted``, ``boot_number`` and the charger's vendor facts.

    Firmware and diagnostics jobs of the boot before are over: both status columns become empty. The answer awaits this,
    so that a charger which was told Accepted never meets a gateway that does not know. Result: ``None``.
    """

    AWAITED: ClassVar[bool] = True

    received_at: datetime
    boot_number: int
    vendor: str
    model: str
    firmware: str = ""
    serial_number: str = ""


class Status(msgspec.Struct, frozen=True):
    """One connector's newest status (0 is the charge point). ``connector_count``: the highest number known so far.

    ``clock_offset_seconds`` (charger minus us) is None when unknown.
    """

    AWAITED: ClassVar[bool] = False

    received_at: datetime
    boot_number: int
    connector: int
    status: str
    error_code: str
    connector_count: int
    info: str = ""
    reported_at: datetime | None = None
    clock_offset_seconds: float | None = None


class Seen(msgspec.Struct, frozen=True):
    """The charger is alive; sent at most once per ``SessionSettings.seen_interval_seconds``."""

    AWAITED: ClassVar[bool] = False

    received_at: datetime


class Authorize(msgspec.Struct, frozen=True):
    """Look the tag up for this charger's installation. Result: ``TagAnswer``."""

    AWAITED: ClassVar[bool] = True

    received_at: datetime
    id_tag: str


class Start(msgspec.Struct, frozen=True):
    """StartTransaction: store once by content, look the tag up as for Authorize, and say which id it has.

    A second one of the same content gets the id of the first. ``started_at`` or ``meter_start`` None: unreadable, the
    charger's text is lost and ``flags`` say so. Result: ``StartStored``. A refused tag is stored too.
    """

    AWAITED: ClassVar[bool] = True

    received_at: datetime
    connector: int
    id_tag: str
    meter_start: int | None
    started_at: datetime | None
    reservation_id: int | None = None
    flags: tuple[str, ...] = ()


class Sample(msgspec.Struct, frozen=True):
    """One MeterValue element. ``sampled_values`` is canonical JSON (an array); ``digest`` is SHA-256 of its content."""

    sampled_at: datetime
    sampled_values: str
    digest: bytes


class Stop(msgspec.Struct, frozen=True):
    """StopTransaction of ``transaction_id``; where that is not an open or ended one of this charger: an orphan.

    ``known``: this session knows the transaction as open. Orphans keep the id in ``foreign_id`` (-1 counts).
    Result: ``TagAnswer`` when ``id_tag`` is set and was looked up, else ``None``.
    """

    AWAITED: ClassVar[bool] = True

    received_at: datetime
    transaction_id: int
    known: bool
    meter_stop: int | None
    stopped_at: datetime | None
    id_tag: str = ""
    reason: str = ""
    samples: tuple[Sample, ...] = ()
    flags: tuple[str, ...] = ()


class Meter(msgspec.Struct, frozen=True):
    """MeterValues; ``transaction_id`` None: none given. An id that is not this charger's is stored as no transaction.

    Result: ``None``.
    """

    AWAITED: ClassVar[bool] = True

    received_at: datetime
    connector: int
    transaction_id: int | None
    samples: tuple[Sample, ...]
    flags: tuple[str, ...] = ()


class FirmwareStatus(msgspec.Struct, frozen=True):
    AWAITED: ClassVar[bool] = False

    received_at: datetime
    status: str


class DiagnosticsStatus(msgspec.Struct, frozen=True):
    """DiagnosticsStatusNotification, and the whitepaper's LogStatusNotification."""

    AWAITED: ClassVar[bool] = False

    received_at: datetime
    status: str


class SecurityEvent(msgspec.Struct, frozen=True):
    """SecurityEventNotification of the security whitepaper. Result: ``None``."""

    AWAITED: ClassVar[bool] = True

    received_at: datetime
    kind: str
    reported_at: datetime | None = None
    info: str = ""


class DataTransfer(msgspec.Struct, frozen=True):
    """A vendor's own message, for the backend alone. Result: ``Relayed``."""

    AWAITED: ClassVar[bool] = True

    received_at: datetime


type Record = (
    Boot
    | Status
    | Seen
    | Authorize
    | Start
    | Stop
    | Meter
    | FirmwareStatus
    | DiagnosticsStatus
    | SecurityEvent
    | DataTransfer
)


class TagAnswer(msgspec.Struct, frozen=True):
    """What is known of an id tag (an IdTagInfo): ``status`` is an AuthorizationStatus."""

    status: str
    expires_at: datetime | None = None
    parent_id_tag: str = ""


class StartStored(msgspec.Struct, frozen=True):
    """``transaction_id`` is ours, positive. ``open`` False: a repetition of a transaction that has ended already."""

    transaction_id: int
    tag: TagAnswer
    open: bool = True


class Relayed(msgspec.Struct, frozen=True):
    """What the backend answered, as JSON."""

    payload: bytes


class StoreFailed(msgspec.Struct, frozen=True):
    """Nothing was stored (database away, queue full). The charger gets InternalError and repeats (EJ-3.3)."""

    reason: str = ""


type StoreResult = TagAnswer | StartStored | Relayed | StoreFailed | None
