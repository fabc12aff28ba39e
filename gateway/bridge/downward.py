"""The backend's calls: each answered within 25 seconds, here or by the charger."""

import asyncio
from collections.abc import Collection, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

import structlog

from chargers.profiles import profile_for
from gateway.bridge.calls import (
    MAINTENANCE,
    UNREACHABLE,
    Answer,
    Forward,
    Limiting,
    Refuse,
    Say,
    SetLegKey,
    ShowLegKeys,
    TakeKey,
    busy,
    decide,
    overlay,
)
from gateway.bridge.outbox import BOOT
from gateway.central.authorize import ACCEPTED as CARD_ACCEPTED
from gateway.ocpp16.effects import Outcome
from gateway.ocpp16.errors import ErrorCode
from gateway.ocpp16.frames import MessageId
from gateway.store.jobs import KeepTag

if TYPE_CHECKING:
    from gateway.bridge.leg import Leg
    from gateway.bridge.upstream import Upstream

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 25.0
CHARGER_SECONDS = 24.0
MOST_AT_ONCE = 16
STOP_AGAIN_SECONDS = 10.0
MOST_STOPS = 6
RELOGIN_SECONDS = 0.2
LONGEST_PING_INTERVAL = 86_400
ACCEPTED: Mapping[str, Any] = {"status": "Accepted"}


class Downward:
    def __init__(self, upstream: "Upstream") -> None:
        self.upstream = upstream
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping: dict[int, asyncio.Task[None]] = {}

    def take(self, call_id: MessageId, action: str, payload: Any) -> None:
        """Called while a frame is read: never waits."""
        leg = self.upstream.leg
        if leg is None:
            return
        if len(self._tasks) >= MOST_AT_ONCE:
            leg.refuse(call_id, ErrorCode.GENERIC_ERROR, "too many calls at once")
            return
        self._spawn(self._answer(leg, call_id, action, payload))

    def stop(self) -> None:
        for task in [*self._tasks, *self._stopping.values()]:
            task.cancel()

    def stop_refused(self, transaction_ids: Collection[int]) -> None:
        """The backend does not take the card of a session that was let begin: end it."""
        for transaction_id in transaction_ids:
            if transaction_id not in self._stopping:
                task = asyncio.get_running_loop().create_task(self._end_session(transaction_id))
                self._stopping[transaction_id] = task

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end_session(self, transaction_id: int) -> None:
        """Until the charger agrees to stop, also when it is away just now; a charger that always declines is let be."""
        up, declined = self.upstream, 0
        payload = {"transactionId": transaction_id}
        try:
            while transaction_id in up.refused and declined < MOST_STOPS:
                if up.local is not None:
                    answered = await up.local.relay("RemoteStopTransaction", payload, seconds=CHARGER_SECONDS)
                    if answered.outcome is Outcome.RESULT and answered.payload.get("status") == "Accepted":
                        log.info("the backend refused a card: session ended", device_id=up.device_id)
                        return
                    declined += answered.sent
                await asyncio.sleep(STOP_AGAIN_SECONDS)
        finally:
            del self._stopping[transaction_id]

    async def _answer(self, leg: "Leg", call_id: MessageId, action: str, payload: Any) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                deed = await self._carry_out(action, payload)
        except TimeoutError:
            deed = Refuse(ErrorCode.INTERNAL_ERROR, "this portal could not carry it out in time")
        except Exception as error:
            # No traceback: the frames' variables hold a key when it is a key that could not be kept.
            log.error(
                "a backend's call failed",
                device_id=self.upstream.device_id, action=action, error=type(error).__name__,
            )  # fmt: skip
            deed = Refuse(ErrorCode.INTERNAL_ERROR, "this portal could not carry it out")
        if isinstance(deed, Answer):
            leg.answer(call_id, deed.payload)
        else:
            leg.refuse(call_id, deed.code, deed.description)

    async def _carry_out(self, action: str, payload: Any) -> Answer | Refuse:
        up = self.upstream
        keys = self._allowed_keys() if action == "ChangeConfiguration" else ()
        maintenance = action in MAINTENANCE and await up.desk.allows_maintenance(up.charger_id)
        match decide(action, payload, allowed_keys=keys, maintenance=maintenance):
            case Answer() | Refuse() as known:
                return known
            case TakeKey(key):
                return await self._take_key(key)
            case SetLegKey(key, seconds):
                return self._set_leg_key(key, seconds)
            case ShowLegKeys(keys):
                return Answer(overlay({}, keys, up.settings.seconds))
            case Limiting() as deed:
                return await up.desk.limit(up.charger_id, up.device_id, up.backend.url, up.backend_ids, deed)
            case Say() as say:
                return self._say(say)
            case Forward(forwarded):
                return await self._forward(action, payload, forwarded)

    def _allowed_keys(self) -> Collection[str]:
        boot = self.upstream.boot_payload
        names = ("chargePointVendor", "chargePointModel", "firmwareVersion")
        return profile_for(*(str(boot.get(name, "")) for name in names)).backend_keys

    async def _take_key(self, key: str) -> Answer:
        """Committed before it is confirmed; the next login shows it, the one before stays valid until then."""
        up = self.upstream
        if not await up.desk.keep_key(up.charger_id, key, up.login.secret_id):
            return Answer({"status": "Rejected"})
        asyncio.get_running_loop().call_later(RELOGIN_SECONDS, up.reconnect)
        return Answer(ACCEPTED)

    def _set_leg_key(self, key: str, seconds: int) -> Answer:
        """Both hold from this moment on."""
        if key == "HeartbeatInterval":
            self.upstream.set_heartbeat(seconds)
        elif seconds > LONGEST_PING_INTERVAL:
            return Answer({"status": "Rejected"})
        else:
            self.upstream.settings.seconds[key] = seconds
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
            up.outbox.notice(say.action, up.boot_payload if say.action == BOOT else {})
        up.wake()
        return Answer(ACCEPTED)

    async def _forward(self, action: str, asked: Mapping[str, Any], payload: Mapping[str, Any]) -> Answer | Refuse:
        up = self.upstream
        local = up.local
        if local is None:
            return UNREACHABLE
        if local.pushing:
            return busy(action)
        if action == "RemoteStopTransaction":
            ours = next((pk for pk, number in up.backend_ids.items() if number == payload.get("transactionId")), None)
            if ours is None:
                return Answer({"status": "Rejected"})
            payload = {**payload, "transactionId": ours}
        elif action == "RemoteStartTransaction":
            # Its profile would be a limit of the backend's: those are not handed on.
            payload = {name: value for name, value in payload.items() if name != "chargingProfile"}
            if isinstance(id_tag := payload.get("idTag"), str) and id_tag:
                up.desk.put(KeepTag(up.charger_id, id_tag, CARD_ACCEPTED, ordered=True))
        answered = await local.relay(action, payload, seconds=CHARGER_SECONDS)
        match answered.outcome:
            case Outcome.RESULT:
                if action == "GetConfiguration":
                    return Answer(overlay(answered.payload, asked.get("key") or (), up.settings.seconds))
                return Answer(answered.payload)
            case Outcome.ERROR:
                return Refuse(answered.error_code or ErrorCode.GENERIC_ERROR, "the charge point refused it")
            case Outcome.NOT_IDLE:
                return busy(action)
        return Refuse(ErrorCode.INTERNAL_ERROR, "the charge point gave no answer") if answered.sent else UNREACHABLE
