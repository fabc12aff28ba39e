"""All limits of one gateway node: who has any, kept in step with the store. asyncio."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Protocol

import structlog

from chargers.links.base import PushOrder, PushResult
from gateway.clock import Clock
from gateway.limits.facts import Known
from gateway.limits.limiter import Limiter, Line
from gateway.limits.wanted import Slot, Value
from gateway.ocpp16.effects import Outcome

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
REFRESH_SECONDS = 30.0
PARTED_SECONDS = 300.0


class Rows(Protocol):
    """``gateway.store.charging``: every function runs in the store's reader thread."""

    def concerned(self, charger_ids: Collection[int]) -> set[int]: ...
    def read(self, charger_ids: Collection[int]) -> dict[int, Known]: ...
    def keep_profile(
        self, charger_id: int, holder: str, url: str, connector: int, profile: Mapping[str, Any], *,
        transaction_id: int | None, replaced: Collection[int],
    ) -> int | None: ...  # fmt: skip
    def close_profiles(self, charger_id: int, pks: Collection[int]) -> None: ...
    def keep_held(self, charger_id: int, numbers: Collection[int]) -> None: ...
    def keep_takes(self, charger_id: int, takes: bool) -> None: ...
    def about_to_say(self, charger_id: int, slot: Slot, value: Value) -> bool: ...
    def accepted(self, charger_id: int, slot: Slot, value: Value) -> None: ...


class Store(Protocol):
    def ask[T](self, question: Callable[[], T]) -> Any: ...


class Limits:
    """A charger costs something here only while its backend or its site limits it, or it may hold a profile of ours.

    ``stir`` hears of chargers that share their site's fuses and at which something has happened.
    """

    def __init__(self, store: Store, rows: Rows, clock: Clock, stir: Callable[[int], None] = lambda _charger_id: None):
        self.rows, self.clock, self.stir = rows, clock, stir
        self._store = store
        self._lines: dict[int, Line] = {}
        self._limiters: dict[int, Limiter] = {}
        self._new: set[int] = set()

    # For connections

    def attach(self, charger_id: int, line: Line) -> None:
        """A charger is here: it is looked at within a second."""
        self._lines[charger_id] = line
        self._new.add(charger_id)
        if (limiter := self._limiters.get(charger_id)) is not None:
            limiter.attach(line)
            self.wake(charger_id)

    def detach(self, charger_id: int, line: Line) -> None:
        if self._lines.get(charger_id) is line:
            del self._lines[charger_id]
        if (limiter := self._limiters.get(charger_id)) is not None:
            limiter.detach(line)

    def wake(self, charger_id: int) -> None:
        """Its sessions, its mode, or what may be written to it have changed."""
        if (limiter := self._limiters.get(charger_id)) is not None:
            limiter.wake()
            if limiter.known.shares:
                self.stir(charger_id)

    def look_at(self, charger_ids: Collection[int]) -> None:
        """Their shares have become others: those that are here are read again."""
        self._new |= self._lines.keys() & set(charger_ids)

    async def clear(self, charger_id: int) -> Outcome:
        """Take our profiles from a charger that a push is about to send away. RESULT: none of them is left."""
        return await (await self.limiter(charger_id)).clear_all()

    def pushed(self, order: PushOrder, result: PushResult) -> None:
        """A push is over. One that was told to leave is left alone; any other is limited again."""
        if (limiter := self._limiters.get(order.charger_id)) is not None:
            if order.clear_charging_profiles and result in {PushResult.DONE, PushResult.NO_ANSWER}:
                limiter.parted_until = self.clock.now() + PARTED_SECONDS
            limiter.wake()

    # For a backend's calls

    async def limiter(self, charger_id: int) -> Limiter:
        """The charger's own, begun if need be; it may be away."""
        found = self._limiters.get(charger_id)
        if found is None:
            known = (await self.ask(lambda: self.rows.read([charger_id]))).get(charger_id, Known())
            found = self._limiters.get(charger_id) or self._begin(charger_id, known)
        return found

    async def ask[T](self, question: Callable[[], T]) -> T:
        result: T = await asyncio.wrap_future(self._store.ask(question))
        return result

    # For limiters

    async def keep_held(self, charger_id: int, numbers: Collection[int]) -> None:
        ids = sorted(numbers)
        await self.ask(lambda: self.rows.keep_held(charger_id, ids))

    async def keep_takes(self, charger_id: int, takes: bool) -> None:
        await self.ask(lambda: self.rows.keep_takes(charger_id, takes))

    async def about_to_say(self, charger_id: int, slot: Slot, value: Value) -> bool:
        granted = bool(await self.ask(lambda: self.rows.about_to_say(charger_id, slot, value)))
        if not granted:
            self.look_at([charger_id])
        return granted

    async def accepted(self, charger_id: int, slot: Slot, value: Value) -> None:
        await self.ask(lambda: self.rows.accepted(charger_id, slot, value))

    async def close_profiles(self, charger_id: int, pks: Collection[int]) -> None:
        await self.ask(lambda: self.rows.close_profiles(charger_id, pks))

    # Its life

    async def run(self) -> None:
        """For ever: look at who is new, and now and then at everybody (fuses change, another node may have written)."""
        refresh_at = self.clock.now() + REFRESH_SECONDS
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            everybody = self.clock.now() >= refresh_at
            look_at = {*self._lines, *self._limiters} if everybody else set(self._new)
            if not look_at:
                continue
            self._new -= look_at
            try:
                await self._refresh(look_at)
            except Exception as error:
                self._new |= look_at & self._lines.keys()
                log.warning("limits were not read", error=type(error).__name__)
                continue
            if everybody:
                refresh_at = self.clock.now() + REFRESH_SECONDS

    async def _refresh(self, charger_ids: set[int]) -> None:
        versions = {pk: limiter.version for pk, limiter in self._limiters.items()}
        concerned: set[int] = await self.ask(partial(self.rows.concerned, charger_ids))
        ids = concerned | (charger_ids & self._limiters.keys())
        if not ids:
            return
        for charger_id, known in (await self.ask(partial(self.rows.read, ids))).items():
            limiter = self._limiters.get(charger_id)
            if limiter is None:
                self._begin(charger_id, known)
            elif limiter.version == versions.get(charger_id) and not limiter.keeping.locked():
                limiter.learn(known)
            else:
                # Something was kept there while this was read: it is read again.
                self._new |= self._lines.keys() & {charger_id}
        for charger_id in charger_ids & self._limiters.keys():
            limiter = self._limiters[charger_id]
            if limiter.is_over or charger_id not in self._lines:
                limiter.stop()
                del self._limiters[charger_id]

    def _begin(self, charger_id: int, known: Known) -> Limiter:
        limiter = self._limiters[charger_id] = Limiter(charger_id, known, self, self.clock)
        if (line := self._lines.get(charger_id)) is not None:
            limiter.attach(line)
        return limiter

    def stop(self) -> None:
        for limiter in self._limiters.values():
            limiter.stop()
        self._limiters.clear()
