"""One conversation with one central system: a CALL at a time, transaction messages kept and delivered in order.

Pure: ``now`` is Unix time in seconds, texts go out as return values. The line survives its connections; it starts
again (``restart``) when the charger boots or is sent to another central system.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gateway.simulator import rpc
from gateway.simulator.configuration import Configuration
from gateway.simulator.values import timestamp

TIMEOUTS_TO_HANG_UP = 2
NO_TRANSACTION = -1


class Boot(StrEnum):
    NEEDED = "needed"
    PENDING = "pending"
    ACCEPTED = "accepted"


@dataclass(slots=True)
class Message:
    """A CALL to be sent. ``transaction``: the charger's own number of it; such messages are never dropped.

    ``order`` keeps transaction messages and the others in the order they happened. ``triggered``: asked for by the
    central system, so allowed before the boot is accepted.
    """

    action: str
    payload: dict[str, Any]
    transaction: int | None = None
    connector: int = 0
    triggered: bool = False
    order: int = 0
    attempts: int = 0
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """``payload`` None: a CALLERROR (``code``) or, with no code, no answer in time."""

    message: Message
    payload: dict[str, Any] | None
    code: str = ""


@dataclass(slots=True)
class Line:
    name: str
    prefix: str
    call_timeout: float
    configuration: Configuration
    connected: bool = False
    boot: Boot = Boot.NEEDED
    boot_at: float = 0.0
    heartbeat_seconds: float = 0.0
    heartbeat_at: float | None = None
    outstanding: Message | None = None
    outstanding_id: str = ""
    deadline: float = 0.0
    timeouts: int = 0
    given_up: int = 0
    transactions: deque[Message] = field(default_factory=deque)
    others: deque[Message] = field(default_factory=deque)
    ids: dict[int, int] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)
    _count: int = 0

    def put(self, message: Message) -> None:
        """Transaction messages wait for any outage to end; the others are told now or never.

        A central system that was not told of a transaction's start hears nothing of the rest.
        """
        if message.action == "StartTransaction" and message.transaction is not None:
            self.told.add(message.transaction)
        if message.transaction is not None and message.transaction not in self.told:
            return
        self._count += 1
        message.order = self._count
        if message.transaction is not None:
            self.transactions.append(message)
        elif self.connected and (self.boot is Boot.ACCEPTED or message.triggered):
            self.others.append(message)

    def opened(self, now: float) -> None:
        self.connected = True
        self.timeouts = 0
        if self.boot is not Boot.ACCEPTED:
            self.boot_at = now

    def closed(self) -> None:
        if self.outstanding is not None and self.outstanding.transaction is not None:
            self.transactions.appendleft(self.outstanding)
        self.outstanding = None
        self.connected = False
        self.others.clear()

    def restart(self) -> None:
        """The charger boots: introduce ourselves again. Kept messages and transaction ids stay."""
        self.closed()
        self.boot = Boot.NEEDED
        self.heartbeat_at = None

    def accepted(self, interval: float, first_heartbeat: float, now: float) -> None:
        self.boot = Boot.ACCEPTED
        self.beat(interval, now)
        if self.heartbeat_at is not None:
            self.heartbeat_at = now + first_heartbeat

    def beat(self, interval: float, now: float) -> None:
        self.heartbeat_seconds = interval
        self.heartbeat_at = now + interval if interval > 0 else None

    def pump(self, boot_payload: Callable[[], dict[str, Any]], now: float) -> str | None:
        """The next CALL to write, if one may be written now."""
        if not self.connected or self.outstanding is not None:
            return None
        message = self._next(boot_payload, now)
        if message is None:
            return None
        self._count += 1
        self.outstanding, self.outstanding_id = message, f"{self.prefix}.{self._count}"
        self.deadline = now + self.call_timeout
        message.attempts += 1
        return rpc.call(self.outstanding_id, message.action, self._addressed(message))

    def _next(self, boot_payload: Callable[[], dict[str, Any]], now: float) -> Message | None:
        if self.boot is not Boot.ACCEPTED:
            if self.others:
                return self.others.popleft()
            if now < self.boot_at:
                return None
            self.boot_at = now + self.call_timeout
            return Message("BootNotification", boot_payload())
        if self.heartbeat_at is not None and now >= self.heartbeat_at:
            self.beat(self.heartbeat_seconds, now)
            self.put(Message("Heartbeat", {}))
        kept = self.transactions[0] if self.transactions and self.transactions[0].not_before <= now else None
        if kept is not None and (not self.others or kept.order < self.others[0].order):
            return self.transactions.popleft()
        return self.others.popleft() if self.others else None

    def _addressed(self, message: Message) -> dict[str, Any]:
        """The central system's id of the transaction is only known once its start has been answered."""
        if message.transaction is None or message.action == "StartTransaction":
            return message.payload
        number = self.ids.get(message.transaction)
        if number is None and message.action == "MeterValues":
            return message.payload
        return {**message.payload, "transactionId": NO_TRANSACTION if number is None else number}

    def answered(self, frame: rpc.Result | rpc.Error, now: float) -> Delivered | None:
        """What the answer was to; None for an answer nobody waits for (any more)."""
        message = self.outstanding
        if message is None or frame.id != self.outstanding_id:
            return None
        self.outstanding = None
        self.timeouts = 0
        if isinstance(frame, rpc.Result) and isinstance(frame.payload, dict):
            return Delivered(message, frame.payload)
        code = frame.code if isinstance(frame, rpc.Error) else "FormationViolation"
        if code == "SecurityError" and message.action != "BootNotification":
            self.boot, self.boot_at = Boot.NEEDED, now
            self.others.clear()
        self._again(message, now)
        return Delivered(message, None, code)

    def overdue(self, now: float) -> Delivered | None:
        """The call that got no answer in time; transaction messages are sent again for ever."""
        message = self.outstanding
        if message is None or now < self.deadline:
            return None
        self.outstanding = None
        self.timeouts += 1
        if message.transaction is not None:
            message.attempts = 0
        self._again(message, now)
        return Delivered(message, None)

    def _again(self, message: Message, now: float) -> None:
        """EJ-3.3: a transaction message that could not be processed is repeated, each time later (1.6, 9.1.30)."""
        if message.transaction is None:
            return
        if message.attempts >= self.configuration.integer("TransactionMessageAttempts"):
            self.given_up += 1
            return
        message.not_before = now + self.configuration.integer("TransactionMessageRetryInterval") * max(
            message.attempts, 1
        )
        self.transactions.appendleft(message)

    def due(self) -> float | None:
        """When time alone would change something."""
        if not self.connected:
            return None
        if self.outstanding is not None:
            return self.deadline
        if self.boot is not Boot.ACCEPTED:
            return self.boot_at
        times = [self.heartbeat_at, self.transactions[0].not_before if self.transactions else None]
        return min((at for at in times if at is not None), default=None)


def status_notification(connector: int, status: str, now: float) -> dict[str, Any]:
    return {"connectorId": connector, "errorCode": "NoError", "status": status, "timestamp": timestamp(now)}
