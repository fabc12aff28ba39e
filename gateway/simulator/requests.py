"""What a central system may ask of the simulated charger: shapes and limits of 1.6, chapter 6."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from gateway.simulator.rpc import Fault

Key = Annotated[str, msgspec.Meta(max_length=50)]
IdTag = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
Connector = Annotated[int, msgspec.Meta(ge=0)]


class Request(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    pass


class Empty(Request):
    pass


class GetConfiguration(Request):
    key: list[Key] = []


class ChangeConfiguration(Request):
    key: Key
    value: Annotated[str, msgspec.Meta(max_length=500)]


class ChangeAvailability(Request):
    connector_id: Connector
    type: Literal["Inoperative", "Operative"]


class Reset(Request):
    type: Literal["Hard", "Soft"]


class TriggerMessage(Request):
    requested_message: Literal[
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "StatusNotification",
    ]
    connector_id: Annotated[int, msgspec.Meta(ge=1)] | None = None


class RemoteStartTransaction(Request):
    id_tag: IdTag
    connector_id: Annotated[int, msgspec.Meta(ge=1)] | None = None
    charging_profile: dict[str, Any] | None = None


class RemoteStopTransaction(Request):
    transaction_id: int


class UnlockConnector(Request):
    connector_id: Annotated[int, msgspec.Meta(ge=1)]


class Period(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    start_period: Annotated[int, msgspec.Meta(ge=0)]
    limit: Annotated[float, msgspec.Meta(ge=0)]
    number_phases: Annotated[int, msgspec.Meta(ge=1, le=3)] | None = None


class Schedule(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    charging_rate_unit: Literal["A", "W"]
    charging_schedule_period: Annotated[list[Period], msgspec.Meta(min_length=1)]
    duration: Annotated[int, msgspec.Meta(ge=1)] | None = None
    start_schedule: datetime | None = None
    min_charging_rate: float | None = None


class ChargingProfile(msgspec.Struct, frozen=True, rename="camel"):
    charging_profile_id: int
    stack_level: Annotated[int, msgspec.Meta(ge=0)]
    charging_profile_purpose: Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]
    charging_profile_kind: Literal["Absolute", "Recurring", "Relative"]
    charging_schedule: Schedule
    transaction_id: int | None = None
    recurrency_kind: Literal["Daily", "Weekly"] | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class SetChargingProfile(Request):
    connector_id: Connector
    cs_charging_profiles: ChargingProfile


class ClearChargingProfile(Request):
    id: int | None = None
    connector_id: Connector | None = None
    charging_profile_purpose: str | None = None
    stack_level: int | None = None


class ReserveNow(Request):
    connector_id: Connector
    expiry_date: datetime
    id_tag: IdTag
    reservation_id: int
    parent_id_tag: IdTag | None = None


class CancelReservation(Request):
    reservation_id: int


Retries = Annotated[int, msgspec.Meta(ge=0)]


class UpdateFirmware(Request):
    location: str
    retrieve_date: datetime
    retries: Retries | None = None
    retry_interval: Retries | None = None


class GetDiagnostics(Request):
    location: str
    retries: Retries | None = None
    retry_interval: Retries | None = None
    start_time: datetime | None = None
    stop_time: datetime | None = None


class DataTransfer(Request):
    vendor_id: Annotated[str, msgspec.Meta(max_length=255)]
    message_id: Key | None = None
    data: str | None = None


class IdTagInfo(msgspec.Struct, frozen=True, rename="camel"):
    status: Literal["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"]
    expiry_date: datetime | None = None
    parent_id_tag: str | None = None


class AuthorizationData(msgspec.Struct, frozen=True, rename="camel"):
    """Without ``id_tag_info`` the tag leaves the list."""

    id_tag: Annotated[str, msgspec.Meta(max_length=20)]
    id_tag_info: IdTagInfo | None = None


class SendLocalList(Request):
    list_version: Annotated[int, msgspec.Meta(ge=1)]
    update_type: Literal["Differential", "Full"]
    local_authorization_list: list[AuthorizationData] = []


def read[T: Request](shape: type[T], payload: Any) -> T:
    """Raises Fault in the words a strict charger uses."""
    if not isinstance(payload, dict):
        raise Fault("FormationViolation", "the payload is not an object")
    try:
        return msgspec.convert(payload, shape)
    except msgspec.ValidationError as error:
        text = str(error)
        code = "TypeConstraintViolation" if text.startswith("Expected `") else "PropertyConstraintViolation"
        if "missing required" in text:
            code = "OccurenceConstraintViolation"
        elif "unknown field" in text:
            code = "FormationViolation"
        raise Fault(code, text) from error
