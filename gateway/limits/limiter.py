"""One charger's limits: what its backend and its share of the site allow, and our own profiles that keep it. asyncio.

Level-triggered: whatever wakes it, it looks at what should be and what the charger has accepted, and says the one thing
that is missing most. What comes while it waits for an answer is thereby said together.
"""

import asyncio
import contextlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Protocol

import structlog

from chargers.charging.profile import Purpose
from gateway.clock import Clock
from gateway.limits.facts import Kept, Known
from gateway.limits.wanted import Clear, Given, Site, Slot, Value, Write, next_change, next_step, wanted
from gateway.limits.words import set_request
from gateway.ocpp16.effects import Answered, Outcome, Priority
from gateway.ocpp16.errors import ErrorCode

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS = 1.0
LONGEST_SLEEP_SECONDS = 600.0
AFTER_REFUSAL_SECONDS = 60.0
AFTER_SILENCE_SECONDS = 5.0
ANSWER_SECONDS = 30.0
NEVER = frozenset({ErrorCode.NOT_SUPPORTED, ErrorCode.NOT_IMPLEMENTED})


class Line(Protocol):
    """A charger's connection as far as limits need it. ``ready``: it may be spoken to now."""

    @property
    def ready(self) -> bool: ...
    @property
    def in_cloud(self) -> bool: ...
    @property
    def connectors(self) -> int: ...
    @property
    def sessions(self) -> Mapping[int, int]:
        """Our transaction id to connector."""
        ...

    async def call(
        self, action: str, payload: Mapping[str, Any], *, priority: Priority, answer_seconds: float | None
    ) -> Answered: ...


class Desk(Protocol):
    """Each returns when it is committed."""

    async def keep_held(self, charger_id: int, numbers: Collection[int]) -> None: ...
    async def keep_takes(self, charger_id: int, takes: bool) -> None: ...
    async def close_profiles(self, charger_id: int, pks: Collection[int]) -> None: ...
    async def about_to_say(self, charger_id: int, slot: Slot, value: Value) -> bool: ...
    async def accepted(self, charger_id: int, slot: Slot, value: Value) -> None: ...


class Limiter:
    """``version`` grows with every change made here: what was read before it is out of date.

    ``saying``: held while one of our calls is out. ``parted_until``: the charger was told to go to a
    backend of its own: it is left alone until then, unless it connects again or its mode becomes another.
    """

    def __init__(self, charger_id: int, known: Known, desk: Desk, clock: Clock) -> None:
        self.charger_id, self.known = charger_id, known
        self.line: Line | None = None
        self.version = 0
        self.parted_until = 0.0
        self.saying = asyncio.Lock()
        self.keeping = asyncio.Lock()
        self._desk, self._clock = desk, clock
        self._given: dict[Slot, Given] = {}
        self._maybe = set(known.held)
        self._not_before: dict[int, float] = {}
        self._started = {pk: began for pk, (_connector, began) in known.sessions.items()}
        self._takes_max = True
        self._judged = asyncio.Event()
        self._wake = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._live(), name=f"limits of {charger_id}")

    def stop(self) -> None:
        self._task.cancel()

    def wake(self) -> None:
        self._wake.set()

    def attach(self, line: Line) -> None:
        """A connection has begun: what the charger holds now is not known, so it is told everything again."""
        self.line, self.parted_until = line, 0.0
        self._given, self._not_before, self._takes_max = {}, {}, True
        self.wake()

    def detach(self, line: Line) -> None:
        if self.line is line:
            self.line = None

    def learn(self, known: Known) -> None:
        """Read again from the store."""
        self.known = known
        self._started |= {pk: began for pk, (_connector, began) in known.sessions.items()}
        self.wake()

    def kept(self, kept: tuple[Kept, ...]) -> None:
        """The backend's profiles are these from now on: committed already."""
        self.version += 1
        self.known = replace(self.known, kept=kept)
        self.wake()

    @property
    def is_over(self) -> bool:
        """Nothing to keep to, and nothing of ours at the charger."""
        known = self.known
        wanted_still = known.kept or known.shares or self._maybe
        return not wanted_still and not self.saying.locked() and not self.keeping.locked()

    def site(self, now: float) -> Site:
        known, line = self.known, self.line
        sessions = line.sessions if line is not None else {pk: at for pk, (at, _began) in known.sessions.items()}
        self._started = {pk: self._started.get(pk) or int(now) for pk in sessions}
        return Site(
            profiles=tuple(one.profile for one in known.kept),
            connectors=(line.connectors if line is not None else 0) or known.connectors or 1,
            sessions={connector: (pk, self._started[pk]) for pk, connector in sessions.items()},
            cap=known.cap,
            supply=known.supply,
            takes_max=self._takes_max,
            shares=known.shares,
        )

    async def judged(self, seconds: float) -> bool | None:
        """Whether the charger takes profiles, once it has answered to the first one; None: it has not been asked."""
        line, now = self.line, self._clock.now()
        if self.known.takes is None and line is not None and line.ready and self._goal(now):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._judged.wait(), seconds)
        return self.known.takes

    async def clear_all(self) -> Outcome:
        """Take everything of ours away, for a push that leads the charger elsewhere. RESULT: none of it is left.

        To be called while ``ready`` is False for this limiter, so that nothing is said again afterwards.
        """
        async with self.saying:
            for number in sorted({*self.known.held, *self._maybe}):
                outcome = await self._clear(number, Priority.PUSH)
                if outcome is not Outcome.RESULT:
                    return outcome
            self.known = replace(self.known, held=frozenset())
        return Outcome.RESULT

    async def _live(self) -> None:
        while True:
            try:
                pause = await self._look()
            except Exception:
                log.exception("limits were not looked after", charger_id=self.charger_id)
                pause = AFTER_SILENCE_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), min(max(pause, 0.01), LONGEST_SLEEP_SECONDS))
            self._wake.clear()

    def _goal(self, now: float) -> dict[Slot, Value]:
        line = self.line
        bound = line is not None and (line.in_cloud or self.known.shares) and self.known.takes is not False
        return wanted(self.site(now), now) if bound else {}

    async def _look(self) -> float:
        """Say what is due; answers how long nothing more is."""
        async with self.saying:
            while self.line is not None and self.line.ready:
                now = self._clock.now()
                if (self.line.in_cloud or self.known.shares) and now < self.parted_until:
                    return self.parted_until - now
                self.parted_until = 0.0
                self._forget_ended(self.line.sessions)
                step = next_step(
                    self._goal(now), self._given, self._maybe, now,
                    not_before=self._not_before, hurry=not self.line.in_cloud and not self.known.shares,
                )  # fmt: skip
                match step:
                    case Write():
                        await self._write(self.line, step)
                    case Clear(number):
                        await self._clear(number, Priority.RAISE)
                    case _:
                        times = [at for at in (step, next_change(self.site(now), now)) if at is not None]
                        return min(times, default=now + LONGEST_SLEEP_SECONDS) - now
            return LOOK_AGAIN_SECONDS if self.line is not None else LONGEST_SLEEP_SECONDS

    def _forget_ended(self, sessions: Mapping[int, int]) -> None:
        """A charger drops a TxProfile by itself when its session ends."""
        for slot, has in list(self._given.items()):
            if slot.purpose is Purpose.TX and has.value.transaction_id not in sessions:
                del self._given[slot]
                self._maybe.discard(slot.number)

    async def _write(self, line: Line, step: Write) -> None:
        slot, now = step.slot, self._clock.now()
        shared = slot.connector in self.known.shares
        if shared and not await self._desk.about_to_say(self.charger_id, slot, step.value):
            # Another round has taken it back: it is read again.
            self._not_before[slot.number] = now + LOOK_AGAIN_SECONDS
            return
        if slot.number not in self._maybe:
            await self._desk.keep_held(self.charger_id, {*self._maybe, slot.number})
            self._maybe.add(slot.number)
        payload = set_request(slot, step.value, now, unit=self.known.unit, supply=self.known.supply)
        priority = Priority.SAFETY if step.lowers else Priority.RAISE
        answered = await line.call("SetChargingProfile", payload, priority=priority, answer_seconds=ANSWER_SECONDS)
        status = answered.payload.get("status")
        taken = answered.outcome is Outcome.RESULT and status == "Accepted"
        if taken and shared:
            await self._desk.accepted(self.charger_id, slot, step.value)
        if line is not self.line:
            return  # another connection by now, which is told everything anew
        if taken:
            before = self._given.get(slot)
            first = before is None or before.value.transaction_id != step.value.transaction_id
            self._given[slot] = Given(step.value, now, first and slot.purpose is Purpose.TX)
            self._not_before.pop(slot.number, None)
            await self._judge(True)
            return
        self._given.pop(slot, None)
        if status == "NotSupported" or answered.error_code in NEVER:
            await self._judge(False)
            return
        log.info("a limit was not taken", charger_id=self.charger_id, outcome=answered.outcome, status=status)
        refused = answered.outcome in {Outcome.RESULT, Outcome.ERROR, Outcome.INVALID}
        if refused and slot.purpose is Purpose.MAX:
            self._takes_max = False
        self._not_before[slot.number] = now + (AFTER_REFUSAL_SECONDS if refused else AFTER_SILENCE_SECONDS)

    async def _clear(self, number: int, priority: Priority) -> Outcome:
        line, now = self.line, self._clock.now()
        if line is None:
            return Outcome.CLOSED
        answered = await line.call(
            "ClearChargingProfile", {"id": number}, priority=priority, answer_seconds=ANSWER_SECONDS
        )
        if answered.outcome is not Outcome.RESULT:
            refused = answered.outcome in {Outcome.ERROR, Outcome.INVALID}
            self._not_before[number] = now + (AFTER_REFUSAL_SECONDS if refused else AFTER_SILENCE_SECONDS)
            return answered.outcome
        self._maybe.discard(number)
        self._given = {slot: has for slot, has in self._given.items() if slot.number != number}
        await self._desk.keep_held(self.charger_id, self._maybe)
        return answered.outcome

    async def _judge(self, takes: bool) -> None:
        if self.known.takes is not takes:
            await self._desk.keep_takes(self.charger_id, takes)
            self.version += 1
            self.known = replace(self.known, takes=takes)
        if not takes:
            pks = [one.pk for one in self.known.kept]
            await self._desk.close_profiles(self.charger_id, pks)
            await self._desk.keep_held(self.charger_id, ())
            self._maybe.clear()
            self.kept(())
        self._judged.set()
