"""The backend's calls: each answered within 25 seconds, here or by the charger."""

import asyncio
from collections.abc import Collection, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

import structlog

from gateway.bridge.calls import Answer, Forward, Refuse, Say, SetLegKey, TakeKey, busy, decide, overlay
from gateway.ocpp16.effects import Outcome
from gateway.ocpp16.errors import ErrorCode
from gateway.ocpp16.frames import MessageId

if TYPE_CHECKING:
    from gateway.bridge.upstream import Upstream

log = structlog.get_logger(__name__)

CHARGER_SECONDS = 25.0
MOST_AT_ONCE = 16
ACCEPTED: Mapping[str, Any] = {"status": "Accepted"}


class Downward:
    def __init__(self, upstream: "Upstream") -> None:
        self.upstream = upstream
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, call_id: MessageId, action: str, payload: Any) -> None:
        """Called while a frame is read: never waits."""
        leg = self.upstream.leg
        if leg is None:
            return
        if len(self._tasks) >= MOST_AT_ONCE:
            leg.refuse(call_id, ErrorCode.GENERIC_ERROR, "too many calls at once")
            return
        self._spawn(self._answer(call_id, action, payload))

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    def stop_refused(self, transaction_ids: Collection[int]) -> None:
        """The backend does not take the card of a session that was let begin: end it."""
        for transaction_id in transaction_ids:
            self._spawn(self._end_session(transaction_id))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end_session(self, transaction_id: int) -> None:
        local = self.upstream.local
        if local is not None:
            log.info("the backend refused a card: session ended", device_id=self.upstream.device_id)
            payload = {"transactionId": transaction_id}
            await local.relay("RemoteStopTransaction", payload, seconds=CHARGER_SECONDS)

    async def _answer(self, call_id: MessageId, action: str, payload: Any) -> None:
        leg = self.upstream.leg
        if leg is None:
            return
        try:
            deed = await self._carry_out(action, payload)
        except Exception:
            log.exception("a backend's call failed", device_id=self.upstream.device_id, action=action)
            deed = Refuse(ErrorCode.INTERNAL_ERROR, "this portal could not carry it out")
        if isinstance(deed, Answer):
            leg.answer(call_id, deed.payload)
        else:
            leg.refuse(call_id, deed.code, deed.description)

    async def _carry_out(self, action: str, payload: Any) -> Answer | Refuse:
        up = self.upstream
        match decide(action, payload):
            case Answer() | Refuse() as known:
                return known
            case TakeKey(key):
                return await self._take_key(key)
            case SetLegKey(key, seconds):
                up.settings.seconds[key] = seconds
                if key == "HeartbeatInterval":
                    up.set_heartbeat(seconds)
                return Answer(ACCEPTED)
            case Say() as say:
                return self._say(say)
            case Forward(forwarded):
                return await self._forward(action, payload, forwarded)

    async def _take_key(self, key: str) -> Answer:
        """Committed before it is confirmed; the next login shows it, the one before stays valid until then."""
        if not await self.upstream.desk.keep_key(self.upstream.charger_id, key):
            return Answer({"status": "Rejected"})
        asyncio.get_running_loop().call_later(0.2, self.upstream.reconnect)
        return Answer(ACCEPTED)

    def _say(self, say: Say) -> Answer:
        up = self.upstream
        if say.action == "StatusNotification":
            wanted = up.statuses if say.connector is None else {say.connector: up.statuses.get(say.connector)}
            if not wanted or None in wanted.values():
                return Answer({"status": "Rejected"})
            for payload in list(up.statuses.values()) if say.connector is None else [up.statuses[say.connector]]:
                up.outbox.notice("StatusNotification", payload)
        else:
            up.outbox.notice(say.action, up.boot_payload if say.action == "BootNotification" else {})
        up.wake()
        return Answer(ACCEPTED)

    async def _forward(self, action: str, asked: Mapping[str, Any], payload: Mapping[str, Any]) -> Answer | Refuse:
        up = self.upstream
        local = up.local
        if local is None or local.pushing:
            return busy(action)
        if action == "RemoteStopTransaction":
            ours = next((pk for pk, number in up.backend_ids.items() if number == payload.get("transactionId")), None)
            if ours is None:
                return Answer({"status": "Rejected"})
            payload = {**payload, "transactionId": ours}
        elif action == "RemoteStartTransaction":
            # Its profile would be a limit of the backend's: those are not handed on.
            payload = {name: value for name, value in payload.items() if name != "chargingProfile"}
        answered = await local.relay(action, payload, seconds=CHARGER_SECONDS)
        if answered.outcome is Outcome.RESULT:
            if action == "GetConfiguration":
                return Answer(overlay(answered.payload, asked.get("key") or (), up.settings.seconds))
            return Answer(answered.payload)
        if answered.outcome is Outcome.ERROR:
            return Refuse(answered.error_code or ErrorCode.GENERIC_ERROR, "the charge point refused it")
        return (
            busy(action) if not answered.sent else Refuse(ErrorCode.INTERNAL_ERROR, "the charge point gave no answer")
        )
