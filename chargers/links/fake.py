"""Chargers and their gateway in memory: the engine's tests play every fault on it without a socket.

It does what gateway/push.py does, by the same contract (tests/contract): claim, idle, read, fence, write what differs,
read back, reset. Its gateway keeps PushRecords through ``books``, or none.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from chargers.links.base import KeyWrite, LinkUnavailable, PushOrder, PushOutcome, PushResult, WriteResult
from chargers.settings_diff import same_value

POSITIVE = frozenset({"Accepted", "RebootRequired"})


class Fault(StrEnum):
    """What goes wrong at one charger, once per entry of its ``faults``; a reading then finds it offline.

    UNHEARD: the order never reaches the charger, nobody answers. KILLED: the gateway dies after the first write was
    accepted and kept. SILENT: the charger takes the first write and its answer is lost. LATE: all is done and kept, the
    outcome reaches nobody.
    """

    UNHEARD = "unheard"
    KILLED = "killed"
    SILENT = "silent"
    LATE = "late"


class Books(Protocol):
    """What the gateway keeps of a push, each committed before it returns."""

    def begin(self, order: PushOrder, boot_number: int) -> bool: ...
    def step(self, order: PushOrder, step: dict[str, str]) -> None: ...
    def end(self, order: PushOrder, outcome: PushOutcome) -> None: ...


class NoBooks:
    def begin(self, order: PushOrder, boot_number: int) -> bool:
        return True

    def step(self, order: PushOrder, step: dict[str, str]) -> None: ...

    def end(self, order: PushOrder, outcome: PushOutcome) -> None: ...


@dataclass
class FakeCharger:
    """``settings`` None: a key that cannot be read. ``answers``: what a key answers instead of Accepted."""

    settings: dict[str, str | None] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    epoch: int = 1
    boot_number: int = 1
    online: bool = True
    busy: str = ""
    deaf: frozenset[str] = frozenset()
    faults: list[Fault] = field(default_factory=list)
    pushing: bool = False
    received: list[tuple[str, str]] = field(default_factory=list)
    on_reset: Callable[["FakeCharger"], None] = lambda charger: None


class Lost(Exception):
    """The outcome of an order reaches nobody."""


class FakeLink:
    """``carry`` does what a gateway does with a request it is told of."""

    def __init__(
        self,
        chargers: dict[str, FakeCharger],
        books: Books | None = None,
        carry: Callable[[str, int], None] = lambda _node, _request_id: None,
    ) -> None:
        self.chargers = chargers
        self.carry = carry
        self.books: Books = books or NoBooks()
        self.available = True
        self.orders: list[PushOrder] = []

    def push(self, orders: Sequence[PushOrder], *, timeout_seconds: float) -> Iterator[Sequence[PushOutcome]]:
        if not self.available:
            raise LinkUnavailable("the fake bus is down")
        self.orders += orders
        for order in orders:
            try:
                yield [self.carry_out(order)]
            except Lost:
                continue

    def ask(self, node: str, request_id: int) -> None:
        if not self.available:
            raise LinkUnavailable("the fake bus is down")
        self.carry(node, request_id)

    def carry_out(self, order: PushOrder) -> PushOutcome:
        """The gateway's side of one order."""
        charger = self.chargers.get(order.device_id)
        blank = PushOutcome(order.delivery_id, order.fencing, PushResult.OFFLINE, epoch=order.epoch)
        if charger is None or not charger.online:
            return blank
        if charger.epoch != order.epoch:
            return replace(blank, result=PushResult.STALE, detail="epoch")
        if charger.pushing or (charger.busy and not order.read_only):
            return replace(blank, result=PushResult.BUSY, detail=charger.busy or "push")
        fault = charger.faults.pop(0) if charger.faults else None
        if fault is Fault.UNHEARD:
            raise Lost
        if order.read_only:
            result = PushResult.READ if fault is None else PushResult.OFFLINE
            return replace(blank, result=result, observed=_read(charger, order) if fault is None else {})
        if not self.books.begin(order, charger.boot_number):
            return replace(blank, result=PushResult.STALE, detail="claim")
        outcome = self._bring(order, charger, fault, blank)
        self.books.end(order, outcome)
        if fault is Fault.LATE:
            raise Lost
        return outcome

    def _bring(self, order: PushOrder, charger: FakeCharger, fault: Fault | None, blank: PushOutcome) -> PushOutcome:
        before = _read(charger, order)
        results: list[WriteResult] = []
        changed: dict[str, str | None] = {}
        for write in order.writes:
            if _held(write, before):
                results.append(WriteResult(write.key, "Unchanged"))
                continue
            for key in (write.key, *write.alternatives):
                status = self._write(order, charger, replace(write, key=key), fault)
                if status != "NotSupported":
                    break
            fault = None
            results.append(WriteResult(write.key, status))
            told = replace(blank, boot_number=charger.boot_number, writes=tuple(results), failed_key=write.key)
            if status == "NoAnswer":
                return replace(told, result=PushResult.NO_ANSWER)
            if status not in POSITIVE:
                restored = _write_back(charger, changed)
                kept = tuple(key for key in changed if key not in restored)
                refused = PushResult.NOT_SUPPORTED if status == "NotSupported" else PushResult.REJECTED
                return replace(told, result=refused, restored=restored, kept=kept)
            changed[write.key] = before.get(write.key)
        done = replace(
            blank, result=PushResult.DONE, boot_number=charger.boot_number, writes=tuple(results),
            observed=_read(charger, order),
        )  # fmt: skip
        if any(
            write.value is not None and not same_value(write.value, charger.settings.get(write.key))
            for write in order.writes
            if write.key in changed
        ):
            return replace(done, result=PushResult.MISMATCH)
        return self._reset(order, charger, done, bool(changed), results)

    def _write(self, order: PushOrder, charger: FakeCharger, write: KeyWrite, fault: Fault | None) -> str:
        value = write.value if write.value is not None else f"secret {write.secret_id}"
        status = charger.answers.get(write.key, "Accepted")
        charger.received.append((write.key, value))
        if status in POSITIVE and write.key not in charger.deaf:
            place = write.key if write.value is not None else write.proof_key
            if write.value is not None or place in charger.settings:
                charger.settings[place] = value if write.value is not None else proof_of(value)
        if fault is Fault.SILENT:
            return "NoAnswer"
        self.books.step(order, {"key": write.key, "status": status})
        if fault is Fault.KILLED:
            raise Lost
        return status

    def _reset(
        self, order: PushOrder, charger: FakeCharger, done: PushOutcome, changed: bool, results: list[WriteResult]
    ) -> PushOutcome:
        asked = any(result.status == "RebootRequired" for result in results)
        if not order.force_reset and not (changed and (order.reset or asked)):
            return done
        self.books.step(order, {"action": "Reset"})
        status = charger.answers.get("Reset", "Accepted")
        charger.received.append(("Reset", "Soft"))
        if status != "Accepted":
            return replace(done, result=PushResult.REJECTED, reset_status=status, detail="reset", failed_key="Reset")
        charger.on_reset(charger)
        return replace(done, reset_status=status)


def proof_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def _held(write: KeyWrite, before: dict[str, str | None]) -> bool:
    if write.value is not None:
        return same_value(write.value, before.get(write.key))
    return bool(write.proof_key) and before.get(write.proof_key) == proof_of(f"secret {write.secret_id}")


def _read(charger: FakeCharger, order: PushOrder) -> dict[str, str | None]:
    return {key: charger.settings[key] for key in order.read_keys if key in charger.settings}


def _write_back(charger: FakeCharger, changed: dict[str, str | None]) -> tuple[str, ...]:
    restored = []
    for key, before in reversed(changed.items()):
        if before is not None:
            charger.received.append((key, before))
            charger.settings[key] = before
            restored.append(key)
    return tuple(restored)
