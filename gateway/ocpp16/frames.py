"""OCPP-J 1.6 frames (section 4.2): text to value and back. Never raises on what a peer sent.

Who is at fault shows in the type: a peer's mistake is a ``Malformed`` value, ours is a ``ValueError``.
"""

import re
from typing import Any

import msgspec

from gateway.ocpp16.errors import ErrorCode, read_code

MAX_BYTES = 65_536
MAX_DEPTH = 8
MAX_ID = 255

type MessageId = str | int | float


class Call(msgspec.Struct, frozen=True):
    """``payload`` is the raw JSON of the fourth element, whatever it is; ``validate`` judges it."""

    id: MessageId
    action: str
    payload: msgspec.Raw


class CallResult(msgspec.Struct, frozen=True):
    id: MessageId
    payload: msgspec.Raw


class CallError(msgspec.Struct, frozen=True):
    id: MessageId
    code: ErrorCode
    description: str = ""


class Malformed(msgspec.Struct, frozen=True):
    """A peer's frame that cannot be taken. ``answer_id``: the id for a CALLERROR; None where none is possible."""

    reason: str
    answer_id: MessageId | None = None


type Frame = Call | CallResult | CallError

_PEER_FAULTS = (msgspec.DecodeError, UnicodeEncodeError, RecursionError)
_call = msgspec.json.Decoder(tuple[int, str | int | float, str, msgspec.Raw])
_result = msgspec.json.Decoder(tuple[int, str | int | float, msgspec.Raw])
_error = msgspec.json.Decoder(list[msgspec.Raw])
_id = msgspec.json.Decoder(str | int | float)
_text = msgspec.json.Decoder(str)
_anything = msgspec.json.Decoder()
_encode = msgspec.json.Encoder().encode

_HEAD = re.compile(r"[ \t\r\n]*\[[ \t\r\n]*([234])[ \t\r\n]*,")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_BRACKETS = bytes.maketrans(b"[]", b"{}")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def parse(text: str) -> Frame | Malformed:
    if too_large(text):
        return Malformed("too_large")
    kind = text[1] if text[:1] == "[" and text[2:3] == "," else _kind(text)
    try:
        if kind == "2":
            frame: Frame = _read_call(text)
        elif kind == "3":
            _, number, payload = _result.decode(text)
            frame = CallResult(number, payload)
        elif kind == "4":
            frame = _read_error(text)
        else:
            return _malformed(text, "not_a_frame")
    except _PEER_FAULTS:
        return _malformed(text, "not_a_frame")
    if not _fits(frame.id):
        return Malformed("id")
    if "\\u0000" in text and _NUL.search(text):
        return _malformed(text, "nul")
    if too_deep(text):
        return _malformed(text, "too_deep")
    return frame


def serialise(frame: Frame) -> str:
    """Raises ValueError when the frame is larger than a peer may be sent."""
    if isinstance(frame, Call):
        parts: tuple[Any, ...] = (2, frame.id, frame.action, frame.payload)
    elif isinstance(frame, CallResult):
        parts = (3, frame.id, frame.payload)
    else:
        parts = (4, frame.id, frame.code.value, frame.description[:255], {})
    encoded = _encode(parts)
    if len(encoded) > MAX_BYTES:
        raise ValueError("the frame is larger than 64 KiB")
    return encoded.decode()


def call(number: MessageId, action: str, payload: Any) -> str:
    return serialise(Call(number, action, msgspec.Raw(_encode(payload))))


def result(number: MessageId, payload: bytes) -> str:
    """``payload`` is JSON already."""
    return _encode((3, number, msgspec.Raw(payload))).decode()


def error(number: MessageId, code: ErrorCode, description: str = "") -> str:
    return serialise(CallError(number, code, description))


def canonical(raw: msgspec.Raw) -> bytes | None:
    """The same JSON with numbers everybody can hold; None where one is none (``1e999999``), which no database takes."""
    try:
        return _encode(_anything.decode(raw))
    except (msgspec.MsgspecError, RecursionError, OverflowError, ValueError):
        return None


def too_large(text: str) -> bool:
    """64 KiB as UTF-8."""
    if len(text) > MAX_BYTES:
        return True
    return len(text) * 4 > MAX_BYTES and not text.isascii() and len(text.encode(errors="replace")) > MAX_BYTES


def too_deep(text: str) -> bool:
    """Whether valid JSON is nested deeper than MAX_DEPTH; each pass over its brackets peels off the innermost."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    outside = _STRING.sub("", text) if "\\" in text else "".join(text.split('"')[::2])
    brackets = outside.encode().translate(_BRACKETS, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"{}", b"")
    return bool(brackets)


def _kind(text: str) -> str:
    head = _HEAD.match(text)
    return head[1] if head else ""


def _read_call(text: str) -> Call:
    _, number, action, payload = _call.decode(text)
    return Call(number, action, payload)


def _read_error(text: str) -> CallError:
    """The description may be missing or no text, the details may be anything: an error is an error."""
    parts = _error.decode(text)
    if not 3 <= len(parts) <= 5:
        raise msgspec.DecodeError("wrong number of elements")
    code = read_code(_text.decode(parts[2]))
    try:
        description = _text.decode(parts[3])[:255] if len(parts) > 3 else ""
    except msgspec.DecodeError:
        description = ""
    return CallError(_id.decode(parts[1]), code, description)


def _malformed(text: str, reason: str) -> Malformed:
    """Say whether an answer is possible: only to a CALL whose id can be read."""
    try:
        parts = _error.decode(text)
    except _PEER_FAULTS:
        return Malformed("not_json")
    if _kind(text) != "2" or len(parts) < 2:
        return Malformed(reason)
    try:
        number = _id.decode(parts[1])
    except _PEER_FAULTS:
        return Malformed(reason)
    return Malformed(reason, number if _fits(number) else None)


def _fits(number: MessageId) -> bool:
    if isinstance(number, str):
        return 0 < len(number) <= MAX_ID and "\0" not in number
    return abs(number) < 2**63
