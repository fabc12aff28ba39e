"""The calls a central system may make, strictly: what does not fit the standard is our fault and is never sent.

Chapter 6 of the standard, and the security whitepaper for those after ``ExtendedTriggerMessage``.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from gateway.ocpp16.vocabulary import CentralAction

Connector = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Outlet = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
IdTag = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Natural = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Location = Annotated[str, msgspec.Meta(max_length=512, pattern=r"^[A-Za-z][A-Za-z0-9+.-]*://\S+$")]
Certificate = Annotated[str, msgspec.Meta(min_length=1, max_length=5500)]
Purpose = Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"]
RateUnit = Literal["A", "W"]
CertificateUse = Literal["CentralSystemRootCertificate", "ManufacturerRootCertificate"]

UNSET = msgspec.UNSET


class Part(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    pass


class Request(Part, frozen=True):
    pass


class CancelReservation(Request, frozen=True):
    reservation_id: Int32


class ChangeAvailability(Request, frozen=True):
    connector_id: Connector
    type: Literal["Inoperative", "Operative"]


class ChangeConfiguration(Request, frozen=True):
    key: Key
    value: Annotated[str, msgspec.Meta(max_length=500)]


class ClearCache(Request, frozen=True):
    pass


class ClearChargingProfile(Request, frozen=True):
    id: Int32 | msgspec.UnsetType = UNSET
    connector_id: Connector | msgspec.UnsetType = UNSET
    charging_profile_purpose: Purpose | msgspec.UnsetType = UNSET
    stack_level: Int32 | msgspec.UnsetType = UNSET


class DataTransfer(Request, frozen=True):
    vendor_id: Annotated[str, msgspec.Meta(max_length=255)]
    message_id: Key | msgspec.UnsetType = UNSET
    data: str | msgspec.UnsetType = UNSET


class GetCompositeSchedule(Request, frozen=True):
    connector_id: Connector
    duration: Natural
    charging_rate_unit: RateUnit | msgspec.UnsetType = UNSET


class GetConfiguration(Request, frozen=True):
    key: list[Key] | msgspec.UnsetType = UNSET


class GetDiagnostics(Request, frozen=True):
    location: Location
    retries: Natural | msgspec.UnsetType = UNSET
    retry_interval: Natural | msgspec.UnsetType = UNSET
    start_time: Moment | msgspec.UnsetType = UNSET
    stop_time: Moment | msgspec.UnsetType = UNSET


class GetLocalListVersion(Request, frozen=True):
    pass


class SchedulePeriod(Part, frozen=True):
    """7.14; ``limit`` has at most one decimal."""

    start_period: Natural
    limit: Annotated[float, msgspec.Meta(ge=0)]
    number_phases: Literal[1, 2, 3] | msgspec.UnsetType = UNSET

    def __post_init__(self) -> None:
        one_decimal(self.limit)


class Schedule(Part, frozen=True):
    """7.13"""

    charging_rate_unit: RateUnit
    charging_schedule_period: Annotated[list[SchedulePeriod], msgspec.Meta(min_length=1)]
    duration: Natural | msgspec.UnsetType = UNSET
    start_schedule: Moment | msgspec.UnsetType = UNSET
    min_charging_rate: Annotated[float, msgspec.Meta(ge=0)] | msgspec.UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.min_charging_rate is not UNSET:
            one_decimal(self.min_charging_rate)


class ChargingProfile(Part, frozen=True):
    """7.8"""

    charging_profile_id: Int32
    stack_level: Natural
    charging_profile_purpose: Purpose
    charging_profile_kind: Literal["Absolute", "Recurring", "Relative"]
    charging_schedule: Schedule
    transaction_id: Int32 | msgspec.UnsetType = UNSET
    recurrency_kind: Literal["Daily", "Weekly"] | msgspec.UnsetType = UNSET
    valid_from: Moment | msgspec.UnsetType = UNSET
    valid_to: Moment | msgspec.UnsetType = UNSET


class RemoteStartTransaction(Request, frozen=True):
    id_tag: IdTag
    connector_id: Connector | msgspec.UnsetType = UNSET
    charging_profile: ChargingProfile | msgspec.UnsetType = UNSET


class RemoteStopTransaction(Request, frozen=True):
    transaction_id: Int32


class ReserveNow(Request, frozen=True):
    connector_id: Connector
    expiry_date: Moment
    id_tag: IdTag
    reservation_id: Int32
    parent_id_tag: IdTag | msgspec.UnsetType = UNSET


class Reset(Request, frozen=True):
    type: Literal["Hard", "Soft"]


class TagInfo(Part, frozen=True):
    """7.24"""

    status: Literal["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"]
    expiry_date: Moment | msgspec.UnsetType = UNSET
    parent_id_tag: IdTag | msgspec.UnsetType = UNSET


class ListedTag(Part, frozen=True):
    """7.2; without ``id_tag_info`` a differential update takes the tag off the list."""

    id_tag: IdTag
    id_tag_info: TagInfo | msgspec.UnsetType = UNSET


class SendLocalList(Request, frozen=True):
    list_version: Natural
    update_type: Literal["Differential", "Full"]
    local_authorization_list: list[ListedTag] | msgspec.UnsetType = UNSET


class SetChargingProfile(Request, frozen=True):
    connector_id: Connector
    cs_charging_profiles: ChargingProfile


class TriggerMessage(Request, frozen=True):
    requested_message: Literal[
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "StatusNotification",
    ]
    connector_id: Connector | msgspec.UnsetType = UNSET


class UnlockConnector(Request, frozen=True):
    connector_id: Outlet


class UpdateFirmware(Request, frozen=True):
    location: Location
    retrieve_date: Moment
    retries: Natural | msgspec.UnsetType = UNSET
    retry_interval: Natural | msgspec.UnsetType = UNSET


class ExtendedTriggerMessage(Request, frozen=True):
    requested_message: Literal[
        "BootNotification",
        "LogStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "SignChargePointCertificate",
        "StatusNotification",
    ]
    connector_id: Outlet | msgspec.UnsetType = UNSET


class InstallCertificate(Request, frozen=True):
    certificate_type: CertificateUse
    certificate: Certificate


class GetInstalledCertificateIds(Request, frozen=True):
    certificate_type: CertificateUse


class CertificateHash(Part, frozen=True):
    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: Annotated[str, msgspec.Meta(max_length=128)]
    issuer_key_hash: Annotated[str, msgspec.Meta(max_length=128)]
    serial_number: Annotated[str, msgspec.Meta(max_length=40)]


class DeleteCertificate(Request, frozen=True):
    certificate_hash_data: CertificateHash


class LogPlace(Part, frozen=True):
    remote_location: Location
    oldest_timestamp: Moment | msgspec.UnsetType = UNSET
    latest_timestamp: Moment | msgspec.UnsetType = UNSET


class GetLog(Request, frozen=True):
    log_type: Literal["DiagnosticsLog", "SecurityLog"]
    request_id: Int32
    log: LogPlace
    retries: Natural | msgspec.UnsetType = UNSET
    retry_interval: Natural | msgspec.UnsetType = UNSET


class SignedFirmware(Part, frozen=True):
    location: Location
    retrieve_date_time: Moment
    signing_certificate: Certificate
    signature: Annotated[str, msgspec.Meta(min_length=1, max_length=800)]
    install_date_time: Moment | msgspec.UnsetType = UNSET


class SignedUpdateFirmware(Request, frozen=True):
    request_id: Int32
    firmware: SignedFirmware
    retries: Natural | msgspec.UnsetType = UNSET
    retry_interval: Natural | msgspec.UnsetType = UNSET


def one_decimal(amount: float) -> None:
    """Raises ValueError: chargers refuse finer steps than a tenth."""
    if abs(amount * 10 - round(amount * 10)) > 1e-6:
        raise ValueError("at most one decimal")


# CertificateSigned is absent on purpose: the gateway issues no certificates.
REQUESTS: dict[str, type[Request]] = {
    CentralAction.CANCEL_RESERVATION: CancelReservation,
    CentralAction.CHANGE_AVAILABILITY: ChangeAvailability,
    CentralAction.CHANGE_CONFIGURATION: ChangeConfiguration,
    CentralAction.CLEAR_CACHE: ClearCache,
    CentralAction.CLEAR_CHARGING_PROFILE: ClearChargingProfile,
    CentralAction.DATA_TRANSFER: DataTransfer,
    CentralAction.GET_COMPOSITE_SCHEDULE: GetCompositeSchedule,
    CentralAction.GET_CONFIGURATION: GetConfiguration,
    CentralAction.GET_DIAGNOSTICS: GetDiagnostics,
    CentralAction.GET_LOCAL_LIST_VERSION: GetLocalListVersion,
    CentralAction.REMOTE_START_TRANSACTION: RemoteStartTransaction,
    CentralAction.REMOTE_STOP_TRANSACTION: RemoteStopTransaction,
    CentralAction.RESERVE_NOW: ReserveNow,
    CentralAction.RESET: Reset,
    CentralAction.SEND_LOCAL_LIST: SendLocalList,
    CentralAction.SET_CHARGING_PROFILE: SetChargingProfile,
    CentralAction.TRIGGER_MESSAGE: TriggerMessage,
    CentralAction.UNLOCK_CONNECTOR: UnlockConnector,
    CentralAction.UPDATE_FIRMWARE: UpdateFirmware,
    CentralAction.EXTENDED_TRIGGER_MESSAGE: ExtendedTriggerMessage,
    CentralAction.INSTALL_CERTIFICATE: InstallCertificate,
    CentralAction.GET_INSTALLED_CERTIFICATE_IDS: GetInstalledCertificateIds,
    CentralAction.DELETE_CERTIFICATE: DeleteCertificate,
    CentralAction.GET_LOG: GetLog,
    CentralAction.SIGNED_UPDATE_FIRMWARE: SignedUpdateFirmware,
}
