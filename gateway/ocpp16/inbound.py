"""The charger's calls: each answered exactly once, at once or when the store has spoken."""

from collections import deque

import msgspec

from gateway.central.completion import complete
from gateway.central.reply import Inbound, Reply
from gateway.central.table import HANDLERS, refusal
from gateway.ocpp16 import frames
from gateway.ocpp16.activity import ChargerActivity
from gateway.ocpp16.effects import Close, Effect, Noticed, Oddity, Send, Store
from gateway.ocpp16.errors import ErrorCode, Refusal
from gateway.ocpp16.records import Record, StoreFailed, StoreResult
from gateway.ocpp16.validate import read_payload
from gateway.ocpp16.vocabulary import ChargerAction

MAX_UNANSWERED = 32
MALFORMED_LIMIT = 10
MALFORMED_WINDOW_SECONDS = 60.0
POLICY_VIOLATION = 1008

_BOOT_FIRST = Refusal(ErrorCode.SECURITY_ERROR, "BootNotification first")
_NO_NUMBER = Refusal(ErrorCode.FORMATION_VIOLATION, "a number is out of range")
_FLOODED = Refusal(ErrorCode.INTERNAL_ERROR, "too many messages without an answer")


class Waiting(msgspec.Struct, frozen=True):
    """A charger's call whose answer awaits the store."""

    id: frames.MessageId
    record: Record


class Inbox:
    """``waiting`` by store token. ``charger`` says what it does; the session owns it too.

    ``bridged``: records carry the charger's own message, so that it can go up to a backend.
    """

    __slots__ = ("_malformed", "_token", "bridged", "charger", "waiting")

    def __init__(self, charger: ChargerActivity) -> None:
        self.charger = charger
        self.bridged = False
        self.waiting: dict[int, Waiting] = {}
        self._token = 0
        self._malformed: deque[float] | None = None

    def keep(self, record: Record) -> Store:
        self._token += 1
        return Store(self._token, record)

    def _keep_message(self, record: Record, call: frames.Call) -> Store:
        kept = self.keep(record)
        return Store(kept.token, record, call.action, frames.canonical(call.payload) or b"") if self.bridged else kept

    def take(self, call: frames.Call, now: float, authorization_required: bool, effects: list[Effect]) -> bool:
        """Answer the call or begin to; True when the verdict "idle" may have changed."""
        refused = self._refuse(call, effects)
        if refused is None:
            return False
        if isinstance(refused, Refusal):
            effects.append(Send(frames.error(call.id, refused.code, refused.description)))
            return False
        message, flags = refused
        inbound = Inbound(message, flags, now, self.charger, authorization_required, self.bridged)
        reply = HANDLERS[call.action](inbound)
        if flags or reply.oddity is not None:
            effects.append(Noticed(reply.oddity or Oddity.FLAGGED, ",".join((call.action, *flags))))
        self._reply(call, reply, effects)
        return reply.idle_may_change

    def malformed(self, frame: frames.Malformed, now: float, effects: list[Effect]) -> None:
        """Count it, answer where an answer is possible, and close after 10 within a minute."""
        effects.append(Noticed(Oddity.MALFORMED, frame.reason))
        if frame.answer_id is not None:
            effects.append(Send(frames.error(frame.answer_id, ErrorCode.FORMATION_VIOLATION, frame.reason)))
        if self._malformed is None:
            self._malformed = deque(maxlen=MALFORMED_LIMIT)
        self._malformed.append(now)
        if len(self._malformed) == MALFORMED_LIMIT and now - self._malformed[0] < MALFORMED_WINDOW_SECONDS:
            effects.append(Close(POLICY_VIOLATION, "too many malformed frames"))

    def stored(
        self, token: int, result: StoreResult, now: float, *, heartbeat_interval: int, settle: float
    ) -> tuple[Waiting, list[Effect]] | None:
        waiting = self.waiting.pop(token, None)
        if waiting is None:
            return None
        effects: list[Effect] = []
        if isinstance(result, StoreFailed):
            effects.append(Noticed(Oddity.STORE_FAILED, type(waiting.record).__name__))
        answer = complete(
            waiting.record,
            result,
            self.charger,
            now,
            heartbeat_interval=heartbeat_interval,
            settled_at=now + settle,
        )
        if isinstance(answer, Refusal):
            effects.append(Send(frames.error(waiting.id, answer.code, answer.description)))
        else:
            effects.append(Send(frames.result(waiting.id, answer)))
        return waiting, effects

    def _refuse(
        self, call: frames.Call, effects: list[Effect]
    ) -> tuple[msgspec.Struct, tuple[str, ...]] | Refusal | None:
        """The readable payload with its flags; or the error to send; or None: this very call waits already."""
        if self.waiting:
            if any(waiting.id == call.id for waiting in self.waiting.values()):
                effects.append(Noticed(Oddity.DUPLICATE_CALL))
                return None
            if len(self.waiting) >= MAX_UNANSWERED:
                effects.append(Noticed(Oddity.FLOODED))
                return _FLOODED
        if not self.charger.boot_accepted and call.action != ChargerAction.BOOT_NOTIFICATION:
            effects.append(Noticed(Oddity.NOT_BOOTED))
            return _BOOT_FIRST
        if call.action not in HANDLERS:
            effects.append(Noticed(Oddity.UNKNOWN_ACTION))
            return refusal(call.action)
        read = read_payload(call.action, call.payload)
        if self.bridged and not isinstance(read, Refusal) and frames.canonical(call.payload) is None:
            read = _NO_NUMBER
        if isinstance(read, Refusal):
            effects.append(Noticed(Oddity.REFUSED_PAYLOAD, f"{call.action},{read.code.value}"))
        return read

    def _reply(self, call: frames.Call, reply: Reply, effects: list[Effect]) -> None:
        store = None if reply.record is None else self._keep_message(reply.record, call)
        if store is not None and store.record.AWAITED:
            self.waiting[store.token] = Waiting(call.id, store.record)
        else:
            effects.append(Send(frames.result(call.id, reply.payload)))
        if store is not None:
            effects.append(store)
