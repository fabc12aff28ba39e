"""Chargers' answers to our calls: what is required of them must be there and of the right type, the rest is ignored."""

from typing import Any, Literal

import msgspec

from gateway.ocpp16.vocabulary import CentralAction


class Response(msgspec.Struct, frozen=True, rename="camel"):
    pass


class GivenValue(Response, frozen=True):
    """A configurationKey as chargers send it: the value is text by the standard, and sometimes is not."""

    key: str
    readonly: bool | None = None
    value: str | int | float | bool | None = None


class GivenConfiguration(Response, frozen=True):
    configuration_key: list[GivenValue] | None = None
    unknown_key: list[str] | None = None


class Accepting(Response, frozen=True):
    status: Literal["Accepted", "Rejected"]


class Availability(Response, frozen=True):
    status: Literal["Accepted", "Rejected", "Scheduled"]


class Configuration(Response, frozen=True):
    status: Literal["Accepted", "Rejected", "RebootRequired", "NotSupported"]


class Cleared(Response, frozen=True):
    status: Literal["Accepted", "Unknown"]


class Transferred(Response, frozen=True):
    status: Literal["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"]
    data: str | None = None


class CompositeSchedule(Response, frozen=True):
    """``charging_schedule`` as the charger has it (7.13)."""

    status: Literal["Accepted", "Rejected"]
    connector_id: int | None = None
    schedule_start: str | None = None
    charging_schedule: dict[str, Any] | None = None


class Diagnostics(Response, frozen=True):
    """No file name: there is nothing to upload."""

    file_name: str | None = None


class ListVersion(Response, frozen=True):
    """-1: no local list is supported; 0: it is empty."""

    list_version: int


class ListSent(Response, frozen=True):
    status: Literal["Accepted", "Failed", "NotSupported", "VersionMismatch"]


class Reserved(Response, frozen=True):
    status: Literal["Accepted", "Faulted", "Occupied", "Rejected", "Unavailable"]


class ProfileSet(Response, frozen=True):
    status: Literal["Accepted", "Rejected", "NotSupported"]


class Triggered(Response, frozen=True):
    status: Literal["Accepted", "Rejected", "NotImplemented"]


class Unlocked(Response, frozen=True):
    status: Literal["Unlocked", "UnlockFailed", "NotSupported"]


class Empty(Response, frozen=True):
    pass


class CertificateInstalled(Response, frozen=True):
    status: Literal["Accepted", "Failed", "Rejected"]


class CertificateDeleted(Response, frozen=True):
    status: Literal["Accepted", "Failed", "NotFound"]


class CertificateIds(Response, frozen=True):
    status: Literal["Accepted", "NotFound"]
    certificate_hash_data: list[dict[str, Any]] | None = None


class LogTaken(Response, frozen=True):
    status: Literal["Accepted", "Rejected", "AcceptedCanceled"]
    filename: str | None = None


class FirmwareTaken(Response, frozen=True):
    status: Literal["Accepted", "Rejected", "AcceptedCanceled", "InvalidCertificate", "RevokedCertificate"]


RESPONSES: dict[str, type[Response]] = {
    CentralAction.CANCEL_RESERVATION: Accepting,
    CentralAction.CHANGE_AVAILABILITY: Availability,
    CentralAction.CHANGE_CONFIGURATION: Configuration,
    CentralAction.CLEAR_CACHE: Accepting,
    CentralAction.CLEAR_CHARGING_PROFILE: Cleared,
    CentralAction.DATA_TRANSFER: Transferred,
    CentralAction.GET_COMPOSITE_SCHEDULE: CompositeSchedule,
    CentralAction.GET_CONFIGURATION: GivenConfiguration,
    CentralAction.GET_DIAGNOSTICS: Diagnostics,
    CentralAction.GET_LOCAL_LIST_VERSION: ListVersion,
    CentralAction.REMOTE_START_TRANSACTION: Accepting,
    CentralAction.REMOTE_STOP_TRANSACTION: Accepting,
    CentralAction.RESERVE_NOW: Reserved,
    CentralAction.RESET: Accepting,
    CentralAction.SEND_LOCAL_LIST: ListSent,
    CentralAction.SET_CHARGING_PROFILE: ProfileSet,
    CentralAction.TRIGGER_MESSAGE: Triggered,
    CentralAction.UNLOCK_CONNECTOR: Unlocked,
    CentralAction.UPDATE_FIRMWARE: Empty,
    CentralAction.EXTENDED_TRIGGER_MESSAGE: Triggered,
    CentralAction.INSTALL_CERTIFICATE: CertificateInstalled,
    CentralAction.GET_INSTALLED_CERTIFICATE_IDS: CertificateIds,
    CentralAction.DELETE_CERTIFICATE: CertificateDeleted,
    CentralAction.GET_LOG: LogTaken,
    CentralAction.SIGNED_UPDATE_FIRMWARE: FirmwareTaken,
}
