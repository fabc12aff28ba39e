"""The critical section: brings one charger to an order's values, and never writes to a charger that is not idle.

Every write and the reset carry ``only_if_idle``: the session judges it in the same turn in which the frame is written.
The fence (ChangeAvailability Inoperative, where the profile allows it) keeps a car from starting in between.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from chargers.link_key import digest_link_key
from chargers.links.base import Encoding, KeyWrite, PushOrder, PushOutcome, PushResult, Reopen, WriteResult
from chargers.secret_keys import is_secret
from chargers.settings_diff import differences, same_value
from gateway.ocpp16.effects import Answered, Outcome, Priority

POSITIVE = frozenset({"Accepted", "RebootRequired"})
KEYS_PER_READ = 10
ANSWER_SECONDS = 30.0


class Line(Protocol):
    """The part of a connection a push uses."""

    async def call(
        self,
        action: str,
        payload: Mapping[str, Any],
        *,
        priority: Priority = ...,
        only_if_idle: bool = ...,
        answer_seconds: float | None = ...,
    ) -> Answered: ...
    def busy_reason(self) -> str: ...
    def to_close(self) -> tuple[int, ...]: ...
    def opening(self, fence: tuple[int, ...]) -> list[dict[str, Any]]: ...
    async def clear_profiles(self) -> Outcome: ...


class Books(Protocol):
    """What a push keeps, each committed before it returns."""

    async def begin(self, order: PushOrder) -> bool: ...
    async def step(self, order: PushOrder, step: Mapping[str, Any]) -> bool: ...
    async def close_fence(self, order: PushOrder, connectors: tuple[int, ...]) -> None: ...
    async def keep_candidate(self, order: PushOrder, digest: bytes) -> None: ...
    async def keep_reported(self, order: PushOrder, settings: Mapping[str, tuple[str | None, bool]]) -> None: ...
    async def secret(self, secret_id: int) -> tuple[str, str, bool]: ...


class _Ended(Exception):
    """The push is over before its end; ``result`` says how."""

    def __init__(self, result: PushResult, detail: str = "", failed_key: str = "") -> None:
        super().__init__(result)
        self.result, self.detail, self.failed_key = result, detail, failed_key


@dataclass(frozen=True)
class _Value:
    """What is written for one KeyWrite; ``proof``: fingerprint of a secret, ``link_key``: what a login would show."""

    text: str = field(repr=False)
    proof: str = ""
    link_key: bytes = field(default=b"", repr=False)


class Pusher:
    """One order at one charger. ``run`` answers the outcome and leaves nothing closed that it can open again.

    ``fence``: connectors (0: all) that are closed for a push, this one or one before it.
    """

    def __init__(
        self, order: PushOrder, line: Line, books: Books, pepper: bytes, *, fence: tuple[int, ...] = ()
    ) -> None:
        self.order, self.line, self.books, self.pepper = order, line, books, pepper
        self.writes: list[WriteResult] = []
        self.observed: dict[str, str | None] = {}
        self.unknown: list[str] = []
        self.changed: dict[str, str | None] = {}
        self.restored: list[str] = []
        self.kept: list[str] = []
        self.reset_status = ""
        self.fence = fence
        self.leaving = False

    async def run(self) -> PushOutcome:
        result, detail, failed_key = PushResult.DONE, "", ""
        try:
            if self.order.read_only:
                await self._read(self.order.read_keys)
                return self._outcome(PushResult.READ)
            await self._bring()
        except _Ended as ended:
            result, detail, failed_key = ended.result, ended.detail, ended.failed_key
            if result in {PushResult.REJECTED, PushResult.NOT_SUPPORTED}:
                await self._write_back()
        if self.fence and not self.leaving:
            await self._open()
        return self._outcome(result, detail, failed_key)

    def _outcome(self, result: PushResult, detail: str = "", failed_key: str = "") -> PushOutcome:
        return PushOutcome(
            delivery_id=self.order.delivery_id,
            fencing=self.order.fencing,
            result=result,
            epoch=self.order.epoch,
            writes=tuple(self.writes),
            observed={key: value for key, value in self.observed.items() if not is_secret(key)},
            unknown_keys=tuple(self.unknown),
            failed_key=failed_key,
            restored=tuple(self.restored),
            kept=tuple(self.kept),
            reset_status=self.reset_status,
            detail=detail,
        )

    async def _bring(self) -> None:
        order = self.order
        await self._read(order.read_keys)
        values = [(write, await self._value(write)) for write in order.writes]
        needed = [(write, value) for write, value in values if not self._matches(write, value)]
        self.writes += [WriteResult(write.key, "Unchanged") for write, value in values if (write, value) not in needed]
        if not needed and not order.force_reset:
            await self._clear_profiles()
            return
        # What somebody took out of service is closed already, and not ours to open again.
        if order.fence and (connectors := self.line.to_close()):
            await self._close(connectors)
        await self._clear_profiles()
        for write, value in needed:
            await self._write(write, value)
        await self._read_back(values)
        asks_reboot = any(result.status == "RebootRequired" for result in self.writes)
        if order.force_reset or (self.changed and (order.reset or asks_reboot)):
            await self._reset()

    async def _clear_profiles(self) -> None:
        """While the charger is closed and before it can leave: a limit left behind would hold it for days."""
        if not self.order.clear_charging_profiles:
            return
        match await self.line.clear_profiles():
            case Outcome.RESULT:
                return
            case Outcome.ERROR | Outcome.INVALID:
                raise _Ended(PushResult.REJECTED, failed_key="ClearChargingProfile")
            case _:
                raise _Ended(PushResult.OFFLINE, "ClearChargingProfile")

    async def _value(self, write: KeyWrite) -> _Value:
        if write.secret_id is None:
            return _Value(write.value or "")
        text, fingerprint, hexadecimal = await self.books.secret(write.secret_id)
        if write.encoding is Encoding.HEX:
            raw = bytes.fromhex(text) if hexadecimal else text.encode()
            return _Value(text if hexadecimal else raw.hex(), fingerprint, raw)
        return _Value(text, fingerprint, text.encode())

    def _matches(self, write: KeyWrite, value: _Value) -> bool:
        if write.secret_id is None:
            return same_value(value.text, self.observed.get(write.key))
        return bool(write.proof_key) and self.observed.get(write.proof_key) == value.proof

    async def _read(self, keys: tuple[str, ...]) -> None:
        """GetConfiguration in small portions; what the charger tells is kept, secrets are not."""
        for place in range(0, len(keys), KEYS_PER_READ):
            answered = await self._call("GetConfiguration", {"key": list(keys[place : place + KEYS_PER_READ])})
            told: dict[str, tuple[str | None, bool]] = {}
            for entry in answered.payload.get("configurationKey") or ():
                told[str(entry.get("key", ""))] = (entry.get("value"), bool(entry.get("readonly")))
            self.unknown += [str(key) for key in answered.payload.get("unknownKey") or ()]
            by_name = {key.lower(): key for key in keys}
            for key, (value, _read_only) in told.items():
                self.observed[by_name.get(key.lower(), key)] = value
            public = {key: pair for key, pair in told.items() if key and not is_secret(key)}
            if public:
                await self.books.keep_reported(self.order, public)

    async def _close(self, connectors: tuple[int, ...]) -> None:
        self.fence = tuple(sorted({*self.fence, *connectors}))
        await self.books.close_fence(self.order, self.fence)
        for connector in connectors:
            payload = {"connectorId": connector, "type": "Inoperative"}
            answered = await self._call("ChangeAvailability", payload, Priority.FENCE, only_if_idle=True)
            status = answered.payload.get("status")
            if answered.outcome is Outcome.RESULT and status == "Scheduled":
                raise _Ended(PushResult.BUSY, "transaction")
            if answered.outcome is Outcome.RESULT and status != "Accepted":
                # This charger cannot be closed: the check at every write is what is left.
                await self._open()
                return

    async def _open(self) -> None:
        for payload in self.line.opening(self.fence):
            answered = await self.line.call(
                "ChangeAvailability", payload, priority=Priority.FENCE, answer_seconds=ANSWER_SECONDS
            )
            if answered.outcome not in {Outcome.RESULT, Outcome.ERROR, Outcome.INVALID}:
                return
        self.fence = ()
        await self.books.close_fence(self.order, ())

    async def _write(self, write: KeyWrite, value: _Value) -> None:
        for key in (write.key, *write.alternatives):
            if write.candidate_login:
                await self.books.keep_candidate(self.order, digest_link_key(self.pepper, value.link_key))
            answered = await self._call("ChangeConfiguration", {"key": key, "value": value.text}, only_if_idle=True)
            status = str(answered.payload.get("status") or answered.error_code or "NotSupported")
            await self._keep_step({"key": key, "status": status})
            if status in POSITIVE:
                self.writes.append(WriteResult(write.key, status))
                self.changed[key] = self.observed.get(key)
                return
            self.writes.append(WriteResult(key, status))
            if status == "Rejected":
                raise _Ended(PushResult.REJECTED, failed_key=key)
        raise _Ended(PushResult.NOT_SUPPORTED, failed_key=write.key)

    async def _read_back(self, values: list[tuple[KeyWrite, _Value]]) -> None:
        if not self.changed:
            return
        await self._read(self.order.read_keys)
        wrong = differences(
            {write.key: value.text for write, value in values if write.secret_id is None and write.key in self.changed},
            self.observed,
        )
        unproven = [
            write.key for write, value in values
            if write.proof_key and write.key in self.changed and self.observed.get(write.proof_key) != value.proof
        ]  # fmt: skip
        readable = [key for key in wrong if key not in self.unknown]
        if readable or unproven:
            raise _Ended(PushResult.MISMATCH, ", ".join([*readable, *unproven]))

    async def _reset(self) -> None:
        if self.order.reopen is Reopen.BEFORE_RESET and self.fence:
            await self._open()
        await self._keep_step({"action": "Reset"})
        answered = await self._call("Reset", {"type": "Soft"}, only_if_idle=True)
        self.reset_status = str(answered.payload.get("status") or answered.error_code or "")
        self.leaving = self.reset_status == "Accepted"
        if not self.leaving:
            raise _Ended(PushResult.REJECTED, "reset", "Reset")

    async def _write_back(self) -> None:
        """Undo what was written before the refusal, newest first; what cannot be undone is told."""
        for key, before in reversed(self.changed.items()):
            if before is None or is_secret(key):
                self.kept.append(key)
                continue
            answered = await self.line.call(
                "ChangeConfiguration", {"key": key, "value": before}, priority=Priority.PUSH, only_if_idle=True,
                answer_seconds=ANSWER_SECONDS,
            )  # fmt: skip
            undone = answered.outcome is Outcome.RESULT and answered.payload.get("status") in POSITIVE
            (self.restored if undone else self.kept).append(key)

    async def _keep_step(self, step: Mapping[str, Any]) -> None:
        if not await self.books.step(self.order, step):
            # The lease is somebody else's now: stop here, the answer just got is kept in the record.
            raise _Ended(PushResult.STALE, "lease")

    async def _call(
        self, action: str, payload: Mapping[str, Any], priority: Priority = Priority.PUSH, *, only_if_idle: bool = False
    ) -> Answered:
        answered = await self.line.call(
            action, payload, priority=priority, only_if_idle=only_if_idle, answer_seconds=ANSWER_SECONDS
        )
        match answered.outcome:
            case Outcome.NOT_IDLE:
                raise _Ended(PushResult.BUSY, self.line.busy_reason())
            case Outcome.NOT_BOOTED:
                raise _Ended(PushResult.BUSY, "not_booted")
            case Outcome.TIMEOUT | Outcome.CLOSED:
                untouched = not answered.sent or action in {"GetConfiguration", "ChangeAvailability"}
                if untouched and not self.changed:
                    raise _Ended(PushResult.OFFLINE, action)
                raise _Ended(PushResult.NO_ANSWER, action)
        return answered


async def carry_out(
    order: PushOrder, pusher: Pusher, books: Books, end: Callable[[PushOutcome], Awaitable[None]]
) -> PushOutcome:
    """Begin, run, and keep the outcome. A begin that no longer stands is STALE and nothing is sent."""
    if not order.read_only and not await books.begin(order):
        return PushOutcome(order.delivery_id, order.fencing, PushResult.STALE, detail="claim")
    outcome = await pusher.run()
    if not order.read_only:
        await end(outcome)
    return outcome
