"""Pairs the frames of one socket: each call with its answer and the time between, without the secrets in them.

Nothing here is needed to serve a charger: it only makes what was said readable later.
"""

import re

import msgspec

from gateway.ocpp16 import frames
from gateway.ocpp16.redaction import redact

MOST_OPEN = 64
OVERDUE_SECONDS = 120.0

ANSWERED, ERROR, UNANSWERED, STRAY, MALFORMED = "answered", "error", "unanswered", "stray", "malformed"

_STATUS = re.compile(r'"status"\s*:\s*"([^"\\]{1,40})"')


class Exchange(msgspec.Struct, frozen=True):
    """``by_us``: we sent the call. ``outcome``: one of the five above; ``stray``: an answer to nothing that was open.

    ``status``: what the answer says in one word, the code of an error. ``latency`` in seconds; None: no answer.
    ``payload`` and ``answer`` are JSON, of a malformed frame the text itself.
    """

    at: float
    by_us: bool
    action: str
    message_id: str
    payload: str
    outcome: str
    status: str = ""
    answer: str = ""
    latency: float | None = None


class _Open(msgspec.Struct, frozen=True):
    at: float
    action: str
    payload: str


class Pairing:
    """The calls of one socket that have no answer yet, of both sides."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: dict[tuple[bool, str], _Open] | None = None

    @property
    def waits(self) -> bool:
        return bool(self._open)

    def take(self, by_us: bool, text: str, at: float) -> Exchange | None:
        """A frame went over the wire; what has ended by it."""
        kind, number, action, payload = _split(text)
        if kind == 2:
            return self._begin(by_us, number, _Open(at, action, redact(payload)))
        if kind == 0:
            return Exchange(at, by_us, "", "", redact(text), MALFORMED)
        call = self._open.pop((not by_us, number), None) if self._open else None
        answer = redact(payload)
        status = action if kind == 4 else _status(answer)
        if call is None:
            return Exchange(at, by_us, "", number, "", STRAY, status, answer)
        outcome = ERROR if kind == 4 else ANSWERED
        latency = max(0.0, at - call.at)
        return Exchange(call.at, not by_us, call.action, number, call.payload, outcome, status, answer, latency)

    def overdue(self, at: float) -> list[Exchange]:
        """Calls that nobody will answer any more."""
        if not self._open:
            return []
        late = [key for key, call in self._open.items() if at - call.at >= OVERDUE_SECONDS]
        return [self._unanswered(key) for key in late]

    def end(self) -> list[Exchange]:
        """The socket is gone."""
        return [self._unanswered(key) for key in list(self._open or ())]

    def _begin(self, by_us: bool, number: str, call: _Open) -> Exchange | None:
        """Answers the call that has to make room: one under the same id, or the oldest of too many."""
        if self._open is None:
            self._open = {}
        key = (by_us, number)
        given_up = None
        if key in self._open:
            given_up = self._unanswered(key)
        elif len(self._open) >= MOST_OPEN:
            given_up = self._unanswered(next(iter(self._open)))
        self._open[key] = call
        return given_up

    def _unanswered(self, key: tuple[bool, str]) -> Exchange:
        assert self._open is not None
        call = self._open.pop(key)
        return Exchange(call.at, key[0], call.action, key[1], call.payload, UNANSWERED)


def _status(answer: str) -> str:
    found = _STATUS.search(answer) if '"status"' in answer else None
    return found[1] if found else ""


def _split(text: str) -> tuple[int, str, str, str]:
    """(message type, id, action or error code, payload); 0: not a frame.

    Frames in their usual spelling are cut at their quotation marks; whatever looks different is parsed.
    """
    start = text[:4]
    if start in {'[2,"', '[3,"'} and text[-1] == "]":
        end = text.find('"', 4)
        number = text[4:end]
        if start == '[3,"':
            if text[end + 1 : end + 3] == ",{" and "\\" not in number:
                return 3, number, "", text[end + 2 : -1]
        elif text[end + 1 : end + 3] == ',"':
            close = text.find('"', end + 3)
            action = text[end + 3 : close]
            if text[close + 1 : close + 3] == ",{" and "\\" not in number and "\\" not in action:
                return 2, number, action, text[close + 2 : -1]
    match frames.parse(text):
        case frames.Call() as call:
            return 2, str(call.id), call.action, bytes(call.payload).decode()
        case frames.CallResult() as result:
            return 3, str(result.id), "", bytes(result.payload).decode()
        case frames.CallError() as error:
            words = msgspec.json.encode(error.description).decode() if error.description else ""
            return 4, str(error.id), error.code.value, words
    return 0, "", "", ""
