"""What we send: requests of ours, strictly (what does not fit the standard is our fault), and the answers to them."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from gateway.ocpp16.vocabulary import CentralAction

Connector = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
IdTag = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]


class Request(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    pass


class ChangeAvailability(Request, frozen=True):
    connector_id: Connector
    type: Literal["Inoperative", "Operative"]


class ChangeConfiguration(Request, frozen=True):
    key: Key
    value: Annotated[str, msgspec.Meta(max_length=500)]


class ClearCache(Request, frozen=True):
    pass


class ClearChargingProfile(Request, frozen=True):
    id: Int32 | msgspec.UnsetType = msgspec.UNSET
    connector_id: Connector | msgspec.UnsetType = msgspec.UNSET
    charging_profile_purpose: Literal["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    stack_level: Int32 | msgspec.UnsetType = msgspec.UNSET


class GetConfiguration(Request, frozen=True):
    key: list[Key] | msgspec.UnsetType = msgspec.UNSET


class RemoteStartTransaction(Request, frozen=True):
    id_tag: IdTag
    connector_id: Connector | msgspec.UnsetType = msgspec.UNSET


class RemoteStopTransaction(Request, frozen=True):
    transaction_id: Int32


class Reset(Request, frozen=True):
    type: Literal["Hard", "Soft"]


class TriggerMessage(Request, frozen=True):
    requested_message: Literal[
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "StatusNotification",
    ]
    connector_id: Connector | msgspec.UnsetType = msgspec.UNSET


class UnlockConnector(Request, frozen=True):
    connector_id: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class _GivenValue(msgspec.Struct, frozen=True):
    """A configurationKey as chargers send it: the value is text by the standard, and sometimes is not."""

    key: str
    readonly: bool | None = None
    value: str | int | float | bool | None = None


class _GivenConfiguration(msgspec.Struct, frozen=True):
    configurationKey: list[_GivenValue] | None = None  # noqa: N815
    unknownKey: list[str] | None = None  # noqa: N815


class _Accepting(msgspec.Struct, frozen=True):
    status: Literal["Accepted", "Rejected"]


class _Availability(msgspec.Struct, frozen=True):
    status: Literal["Accepted", "Rejected", "Scheduled"]


class _Configuration(msgspec.Struct, frozen=True):
    status: Literal["Accepted", "Rejected", "RebootRequired", "NotSupported"]


class _Cleared(msgspec.Struct, frozen=True):
    status: Literal["Accepted", "Unknown"]


class _Triggered(msgspec.Struct, frozen=True):
    status: Literal["Accepted", "Rejected", "NotImplemented"]


class _Unlocked(msgspec.Struct, frozen=True):
    status: Literal["Unlocked", "UnlockFailed", "NotSupported"]


_REQUESTS: dict[str, type[Request]] = {
    CentralAction.CHANGE_AVAILABILITY: ChangeAvailability,
    CentralAction.CHANGE_CONFIGURATION: ChangeConfiguration,
    CentralAction.CLEAR_CACHE: ClearCache,
    CentralAction.CLEAR_CHARGING_PROFILE: ClearChargingProfile,
    CentralAction.GET_CONFIGURATION: GetConfiguration,
    CentralAction.REMOTE_START_TRANSACTION: RemoteStartTransaction,
    CentralAction.REMOTE_STOP_TRANSACTION: RemoteStopTransaction,
    CentralAction.RESET: Reset,
    CentralAction.TRIGGER_MESSAGE: TriggerMessage,
    CentralAction.UNLOCK_CONNECTOR: UnlockConnector,
}
_RESPONSES: dict[str, type[msgspec.Struct]] = {
    CentralAction.CHANGE_AVAILABILITY: _Availability,
    CentralAction.CHANGE_CONFIGURATION: _Configuration,
    CentralAction.CLEAR_CACHE: _Accepting,
    CentralAction.CLEAR_CHARGING_PROFILE: _Cleared,
    CentralAction.GET_CONFIGURATION: _GivenConfiguration,
    CentralAction.REMOTE_START_TRANSACTION: _Accepting,
    CentralAction.REMOTE_STOP_TRANSACTION: _Accepting,
    CentralAction.RESET: _Accepting,
    CentralAction.TRIGGER_MESSAGE: _Triggered,
    CentralAction.UNLOCK_CONNECTOR: _Unlocked,
}
_OBJECT = msgspec.json.Decoder(dict[str, Any])
_DECODERS = {action: msgspec.json.Decoder(shape) for action, shape in _RESPONSES.items()}


def check_request(action: str, payload: Mapping[str, Any]) -> None:
    """Raises ValueError, naming the member, when this is not a request we may send."""
    shape = _REQUESTS.get(action)
    if shape is None:
        raise ValueError(f"{action} is not a request the gateway sends")
    try:
        msgspec.convert(dict(payload), shape)
    except msgspec.ValidationError as error:
        raise ValueError(f"{action}: {error}") from None


def read_response(action: str, raw: msgspec.Raw) -> dict[str, Any] | None:
    """The answer to a request of ours; None when it does not fit.

    GetConfiguration always has both lists: ``{"configurationKey": [{"key", "readonly", "value"}], "unknownKey": []}``,
    values as text or None. Everything else has ``status``, one of the standard's.
    """
    try:
        answer = _DECODERS[action].decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    if isinstance(answer, _GivenConfiguration):
        return {
            "configurationKey": [
                {"key": given.key, "readonly": bool(given.readonly), "value": _as_text(given.value)}
                for given in answer.configurationKey or ()
            ],
            "unknownKey": answer.unknownKey or [],
        }
    return {name: getattr(answer, name) for name in answer.__struct_fields__}


def read_object(raw: msgspec.Raw) -> dict[str, Any] | None:
    """Any JSON object; None when it is something else."""
    try:
        answer = _OBJECT.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    return answer


def _as_text(value: str | float | bool | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)
