"""OCPP-J frames as the simulated charger has them (J 4.2); not the gateway's own, so that it can be its judge."""

from dataclasses import dataclass
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Fault(Exception):
    """What a CALL is answered with when there is no CALLRESULT for it; ``code`` in the spelling of 1.6."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class Call:
    id: str
    action: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Result:
    id: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Error:
    id: str
    code: str


def read(text: str | bytes) -> Call | Result | Error | None:
    """None: not a frame at all."""
    try:
        frame = _decode(text)
    except msgspec.DecodeError:
        return None
    match frame:
        case [2, str(number), str(action), payload]:
            return Call(number, action, payload)
        case [3, str(number), payload]:
            return Result(number, payload)
        case [4, str(number), str(code), *_]:
            return Error(number, code)
    return None


def call(number: str, action: str, payload: dict[str, Any]) -> str:
    return _encode([2, number, action, payload]).decode()


def result(number: str, payload: dict[str, Any]) -> str:
    return _encode([3, number, payload]).decode()


def error(number: str, fault: Fault) -> str:
    return _encode([4, number, fault.code, fault.description, {}]).decode()
