"""What goes up while a backend listens, one call at a time: questions first, then the moment, then what was stored."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog

from gateway.bridge.leg import Leg, LinkLost, Refused
from gateway.bridge.outbox import Queued, with_transaction
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


class Delivering:
    def __init__(self, upstream: "Upstream") -> None:
        self.upstream = upstream
        self._refusals: dict[int, int] = {}
        self._hold_until = 0.0

    async def run(self, leg: Leg) -> None:
        """Until the leg is lost: raises LinkLost."""
        up = self.upstream
        heartbeat_at = time.monotonic() + up.settings.seconds["HeartbeatInterval"]
        while True:
            if leg.gone.is_set():
                raise LinkLost
            if up.questions:
                await self._ask(leg, up.questions.popleft())
            elif (notice := up.outbox.next_notice()) is not None:
                await self._say(leg, *notice)
            elif time.monotonic() >= heartbeat_at:
                await self._say(leg, "Heartbeat", {})
            elif time.monotonic() >= self._hold_until and await self._stored(leg):
                pass
            else:
                until = min(heartbeat_at, self._hold_until) if up.outbox.stored else heartbeat_at
                await up.wait_for_work(leg, max(0.01, until - time.monotonic()))
                continue
            heartbeat_at = time.monotonic() + up.settings.seconds["HeartbeatInterval"]

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
            answer = await leg.call(message.action, with_transaction(message, up.backend_ids), seconds=ANSWER_SECONDS)
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

    async def _end(self, message: Queued, answer: Mapping[str, Any], *, refused: bool) -> None:
        up = self.upstream
        if message.action != "StartTransaction" or message.transaction_id is None:
            outcome = "refused" if refused else "delivered"
            await up.desk.keep(EndMessages(up.charger_id, (message.id,), outcome))
            if message.action == "StopTransaction":
                up.backend_ids.pop(message.transaction_id or 0, None)
            return
        backend_id = answer.get("transactionId")
        number = backend_id if isinstance(backend_id, int) and not isinstance(backend_id, bool) else None
        status = self._keep_tag(str(message.payload.get("idTag", "")), answer)
        await up.desk.keep(
            MapTransaction(up.charger_id, message.id, message.transaction_id, up.backend.url, number, status)
        )
        if number is not None:
            up.backend_ids[message.transaction_id] = number
        if status not in {AuthorizationStatus.ACCEPTED, AuthorizationStatus.CONCURRENT_TX, ""}:
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
