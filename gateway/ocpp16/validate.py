"""Payloads in, leniently: typed in one pass; where that fails member by member, so that what is readable is kept."""

from collections.abc import Callable
from typing import Any

import msgspec

from gateway.ocpp16 import messages
from gateway.ocpp16.errors import ErrorCode, Refusal
from gateway.ocpp16.vocabulary import ChargerAction

_SHAPES: dict[str, type[messages.Payload]] = {
    ChargerAction.AUTHORIZE: messages.AuthorizeRequest,
    ChargerAction.BOOT_NOTIFICATION: messages.BootRequest,
    ChargerAction.DATA_TRANSFER: messages.DataTransferRequest,
    ChargerAction.DIAGNOSTICS_STATUS_NOTIFICATION: messages.JobStatusRequest,
    ChargerAction.FIRMWARE_STATUS_NOTIFICATION: messages.JobStatusRequest,
    ChargerAction.HEARTBEAT: messages.HeartbeatRequest,
    ChargerAction.METER_VALUES: messages.MeterValuesRequest,
    ChargerAction.START_TRANSACTION: messages.StartRequest,
    ChargerAction.STATUS_NOTIFICATION: messages.StatusRequest,
    ChargerAction.STOP_TRANSACTION: messages.StopRequest,
    ChargerAction.SIGN_CERTIFICATE: messages.SignRequest,
    ChargerAction.SECURITY_EVENT_NOTIFICATION: messages.SecurityEventRequest,
    ChargerAction.LOG_STATUS_NOTIFICATION: messages.JobStatusRequest,
    ChargerAction.SIGNED_FIRMWARE_STATUS_NOTIFICATION: messages.JobStatusRequest,
}
_DECODE: dict[str, Callable[[msgspec.Raw], messages.Payload]] = {
    action: msgspec.json.Decoder(shape).decode for action, shape in _SHAPES.items()
}
_ANYTHING = msgspec.json.Decoder()
_METERED = ("meter_value", "transaction_data")

type Flags = tuple[str, ...]


def understood(action: str) -> bool:
    return action in _DECODE


def read_payload(action: str, raw: msgspec.Raw) -> tuple[messages.Payload, Flags] | Refusal:
    """The payload of an ``understood`` action and what was repaired in it, or why it cannot be taken. Never raises."""
    try:
        return _DECODE[action](raw), ()
    except (msgspec.DecodeError, RecursionError):
        return _repair(_SHAPES[action], raw)


def _repair(shape: type[messages.Payload], raw: msgspec.Raw) -> tuple[messages.Payload, Flags] | Refusal:
    try:
        given = _ANYTHING.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return Refusal(ErrorCode.FORMATION_VIOLATION, "the payload cannot be read")
    if not isinstance(given, dict):
        return Refusal(ErrorCode.FORMATION_VIOLATION, "the payload must be an object")
    kept: dict[str, Any] = {}
    flags: list[str] = []
    for member in msgspec.structs.fields(shape):
        value = given.get(member.encode_name)
        if value is None:
            if member.required:
                return Refusal(ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION, f"{member.encode_name} is missing")
            continue
        try:
            kept[member.name] = _metered(value, flags) if member.name in _METERED else _converted(value, member.type)
        except (msgspec.ValidationError, ValueError, OverflowError):
            if member.required:
                return Refusal(ErrorCode.TYPE_CONSTRAINT_VIOLATION, f"{member.encode_name} has a wrong type or range")
            flags.append(f"{member.encode_name}_unreadable")
            continue
        if not isinstance(value, str | int | list):
            flags.append(f"{member.encode_name}_type")
    return shape(**kept), tuple(dict.fromkeys(flags or ["type"]))


def _converted(value: Any, wanted: Any) -> Any:
    """Text for numbers, numbers for text, floats without a fraction for whole numbers: chargers mix them up."""
    try:
        return msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return msgspec.convert(str(value), wanted)
        raise


def _metered(value: Any, flags: list[str]) -> tuple[messages.MeterValue, ...]:
    """What can be read of meterValue or transactionData; ValueError when it is no list."""
    if not isinstance(value, list):
        raise ValueError
    elements = []
    for element in value:
        samples = element.get("sampledValue") if isinstance(element, dict) else None
        if not isinstance(samples, list):
            flags.append("meter_value_unreadable")
            continue
        read = tuple(sample for sample in map(_sample, samples) if sample)
        if len(read) < len(samples):
            flags.append("sampled_value_unreadable")
        stamp = element.get("timestamp")
        elements.append(messages.MeterValue(stamp if isinstance(stamp, str) else "", read))
    return tuple(elements)


def _sample(given: Any) -> messages.SampledValue | None:
    if not isinstance(given, dict) or not isinstance(given.get("value"), str | int | float):
        return None
    texts = {name: given.get(name) for name in messages.SampledValue.__struct_fields__[1:]}
    return messages.SampledValue(
        str(given["value"]), **{name: text for name, text in texts.items() if isinstance(text, str)}
    )
