"""One connection to a backend: our calls one after another, the backend's calls handed on. asyncio."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from gateway.ocpp16 import frames
from gateway.ocpp16.errors import ErrorCode
from gateway.ocpp16.outgoing import read_object
from gateway.wire import Wire

_encode = msgspec.json.Encoder().encode

# A backend that asks and asks and takes no answer off the line.
MOST_UNREAD_BYTES = 1_048_576


class LinkLost(Exception):
    """The connection is gone, or silent for so long that it might as well be."""


class Refused(Exception):
    """The backend answered with a CALLERROR, or with something that is no answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Leg:
    """``on_call`` gets the backend's calls: (message id, action, payload or None where it is no JSON).

    ``on_gone`` is called once when the connection is over, whoever ended it. ``watch`` gets every frame, (whether it is
    ours, its text), and None when the connection is over.
    """

    def __init__(
        self,
        on_call: Callable[[frames.MessageId, str, Any], None],
        on_gone: Callable[[], None] = lambda: None,
        watch: Callable[[bool, str | bytes | None], None] = lambda _by_us, _text: None,
    ) -> None:
        self.gone = asyncio.Event()
        self._watch = watch
        self.wire = Wire(lambda: None, self._hear, self._end)
        self.late_answers = 0
        # UUIDs that differ in their last group: drawing a new one for every message is a twentieth of its cost.
        self._stem, self._calls = str(uuid.uuid4())[:24], 0
        self._on_call = on_call
        self._on_gone = on_gone
        self._out: tuple[str, asyncio.Future[dict[str, Any]]] | None = None

    async def call(self, action: str, payload: Mapping[str, Any], *, seconds: float) -> dict[str, Any]:
        """The answer's payload. Raises Refused and LinkLost; after a time-out the connection is given up, so that an
        answer that comes late is never taken for another call's.

        However large the message is, it goes out: how much a backend takes is for the backend to say.
        """
        if self.gone.is_set():
            raise LinkLost
        if self._out is not None:
            raise RuntimeError("one call at a time")
        loop = asyncio.get_running_loop()
        self._calls += 1
        call_id = f"{self._stem}{self._calls:012x}"
        answer: asyncio.Future[dict[str, Any]] = loop.create_future()
        self._out = (call_id, answer)
        too_late = loop.call_later(seconds, self.close)
        try:
            frame = _encode((2, call_id, action, payload))
            self._watch(True, frame)
            self.wire.send(frame)
            return await answer
        finally:
            too_late.cancel()
            self._out = None

    def answer(self, call_id: frames.MessageId, payload: Mapping[str, Any]) -> None:
        self._say(frames.result(call_id, _encode(payload)))

    def refuse(self, call_id: frames.MessageId, code: ErrorCode, description: str = "") -> None:
        self._say(frames.error(call_id, code, description))

    def close(self) -> None:
        self.wire.drop(politely=True)
        self._end()

    def give_up(self) -> None:
        """As ``close``, without a word to somebody who does not listen."""
        self.wire.drop()
        self._end()

    def _say(self, text: str) -> None:
        self._watch(True, text)
        self.wire.send(text)
        if self.wire.unread_bytes > MOST_UNREAD_BYTES:
            self.give_up()

    def _end(self) -> None:
        if self.gone.is_set():
            return
        self.gone.set()
        if self._out is not None and not self._out[1].done():
            self._out[1].set_exception(LinkLost())
        self._on_gone()
        self._watch(False, None)

    def _hear(self, text: str) -> None:
        self._watch(False, text)
        frame = frames.parse(text)
        match frame:
            case frames.Call():
                self._on_call(frame.id, frame.action, read_object(frame.payload))
            case frames.Malformed():
                if frame.answer_id is not None:
                    self.refuse(frame.answer_id, ErrorCode.FORMATION_VIOLATION, frame.reason)
            case _:
                self._take_answer(frame)

    def _take_answer(self, frame: frames.CallResult | frames.CallError) -> None:
        if self._out is None or self._out[0] != frame.id or self._out[1].done():
            self.late_answers += 1
            return
        future = self._out[1]
        if isinstance(frame, frames.CallError):
            future.set_exception(Refused(frame.code.value))
        elif (payload := read_object(frame.payload)) is None:
            future.set_exception(Refused("not_an_object"))
        else:
            future.set_result(payload)
