"""What the simulated charger makes of an answer to one of its own calls: one function per action, one table."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gateway.simulator.line import Boot, Delivered, Line, Message

if TYPE_CHECKING:
    from gateway.simulator.charge_point import ChargePoint


def take(point: "ChargePoint", line: Line, delivered: Delivered, now: float) -> None:
    reply = REPLIES.get(delivered.message.action)
    if reply is not None:
        reply(point, line, delivered.message, delivered.payload, now)


def _accepted(payload: Mapping[str, Any]) -> bool:
    return bool((payload.get("idTagInfo") or {}).get("status") == "Accepted")


def _boot(point: "ChargePoint", line: Line, message: Message, payload: Mapping[str, Any] | None, now: float) -> None:
    status = payload.get("status") if payload else None
    interval = float(payload.get("interval") or 0) if payload else 0.0
    if status == "Accepted":
        line.accepted(interval, interval * point.rng.random(), now)
        if interval:
            point.configuration.set("HeartbeatInterval", str(int(interval)))
        point.settled(line, now)
    else:
        line.boot = Boot.PENDING if status else Boot.NEEDED
        line.boot_at = now + (interval or point.pace.boot_retry)


def _authorize(
    point: "ChargePoint", line: Line, message: Message, payload: Mapping[str, Any] | None, now: float
) -> None:
    if line is point.authority:
        may = point.may_offline(message.payload["idTag"], now) if payload is None else _accepted(payload)
        point.sessions.authorised(message.connector, may, now)


def _started(point: "ChargePoint", line: Line, message: Message, payload: Mapping[str, Any] | None, now: float) -> None:
    if payload is None or message.transaction is None:
        return
    line.ids[message.transaction] = int(payload.get("transactionId", -1))
    stops = line is point.authority and point.configuration.flag("StopTransactionOnInvalidId")
    if stops and not _accepted(payload):
        point.sessions.refused(message.transaction, now)
    point.save()


def _stopped(point: "ChargePoint", line: Line, message: Message, payload: Mapping[str, Any] | None, now: float) -> None:
    if payload is None or message.transaction is None:
        return
    line.ids.pop(message.transaction, None)
    line.told.discard(message.transaction)
    point.save()


REPLIES: Mapping[str, Callable[["ChargePoint", Line, Message, Mapping[str, Any] | None, float], None]] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "StartTransaction": _started,
    "StopTransaction": _stopped,
}
