"""The payloads a charger sends, as loosely as we take them: unknown members are ignored, lengths are not judged here.

A member with a default may be missing or unreadable (then it is flagged); one without is essential. Section numbers
are the standard's.
"""

from typing import Annotated

import msgspec

Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Payload(msgspec.Struct, frozen=True, rename="camel"):
    pass


class AuthorizeRequest(Payload, frozen=True):
    """6.1"""

    id_tag: str


class BootRequest(Payload, frozen=True):
    """6.3"""

    charge_point_vendor: str
    charge_point_model: str
    charge_point_serial_number: str | None = None
    charge_box_serial_number: str | None = None
    firmware_version: str | None = None


class DataTransferRequest(Payload, frozen=True):
    """6.15"""

    vendor_id: str = ""


class HeartbeatRequest(Payload, frozen=True):
    """6.29"""


class SampledValue(Payload, frozen=True, omit_defaults=True):
    """7.43; ``value`` is text, a signed or huge one included."""

    value: str
    context: str | None = None
    format: str | None = None
    measurand: str | None = None
    phase: str | None = None
    location: str | None = None
    unit: str | None = None


class MeterValue(Payload, frozen=True):
    """7.33"""

    timestamp: str
    sampled_value: tuple[SampledValue, ...]


class MeterValuesRequest(Payload, frozen=True):
    """6.31"""

    connector_id: Whole
    meter_value: tuple[MeterValue, ...]
    transaction_id: Whole | None = None


class StartRequest(Payload, frozen=True):
    """6.45"""

    connector_id: Whole
    id_tag: str
    meter_start: Whole | None = None
    timestamp: str = ""
    reservation_id: Whole | None = None


class StatusRequest(Payload, frozen=True):
    """6.47"""

    connector_id: Whole
    status: str
    error_code: str = "NoError"
    info: str | None = None
    timestamp: str | None = None


class StopRequest(Payload, frozen=True):
    """6.49"""

    transaction_id: Whole
    meter_stop: Whole | None = None
    timestamp: str = ""
    id_tag: str | None = None
    reason: str | None = None
    transaction_data: tuple[MeterValue, ...] | None = None


class JobStatusRequest(Payload, frozen=True):
    """6.17, 6.25 and, of the whitepaper, LogStatusNotification and SignedFirmwareStatusNotification."""

    status: str


class SecurityEventRequest(Payload, frozen=True):
    """Whitepaper: SecurityEventNotification."""

    type: str
    timestamp: str = ""
    tech_info: str | None = None


class SignRequest(Payload, frozen=True):
    """Whitepaper: SignCertificate; what is asked for is never looked at."""

    csr: str = ""
