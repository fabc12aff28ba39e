"""What we send: requests of ours, strictly (what does not fit the standard is our fault), and the answers to them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.ocpp16.requests import REQUESTS
from gateway.ocpp16.responses import RESPONSES, GivenConfiguration

_OBJECT = msgspec.json.Decoder(dict[str, Any])
_DECODERS = {action: msgspec.json.Decoder(shape) for action, shape in RESPONSES.items()}


def check_request(action: str, payload: Mapping[str, Any]) -> None:
    """Raises ValueError, naming the member, when this is not a request we may send."""
    shape = REQUESTS.get(action)
    if shape is None:
        raise ValueError(f"{action} is not a request the gateway sends")
    try:
        msgspec.convert(dict(payload), shape)
    except msgspec.ValidationError as error:
        raise ValueError(f"{action}: {error}") from None


def read_response(action: str, raw: msgspec.Raw) -> dict[str, Any] | None:
    """The answer to a request of ours; None when it does not fit.

    GetConfiguration always has both lists: ``{"configurationKey": [{"key", "readonly", "value"}], "unknownKey": []}``,
    values as text or None. Everything else has the members of its shape in ``responses``, those left out left out.
    """
    try:
        answer = _DECODERS[action].decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    if isinstance(answer, GivenConfiguration):
        return {
            "configurationKey": [
                {"key": given.key, "readonly": bool(given.readonly), "value": _as_text(given.value)}
                for given in answer.configuration_key or ()
            ],
            "unknownKey": answer.unknown_key or [],
        }
    members = zip(answer.__struct_encode_fields__, msgspec.structs.astuple(answer), strict=True)
    return {name: value for name, value in members if value is not None}


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
