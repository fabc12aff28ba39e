"""Our calls to one charger: queued by priority, one out at a time, each over exactly once."""

import heapq
from collections.abc import Callable
from math import inf

import msgspec

from gateway.ocpp16.effects import Answered, Effect, Outcome, Send
from gateway.ocpp16.frames import CallError, CallResult
from gateway.ocpp16.outgoing import read_object, read_response


class OutCall(msgspec.Struct, frozen=True):
    """A call of ours. ``timeout`` in seconds from the writing; ``expires_at``: not written by then, never.

    ``as_it_is``: the answer is somebody else's to judge, any object will do. ``until``: over then in any case.
    """

    id: str
    action: str
    text: str
    timeout: float
    expires_at: float
    only_if_idle: bool = False
    as_it_is: bool = False
    until: float = inf

    def over(self, outcome: Outcome, *, sent: bool) -> Answered:
        return Answered(self.id, self.action, outcome, sent)


class Outbound:
    """``out`` is the one call without an answer, ``deadline`` when its time is up."""

    __slots__ = ("_count", "_prefix", "_queue", "deadline", "out")

    def __init__(self, epoch: int) -> None:
        self._prefix = f"{epoch}."
        self._count = 0
        self._queue: list[tuple[int, int, OutCall]] = []
        self.out: OutCall | None = None
        self.deadline = 0.0

    def new_id(self) -> str:
        """Unique per charger: epochs never repeat. At most 36 characters."""
        self._count += 1
        return f"{self._prefix}{self._count}"

    def put(self, call: OutCall, priority: int) -> None:
        heapq.heappush(self._queue, (priority, self._count, call))

    def answer(self, frame: CallResult | CallError) -> Answered | None:
        """The call this frame answers is over; None: it answers none that is out (late, or never ours)."""
        if self.out is None or self.out.id != frame.id:
            return None
        call, self.out = self.out, None
        if isinstance(frame, CallError):
            return Answered(call.id, call.action, Outcome.ERROR, error_code=frame.code, detail=frame.description)
        payload = read_object(frame.payload) if call.as_it_is else read_response(call.action, frame.payload)
        if payload is None:
            return call.over(Outcome.INVALID, sent=True)
        return Answered(call.id, call.action, Outcome.RESULT, payload=payload)

    def advance(self, now: float, guard: Callable[[OutCall], Outcome | None]) -> list[Effect]:
        """End what is past its time; write the next call when none is out and ``guard`` has nothing against it."""
        effects: list[Effect] = []
        if self.out is not None and now >= self.deadline:
            effects.append(self.out.over(Outcome.TIMEOUT, sent=True))
            self.out = None
        if self._queue and any(now >= call.expires_at for _, _, call in self._queue):
            expired = [call for _, _, call in sorted(self._queue) if now >= call.expires_at]
            self._queue = [entry for entry in self._queue if now < entry[2].expires_at]
            heapq.heapify(self._queue)
            effects.extend(call.over(Outcome.TIMEOUT, sent=False) for call in expired)
        while self.out is None and self._queue:
            call = heapq.heappop(self._queue)[2]
            if (refused := guard(call)) is not None:
                effects.append(call.over(refused, sent=False))
                continue
            self.out, self.deadline = call, min(now + call.timeout, call.until)
            effects.append(Send(call.text))
        return effects

    def wake_at(self) -> float | None:
        soonest = self.deadline if self.out is not None else None
        for _, _, call in self._queue:
            if soonest is None or call.expires_at < soonest:
                soonest = call.expires_at
        return soonest

    def close(self) -> list[Answered]:
        effects = [] if self.out is None else [self.out.over(Outcome.CLOSED, sent=True)]
        effects.extend(call.over(Outcome.CLOSED, sent=False) for _, _, call in sorted(self._queue))
        self.out, self._queue = None, []
        return effects
