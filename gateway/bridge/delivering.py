"""What goes up while a backend listens, one call at a time: questions first, then the moment, then what was stored."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog

from gateway.bridge.leg import Leg, LinkLost, Refused
from gateway.bridge.offline import TAKEN
from gateway.bridge.outbox import BOOT, Queued, with_transaction
from gateway.clock import read_time
from gateway.ocpp16.records import TagAnswer
from gateway.ocpp16.vocabulary import AuthorizationStatus
from gateway.store.jobs import EndMessages, KeepTag, MapTransaction

if TYPE_CHECKING:
    from gateway.bridge.upstream import Question, Upstream

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 60.0
# A backend that answers a stored message with an error gets it again on this many occasions, then it is given up.
MOST_REFUSALS = 3
REFUSED_PAUSE_SECONDS = 2.0
# A backend that hangs up whenever it gets a certain message is told it so many times as it is.
MOST_HANG_UPS = 5
HANG_UP_SECONDS = 5.0


class Delivering:
    def __init__(self, upstream: "Upstream") -> None:
        self.upstream = upstream
        self._refusals: dict[int, int] = {}
        self._hang_ups: tuple[int, int] = (0, 0)
        self._hold_until = 0.0

    async def run(self, leg: Leg) -> None:
        """Until the leg is lost, or given up between two calls: raises LinkLost."""
        up = self.upstream
        said_at = time.monotonic()
        while True:
            if up.must_leave:
                leg.close()
            if leg.gone.is_set():
                raise LinkLost
            heartbeat_at = said_at + up.settings.seconds["HeartbeatInterval"]
            if up.questions:
                await self._ask(leg, up.questions.popleft())
            elif (notice := up.outbox.next_notice()) is not None:
                await self._tell(leg, *notice)
            elif time.monotonic() >= heartbeat_at:
                await self._say(leg, "Heartbeat", {})
            elif time.monotonic() >= self._hold_until and await self._stored(leg):
                pass
            else:
                until = min(heartbeat_at, self._hold_until) if up.outbox.stored else heartbeat_at
                await up.wait_for_work(max(0.01, until - time.monotonic()))
                continue
            said_at = time.monotonic()

    async def _ask(self, leg: Leg, question: "Question") -> None:
        if question.answer.done() or time.monotonic() > question.expires_at:
            return
        try:
            answer = await leg.call(question.action, question.payload, seconds=ANSWER_SECONDS)
        except (Refused, LinkLost) as error:
            if not question.answer.done():
                question.answer.set_exception(error)
            if isinstance(error, LinkLost):
                raise
            return
        if question.action == "Authorize":
            self._keep_tag(str(question.payload.get("idTag", "")), answer)
        if not question.answer.done():
            question.answer.set_result(answer)

    async def _tell(self, leg: Leg, action: str, payload: Mapping[str, Any]) -> None:
        """A boot may be answered with "not now": then nothing else goes up until it is Accepted."""
        if action == BOOT:
            await self.upstream.introduce(leg)
        else:
            await self._say(leg, action, payload)

    async def _say(self, leg: Leg, action: str, payload: Mapping[str, Any]) -> None:
        try:
            await leg.call(action, payload, seconds=ANSWER_SECONDS)
        except Refused as error:
            log.info("the backend refused a message", device_id=self.upstream.device_id, action=action, code=error.code)

    async def _stored(self, leg: Leg) -> bool:
        """The next stored message; False: none waits. It stays first until its end is committed."""
        up = self.upstream
        if not up.outbox.stored and up.outbox.more:
            messages, complete = await up.desk.load(up.charger_id, up.backend.url, up.outbox.last_id)
            up.outbox.loaded(messages, all_of_them=complete)
        if not up.outbox.stored:
            return False
        message = up.outbox.stored[0]
        try:
            answer = await self._deliver(leg, message)
        except Refused as error:
            answer = {}
            self._refusals[message.id] = self._refusals.get(message.id, 0) + 1
            if self._refusals[message.id] < MOST_REFUSALS:
                self._hold_until = time.monotonic() + REFUSED_PAUSE_SECONDS
                return False
            log.warning("a message was given up", device_id=up.device_id, action=message.action, code=error.code)
        await self._end(message, answer, refused=self._refusals.pop(message.id, 0) >= MOST_REFUSALS)
        up.outbox.stored.popleft()
        return True

    async def _deliver(self, leg: Leg, message: Queued) -> dict[str, Any]:
        """Raises Refused and LinkLost. What a backend cannot bear must not hold up everything behind it for ever."""
        payload = with_transaction(message, self.upstream.backend_ids)
        times = self._hang_ups[1] if self._hang_ups[0] == message.id else 0
        if times >= MOST_HANG_UPS:
            if message.action == "MeterValues":
                self._refusals[message.id] = MOST_REFUSALS
                raise Refused("hangs_up")
            payload.pop("transactionData", None)
        sent_at = time.monotonic()
        try:
            return await leg.call(message.action, payload, seconds=ANSWER_SECONDS)
        except LinkLost:
            if time.monotonic() - sent_at < HANG_UP_SECONDS:
                self._hang_ups = (message.id, times + 1)
            raise

    async def _end(self, message: Queued, answer: Mapping[str, Any], *, refused: bool) -> None:
        up = self.upstream
        if message.action != "StartTransaction" or message.transaction_id is None:
            outcome = "refused" if refused else "delivered"
            await up.desk.keep(EndMessages(up.charger_id, (message.id,), outcome))
            if message.action == "StopTransaction":
                up.backend_ids.pop(message.transaction_id or 0, None)
            return
        number: int | None = answer.get("transactionId")
        if not isinstance(number, int) or isinstance(number, bool) or abs(number) >= 2**63:
            number = None
        status = self._keep_tag(str(message.payload.get("idTag", "")), answer)
        await up.desk.keep(
            MapTransaction(up.charger_id, message.id, message.transaction_id, up.backend.url, number, status)
        )
        if number is not None:
            up.backend_ids[message.transaction_id] = number
        if status not in TAKEN:
            up.stop_refused((message.transaction_id,))

    def _keep_tag(self, id_tag: str, answer: Mapping[str, Any]) -> str:
        """Remember what the backend says of a card; its status, empty where it says none."""
        tag = read_tag(answer)
        if tag is None or not id_tag:
            return ""
        if tag.status != AuthorizationStatus.CONCURRENT_TX:
            self.upstream.desk.put(KeepTag(self.upstream.charger_id, id_tag, tag))
        return tag.status


def read_tag(answer: Mapping[str, Any]) -> TagAnswer | None:
    """The IdTagInfo of an answer; None where it has none that can be read."""
    info = answer.get("idTagInfo")
    if not isinstance(info, dict) or info.get("status") not in set(AuthorizationStatus):
        return None
    expiry, parent = info.get("expiryDate"), info.get("parentIdTag")
    return TagAnswer(
        str(info["status"]),
        read_time(expiry) if isinstance(expiry, str) else None,
        parent[:20] if isinstance(parent, str) else "",
    )
