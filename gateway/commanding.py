"""Commands of people to a charger of this node; a change of its configuration passes the same gate as a push."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from chargers.links.base import KeyWrite, PushOrder, PushOutcome, PushResult, Reopen
from chargers.request_states import RequestError, RequestKind
from chargers.secret_keys import is_secret
from gateway.books import ChangeBooks
from gateway.clock import utc
from gateway.ocpp16.effects import Answered, Outcome
from gateway.orders import heed
from gateway.push import ANSWER_SECONDS, Pusher
from gateway.store.jobs import EndRequest, KeepReported, RingFor
from gateway.store.request_jobs import Claimed

if TYPE_CHECKING:
    from gateway.connections import Connection
    from gateway.server import Gateway

# Answers of chargers are shown to people and kept: no more of one than this.
LONGEST_ANSWER, MOST_SETTINGS = 4000, 500

ENDS: Mapping[Outcome, RequestError] = {
    Outcome.INVALID: RequestError.INVALID_ANSWER,
    Outcome.ERROR: RequestError.CALL_ERROR,
    Outcome.NOT_BOOTED: RequestError.NOT_BOOTED,
    Outcome.NOT_IDLE: RequestError.BUSY,
}
CHANGE_ENDS: Mapping[PushResult, RequestError] = {
    PushResult.BUSY: RequestError.BUSY,
    PushResult.OFFLINE: RequestError.OFFLINE,
    PushResult.MISMATCH: RequestError.MISMATCH,
    PushResult.NO_ANSWER: RequestError.OUTCOME_UNKNOWN,
    PushResult.STALE: RequestError.BROKEN,
}


class Commands:
    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway

    async def carry_out(self, claimed: Claimed) -> EndRequest:
        connection = self._gateway.connections.get(claimed.device_id)
        if connection is None or connection.session is None or connection.closing:
            return EndRequest(claimed.request_id, error=RequestError.OFFLINE)
        if connection.pushing:
            return EndRequest(claimed.request_id, error=RequestError.BUSY, result={"reason": "push"})
        if claimed.kind is RequestKind.CHANGE_CONFIGURATION:
            return await self._change(claimed, connection)
        connection.commanding += 1
        try:
            call = dict(claimed.payload["call"])
            if claimed.kind is RequestKind.GET_DIAGNOSTICS:
                call["location"] = await self._gateway.open_upload(claimed.request_id)
            answered = await connection.call(str(claimed.payload["action"]), call, answer_seconds=ANSWER_SECONDS)
        finally:
            connection.commanding -= 1
            self._ring(connection)
        if (ordered := heed(connection, str(claimed.payload["action"]), call, answered)) is not None:
            await self._gateway.commit(ordered)
        if answered.outcome is Outcome.RESULT and claimed.kind is RequestKind.GET_CONFIGURATION:
            return self._reported(claimed, connection, answered)
        if answered.outcome is Outcome.RESULT and claimed.kind is RequestKind.GET_DIAGNOSTICS:
            named = _file_name(answered, str(call["location"]))
            return EndRequest(claimed.request_id, result={"status": "Accepted", "file_name": named})
        return _ended(claimed, answered)

    def _reported(self, claimed: Claimed, connection: "Connection", answered: Answered) -> EndRequest:
        """What the charger told of its configuration is kept beside what rollouts read; secrets are not."""
        told = {
            str(entry["key"]): (entry["value"], bool(entry["readonly"]))
            for entry in answered.payload["configurationKey"][:MOST_SETTINGS]
            if entry["key"] and not is_secret(str(entry["key"]))
        }
        if told:
            now = utc(self._gateway.clock.now())
            self._gateway.store.put(KeepReported(connection.entry.charger_id, now, told))
        unknown = [str(key)[:100] for key in answered.payload["unknownKey"][:MOST_SETTINGS]]
        return EndRequest(claimed.request_id, result={"status": "Accepted", "count": len(told), "unknown": unknown})

    async def _change(self, claimed: Claimed, connection: "Connection") -> EndRequest:
        """The push's critical section, for keys that no rollout manages: idle, closed, written, read back, opened."""
        if reason := connection.busy_reason():
            return EndRequest(claimed.request_id, error=RequestError.BUSY, result={"reason": reason})
        asked = claimed.payload["call"]
        session = connection.session
        assert session is not None
        order = PushOrder(
            delivery_id=0, fencing=0, charger_id=connection.entry.charger_id, device_id=claimed.device_id,
            node=self._gateway.node, epoch=session.epoch,
            writes=tuple(KeyWrite(key, value) for key, value in asked["settings"].items()),
            read_keys=tuple(asked["settings"]), fence=bool(asked["fence"]), reopen=Reopen(asked["reopen"]),
        )  # fmt: skip
        connection.pushing = True
        books = ChangeBooks(self._gateway, connection)
        pusher = Pusher(order, connection, books, b"", fence=connection.fence)
        try:
            outcome = await pusher.run()
        finally:
            connection.fence = pusher.fence
            connection.pushing = False
            self._ring(connection)
        return _changed(claimed, outcome)

    def _ring(self, connection: "Connection") -> None:
        """A push that was put off by us is looked at again."""
        self._gateway.store.put(RingFor(connection.entry.charger_id))


def _file_name(answered: Answered, location: str) -> str:
    """Without folders, and without the token where a charger repeats its address."""
    told = str(answered.payload.get("fileName", "")).replace(location.rpartition("/")[2], "").rstrip("/")
    return PurePosixPath(told.replace("\\", "/")).name[:255]


def _ended(claimed: Claimed, answered: Answered) -> EndRequest:
    number = claimed.request_id
    match answered.outcome:
        case Outcome.RESULT:
            return EndRequest(number, result=_short({"status": "Accepted", **answered.payload}))
        case Outcome.TIMEOUT:
            return EndRequest(number, error=RequestError.OUTCOME_UNKNOWN if answered.sent else RequestError.NOT_SENT)
        case Outcome.CLOSED:
            return EndRequest(number, error=RequestError.OUTCOME_UNKNOWN if answered.sent else RequestError.OFFLINE)
    code = str(answered.error_code or "")
    return EndRequest(number, error=ENDS[answered.outcome], result={"error_code": code} if code else {})


def _changed(claimed: Claimed, outcome: PushOutcome) -> EndRequest:
    """A refusal by the charger is an answer like another; everything else than done is an error of ours."""
    statuses = {write.key: write.status for write in outcome.writes}
    order = ("NotSupported", "Rejected", "RebootRequired", "Accepted", "Unchanged")
    result: dict[str, Any] = {
        "status": next((word for word in order if word in statuses.values()), ""),
        "statuses": statuses,
        "observed": _short(outcome.observed),
        "restored": list(outcome.restored),
        "kept": list(outcome.kept),
        "reset_status": outcome.reset_status,
    }
    if outcome.result is PushResult.BUSY:
        result = {"reason": outcome.detail}
    if outcome.result is PushResult.REJECTED and outcome.failed_key == "Reset":
        return EndRequest(claimed.request_id, result={**result, "status": "RebootRequired"})
    return EndRequest(claimed.request_id, error=CHANGE_ENDS.get(outcome.result, ""), result=result)


def _short(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[:LONGEST_ANSWER] if isinstance(value, str) else value for name, value in payload.items()}
