"""All backends' connections of one gateway node: who has one, for how long, and whether it is still ours to serve."""

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

import structlog

from gateway.bridge.backoff import FIRST_SECONDS
from gateway.bridge.calls import Answer, Limiting, Refuse
from gateway.bridge.dial import Account, dial
from gateway.bridge.facts import Beginning
from gateway.bridge.leg import Leg
from gateway.bridge.outbox import Queued
from gateway.bridge.turns import Turns
from gateway.bridge.upstream import Local, Upstream
from gateway.clock import Clock
from gateway.directory import Backend, Directory, Entry
from gateway.limits.backend_calls import Backend as AskingBackend
from gateway.limits.backend_calls import answer
from gateway.limits.desk import Limits
from gateway.ocpp16.records import StoreFailed
from gateway.store.jobs import EndMessages, Job, Reroute
from gateway.store.message_log import MessageLog
from installations.ocpp_url.host import Doors

log = structlog.get_logger(__name__)

RENEW_SECONDS = 5.0
PING_ROUND_SECONDS = 1.0
PONG_SECONDS = 20.0
AGAIN_SECONDS = 1.0
# A backend that is left for another one still gets what waits for it.
DRAIN_SECONDS = 10.0
STRANDED_SECONDS = 30.0
# A charger that comes back soon finds its backend still connected.
LINGER_SECONDS = 60.0
# One that belongs to another backend by now leaves behind what the old one did not take within this time.
FAREWELL_SECONDS = 600.0
# How long a charger that is to go over to another backend waits for what the old one has not taken yet: while it
# listens, and while it does not.
HOLD_SECONDS, PATIENCE_SECONDS = 60.0, 10.0
# At once: a backend that comes back is not run over, and one site does not hold up the others.
DIALS_PER_HOST, DIALS_PER_SITE = 16, 16


class Reading(Protocol):
    """``gateway.store.upstream_reading``: every function runs in the store's reader thread."""

    def claim(self, charger_id: int, backend: Backend, holder: str) -> Beginning | None: ...
    def load(self, charger_id: int, url: str, after: int) -> tuple[list[Queued], bool]: ...
    def keep_key(self, charger_id: int, holder: str, text: str, shown: int | None) -> bool: ...
    def release(self, charger_id: int, holder: str) -> None: ...
    def release_node(self, node: str) -> None: ...
    def renew(self, holder: str, node: str, charger_ids: list[int]) -> set[int]: ...
    def stranded(self) -> list[tuple[int, str, Backend]]: ...
    def allows_maintenance(self, charger_id: int) -> bool: ...


class Store(Protocol):
    def put(self, job: Job, tag: Any = None) -> bool: ...
    def ask[T](self, question: Callable[[], T]) -> Any: ...


class Bridges:
    """The desk of every upstream of this node."""

    def __init__(
        self, node: str, store: Store, reading: Reading, directory: Directory, clock: Clock, doors: Doors, *,
        limits: Limits, message_log: MessageLog, first_pause: float = FIRST_SECONDS,
    ) -> None:  # fmt: skip
        self.node, self.holder = node, node
        self.upstreams: dict[str, Upstream] = {}
        self._store, self._reading, self._directory, self._clock = store, reading, directory, clock
        self._doors = doors
        self.limits = limits
        self._first_pause = first_pause
        self.patience_seconds = PATIENCE_SECONDS
        self._leaving: dict[str, asyncio.Task[None]] = {}
        self._message_log = message_log
        self._at_host: Turns[str] = Turns(DIALS_PER_HOST)
        self._of_site: Turns[int] = Turns(DIALS_PER_SITE)

    async def begin(self, incarnation: int) -> None:
        self.holder = f"{self.node}:{incarnation}"
        await self._ask(lambda: self._reading.release_node(self.node))

    # For connections

    def attach(self, entry: Entry, backend: Backend | None, local: Local) -> Upstream | None:
        """The upstream of a charger that is here now, begun if need be; None: its messages stay here."""
        upstream = self._fitting(entry.charger_id, entry.known.device_id, backend)
        if upstream is not None:
            upstream.attach(local)
        return upstream

    def may_leave(self, upstream: Upstream | None, waited: float) -> bool:
        """Whether a charger that is idle may go over to another backend: nothing waits, or it has waited long enough.

        ``waited``: seconds since it was to go.
        """
        if upstream is None or upstream.is_drained:
            return True
        return waited >= (HOLD_SECONDS if upstream.connected else self.patience_seconds)

    def _fitting(self, charger_id: int, device_id: str, backend: Backend | None) -> Upstream | None:
        standing = self.upstreams.get(device_id)
        if standing is not None and standing.backend != backend:
            del self.upstreams[device_id]
            self._leave(standing)
            standing = None
        if standing is None and backend is not None:
            standing = Upstream(
                charger_id, device_id, backend, self, self._clock, first_pause=self._first_pause,
                after=self._leaving.get(device_id),
            )  # fmt: skip
            self.upstreams[device_id] = standing
            standing.start()
        return standing

    def _leave(self, upstream: Upstream) -> None:
        """The next one of this charger begins when this one is over: they share a claim."""
        device_id = upstream.device_id
        task = asyncio.get_running_loop().create_task(upstream.stop(drain_seconds=DRAIN_SECONDS))
        self._leaving[device_id] = task

        def over(_task: asyncio.Task[None]) -> None:
            if self._leaving.get(device_id) is task:
                del self._leaving[device_id]

        task.add_done_callback(over)

    # The desk

    def put(self, job: Job) -> bool:
        """False: too much waits, it was not taken."""
        return self._store.put(job)

    async def keep(self, job: Job) -> None:
        """Returns when it is committed, however long the database is away: the backend has the message, and must not
        get it again.
        """
        while True:
            done = asyncio.get_running_loop().create_future()
            if self._store.put(job, done) and not isinstance(await done, StoreFailed):
                return
            await asyncio.sleep(AGAIN_SECONDS)

    async def claim(self, charger_id: int, backend: Backend) -> Beginning | None:
        # Its statuses are read there, and the last of them may still be on their way into it.
        await self.keep(EndMessages(charger_id, (), "delivered"))
        found: Beginning | None = await self._ask(lambda: self._reading.claim(charger_id, backend, self.holder))
        return found

    async def load(self, charger_id: int, url: str, after: int) -> tuple[list[Queued], bool]:
        """A database that is away is no reason to leave the backend."""
        while True:
            try:
                found: tuple[list[Queued], bool] = await self._ask(lambda: self._reading.load(charger_id, url, after))
            except Exception as error:
                log.warning("messages were not read", error=type(error).__name__)
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return found

    async def keep_key(self, charger_id: int, text: str, shown: int | None) -> bool:
        kept: bool = await self._ask(lambda: self._reading.keep_key(charger_id, self.holder, text, shown))
        return kept

    async def limit(
        self, charger_id: int, device_id: str, url: str, ids: Mapping[int, int], deed: Limiting
    ) -> Answer | Refuse:
        return await answer(self.limits, AskingBackend(charger_id, device_id, url, self.holder, ids), deed)

    async def allows_maintenance(self, charger_id: int) -> bool:
        allowed: bool = await self._ask(lambda: self._reading.allows_maintenance(charger_id))
        return allowed

    async def release(self, charger_id: int) -> None:
        await self._ask(lambda: self._reading.release(charger_id, self.holder))

    async def dial(self, account: Account, leg: Leg, installation_id: int) -> None:
        async with self._of_site.of(installation_id), self._at_host.of(urlsplit(account.url).netloc):
            await dial(account, leg.wire, doors=self._doors)

    def watch(self, charger_id: int) -> Callable[[bool, str | bytes | None], None]:
        """For the message log: takes every frame of one connection to a backend."""
        channel, clock = self._message_log.channel(charger_id, backend=True), self._clock
        return lambda by_us, text: channel.note(by_us, text, clock.now())

    async def _ask(self, question: Callable[[], Any]) -> Any:
        return await asyncio.wrap_future(self._store.ask(question))

    # Chores

    async def keep_claims(self) -> None:
        """For ever: renew what is served, give up what is another node's now, end what nobody needs."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            by_id = {upstream.charger_id: device_id for device_id, upstream in self.upstreams.items()}
            if not by_id:
                continue
            try:
                lost = await self._ask(partial(self._reading.renew, self.holder, self.node, list(by_id)))
            except Exception as error:
                log.warning("claims were not renewed", error=type(error).__name__)
                continue
            for charger_id in lost:
                upstream = self.upstreams.get(by_id[charger_id])
                if upstream is not None and upstream.local is None:
                    await self._end(upstream)
                elif upstream is not None and upstream.leg is not None:
                    # Its charger is here, so the other node gives way; this one claims again and waits for that.
                    upstream.reconnect()
            for upstream in list(self.upstreams.values()):
                if upstream.idle_since is not None and self._is_over(upstream):
                    await self._bid_farewell(upstream)

    def _is_over(self, upstream: Upstream) -> bool:
        """Its charger is away. What waits is delivered first, however long its backend stays away."""
        since = upstream.idle_since
        away = time.monotonic() - since if since is not None else 0.0
        if upstream.is_drained:
            return away > LINGER_SECONDS
        return away > FAREWELL_SECONDS and self._elsewhere(upstream) is not None

    def _elsewhere(self, upstream: Upstream) -> Entry | None:
        """The charger's entry, where it is to go to another backend or to none."""
        entry = self._directory.find(upstream.device_id)
        return entry if entry is not None and entry.backend != upstream.backend else None

    async def _bid_farewell(self, upstream: Upstream) -> None:
        entry = self._elsewhere(upstream)
        await self._end(upstream)
        if entry is not None and upstream.device_id not in self.upstreams:
            self.put(Reroute(entry.charger_id, entry.backend, entry.applied_id))

    async def _end(self, upstream: Upstream) -> None:
        if self.upstreams.get(upstream.device_id) is upstream:
            del self.upstreams[upstream.device_id]
        await upstream.stop()

    async def ping_backends(self) -> None:
        """For ever: who has said nothing for its interval is pinged, who says nothing to that either is gone."""
        pinged: dict[Leg, float] = {}
        while True:
            await asyncio.sleep(PING_ROUND_SECONDS)
            now = time.monotonic()
            still: dict[Leg, float] = {}
            for upstream in self.upstreams.values():
                leg, interval = upstream.leg, upstream.settings.seconds["WebSocketPingInterval"]
                if leg is None or not interval or not leg.wire.was_opened:
                    continue
                asked_at = pinged.get(leg)
                if asked_at is not None and leg.wire.heard_at < asked_at:
                    still[leg] = asked_at
                    if now - asked_at > PONG_SECONDS:
                        leg.give_up()
                elif now - leg.wire.heard_at >= interval:
                    leg.wire.ping()
                    still[leg] = now
            pinged = still

    async def take_up_stranded(self) -> None:
        """For ever: chargers that went away with messages left, at a node that has died or was restarted."""
        while True:
            await asyncio.sleep(STRANDED_SECONDS)
            try:
                found = await self._ask(self._reading.stranded)
            except Exception as error:
                log.warning("nobody looked for stranded messages", error=type(error).__name__)
                continue
            for charger_id, device_id, backend in found:
                if device_id not in self.upstreams:
                    self._fitting(charger_id, device_id, backend)

    async def stop(self) -> None:
        upstreams, self.upstreams = list(self.upstreams.values()), {}
        leaving = list(self._leaving.values())
        await asyncio.gather(*(upstream.stop() for upstream in upstreams), *leaving, return_exceptions=True)
