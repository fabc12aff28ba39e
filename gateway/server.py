"""A gateway node: accepts chargers, keeps one live connection per identity, and runs the pushes it is ordered."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Coroutine
from functools import partial
from typing import Any

import structlog

from chargers.links.base import PushOrder, PushOutcome, PushResult
from chargers.links.wire import outcome_to_plain
from gateway import fences, metrics
from gateway.attempts import AttemptLimiter
from gateway.autostart import keep_starting
from gateway.books import StoreBooks
from gateway.bridge.backoff import FIRST_SECONDS
from gateway.bridge.bridges import Bridges
from gateway.bridge.rehearsal import Stage
from gateway.certificate import Certificate
from gateway.clock import Clock, utc
from gateway.commanding import Commands
from gateway.connections import Connection
from gateway.directory import Directory, Entry
from gateway.handshake import SUBPROTOCOL, HandshakeRequest, HandshakeSettings, Reason, decide, read_identity
from gateway.limits.desk import Limits
from gateway.local_lists import keep_lists
from gateway.ocpp16.facts import SessionSettings
from gateway.push import Pusher, carry_out
from gateway.requests import Requests
from gateway.rotation import Rotation
from gateway.store import (
    EndPush,
    Raise,
    Store,
    charging,
    diagnostics_jobs,
    link_password_jobs,
    reading,
    request_jobs,
    upstream_reading,
)
from gateway.store.jobs import Job, RefuseLogin
from gateway.store.message_log import MessageLog
from gateway.store.shares import Rounds
from gateway.transport import Library, Refusal, Socket, Upgrade, library, listen
from installations.ocpp_url.host import Doors

log = structlog.get_logger(__name__)

ALIVE_SECONDS = 5.0
PING_SECONDS = 30.0
REFRESH_SECONDS = 1.0
LOOK_SECONDS = 1.0
BEAT_SECONDS = 3.0
FULL_REFRESH_SECONDS = 60.0


class Gateway:
    """``run`` serves until ``stop`` is called. ``port`` 0 takes a free one, told by ``bound_port``."""

    def __init__(
        self,
        *,
        node: str,
        host: str,
        port: int,
        pepper: bytes,
        transport: str = "picows",
        behind_proxy: bool = False,
        session_settings: SessionSettings | None = None,
        doors: Doors | None = None,
        backend_retry_seconds: float = FIRST_SECONDS,
        certificate: Certificate | None = None,
        log_messages: bool = True,
    ) -> None:
        self.node, self.host, self.port = node, host, port
        self.bound_port = 0
        self.incarnation = 0
        self.directory = Directory()
        self.connections: dict[str, Connection] = {}
        self.store = Store(self._stored_elsewhere)
        self.message_log = MessageLog(kept=log_messages)
        self._handshake = HandshakeSettings(pepper)
        self._library: Library = library(transport)
        self._behind_proxy = behind_proxy
        self._certificate = certificate
        self._session_settings = session_settings or SessionSettings()
        self._clock = Clock()
        self._rounds = Rounds(node, self._granted)
        self.bridges = Bridges(
            node, self.store, upstream_reading, self.directory, self._clock, doors or Doors(),
            limits=Limits(self.store, charging, self._clock, self._rounds.stir), first_pause=backend_retry_seconds,
            message_log=self.message_log,
        )  # fmt: skip
        self.requests = Requests(self, Stage(doors or Doors()), Commands(self).carry_out)
        self._attempts = AttemptLimiter()
        self._rotation = Rotation(
            self.connections,
            lambda: self._ask(lambda: link_password_jobs.waiting(self.node)),
            self.commit,
            self.directory.expect,
            pepper,
        )
        self._accepted: dict[tuple[str, str], tuple[Entry, str]] = {}
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, *, ready: Callable[[], None] = lambda: None) -> None:
        self._loop = asyncio.get_running_loop()
        self.store.start()
        self.message_log.start()
        self._rounds.start()
        try:
            self._clock.correct(await self._ask(reading.clock_offset), at_once=True)
            self.incarnation = await self._ask(lambda: reading.start_node(self.node, utc(self._clock.now())))
            await self.bridges.begin(self.incarnation)
            self.directory.update(await self._ask(lambda: reading.read_directory(None)))
            server = listen(
                self._library, self.host, self.port, decide=self._decide, handle=self._handle,
                behind_proxy=self._behind_proxy, tls=self._certificate.context if self._certificate else None,
            )  # fmt: skip
            async with server as listening:
                self.bound_port = next(iter(listening.sockets)).getsockname()[1]
                chores = (self._refresh, self._beat, self._ping_all, self._open_fences, self._rotation.keep_looking)
                bridge = (self.bridges.keep_claims, self.bridges.take_up_stranded, self.bridges.ping_backends)
                for chore in (*chores, *bridge, self.bridges.limits.run):
                    self.spawn(chore())
                if self._certificate is not None:
                    self.spawn(self._certificate.keep_current())
                self.spawn(keep_starting(self))
                self.spawn(keep_lists(self))
                ready()
                await self._stopping.wait()
                await self._leave()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.to_thread(self.store.stop)
            await asyncio.to_thread(self.message_log.stop)
            await asyncio.to_thread(self._rounds.stop)

    def _granted(self, charger_ids: Collection[int]) -> None:
        """In the thread of the rounds."""
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            self._loop.call_soon_threadsafe(self.bridges.limits.look_at, charger_ids)

    def stop(self) -> None:
        self._stopping.set()

    def now(self) -> float:
        return self._clock.now()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask[T](self, question: Callable[[], T]) -> T:
        result: T = await asyncio.wrap_future(self.store.ask(question))
        return result

    def _stored_elsewhere(self, results: list[tuple[Any, Any]]) -> None:
        """In the writer's thread: one call into the loop for the whole batch."""
        if results and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                self._loop.call_soon_threadsafe(self._stored, results)

    def _stored(self, results: list[tuple[Any, Any]]) -> None:
        for tag, result in results:
            if isinstance(tag, asyncio.Future):
                if not tag.done():
                    tag.set_result(result)
            else:
                connection, token = tag
                connection.stored(token, result)

    # Accepting

    def _decide(self, upgrade: Upgrade) -> Refusal | str:
        now = self._clock.now()
        identity = read_identity(upgrade.path)
        # Where the address is not known yet, attempts are counted for the identity alone.
        address = upgrade.remote_address or f"identity {identity}"
        verdict = self._attempts.admit(identity, address, now)
        entry = self.directory.find(identity) if identity and verdict.allowed else None
        request = HandshakeRequest(upgrade.path, upgrade.subprotocols, upgrade.authorization, upgrade.remote_address)
        decision = decide(request, entry.known if entry else None, verdict, self._handshake)
        metrics.HANDSHAKES.labels(decision.reason.value).inc()
        if not decision.accepted or entry is None:
            if decision.reason is not Reason.TOO_MANY_ATTEMPTS:
                log.info("handshake refused", reason=decision.reason.value, device_id=identity)
            if entry is not None and decision.status == 401:
                self.store.put(RefuseLogin(entry.charger_id, utc(now)))
            return Refusal(decision.status, decision.headers, f"{decision.reason.value}\n")
        self._attempts.succeeded(identity or "", address, now)
        standing = self.connections.get(decision.device_id)
        if standing is not None and not standing.closing and self._heard_lately(standing):
            self.spawn(self._probe(standing))
            return Refusal(409, (("Retry-After", "10"),), "duplicate identity\n")
        self._accepted[decision.device_id, upgrade.path] = (entry, decision.slot.value if decision.slot else "")
        return SUBPROTOCOL

    def _heard_lately(self, connection: Connection) -> bool:
        seen = connection.session.last_seen if connection.session is not None else 0.0
        return self._clock.now() - seen < PING_SECONDS

    async def _probe(self, standing: Connection) -> None:
        """Somebody claims the same identity: is the one we know still there? If so, somebody should look at it."""
        if standing.pinging:
            return
        if await standing.is_alive(ALIVE_SECONDS):
            self.store.put(Raise(standing.entry.charger_id, "duplicate_identity", utc(self._clock.now())))
        else:
            await standing.close(1001, "no answer to ping")

    async def _handle(self, socket: Socket) -> None:
        path = str(socket.request.path)  # type: ignore[attr-defined]  # both libraries keep the request
        found = self._accepted.pop((read_identity(path) or "", path), None)
        if found is None:
            await socket.close(1008, "no handshake")
            return
        entry, slot = found
        connection = Connection(
            socket, entry, slot, node=self.node, library=self._library, clock=self._clock, put=self.store.put,
            bridges=self.bridges, channel=self.message_log.channel(entry.charger_id),
        )  # fmt: skip
        standing = self.connections.get(connection.device_id)
        if standing is not None and not standing.closing:
            if await standing.is_alive(ALIVE_SECONDS):
                self.store.put(Raise(entry.charger_id, "duplicate_identity", utc(self._clock.now())))
                await socket.close(1008, "duplicate identity")
                return
            self.spawn(standing.close(1001, "replaced"))
        self.connections[connection.device_id] = connection
        metrics.CONNECTED.set(len(self.connections))
        try:
            await connection.run(self._session_settings)
        finally:
            if self.connections.get(connection.device_id) is connection:
                del self.connections[connection.device_id]
            metrics.CONNECTED.set(len(self.connections))

    # Chores

    async def _refresh(self) -> None:
        """Keep the directory fresh; misses are looked up by name, so that the next attempt succeeds."""
        full_at = self._clock.now() + FULL_REFRESH_SECONDS
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            missed = self.directory.take_missed()
            try:
                changed = self.directory.update(
                    await self._ask(partial(reading.read_directory, self.directory.read_until))
                )
                if missed:
                    changed += self.directory.update(await self._ask(partial(reading.read_directory, None, missed)))
                if self._clock.now() > full_at:
                    full_at = self._clock.now() + FULL_REFRESH_SECONDS
                    await self._forget(self.directory.keep_only(await self._ask(reading.read_device_ids)))
            except Exception as error:
                log.warning("the directory was not refreshed", error=type(error).__name__)
                continue
            for entry in changed:
                connection = self.connections.get(entry.known.device_id)
                if connection is not None:
                    connection.take_entry(entry)

    async def _forget(self, device_ids: list[str]) -> None:
        for device_id in device_ids:
            if (connection := self.connections.get(device_id)) is not None:
                await connection.close(1008, "not registered")

    async def _beat(self) -> None:
        while True:
            metrics.STORE_WAITING.set(self.store.waiting)
            try:
                standing = await self._ask(lambda: reading.beat_node(self.node, self.incarnation))
                self._clock.correct(await self._ask(reading.clock_offset))
            except Exception as error:
                log.warning("no beat", error=type(error).__name__)
            else:
                if not standing:
                    log.error("another process has taken this node's name", node=self.node)
                    self.stop()
            await asyncio.sleep(BEAT_SECONDS)

    async def _ping_all(self) -> None:
        """Every connection once per round, spread over it; who does not answer is gone."""
        while True:
            waiting = list(self.connections.values())
            pause = PING_SECONDS / max(1, len(waiting))
            for connection in waiting:
                await asyncio.sleep(pause)
                if not connection.closing and not connection.pinging:
                    self.spawn(self._ping(connection))
            if not waiting:
                await asyncio.sleep(1)

    async def _ping(self, connection: Connection) -> None:
        if not await connection.is_alive() and not connection.closing:
            await connection.close(1001, "no answer to ping")

    async def _open_fences(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for connection in list(self.connections.values()):
                if connection.fence and not connection.pushing:
                    self.spawn(fences.open_left(connection))
                if connection.entry.backend is not connection.route:
                    connection.follow()

    async def _leave(self) -> None:
        """Chargers are told to come back elsewhere; the database hears that they are gone."""
        await asyncio.gather(
            *(connection.close(1001, "going away") for connection in list(self.connections.values())),
            return_exceptions=True,
        )
        self.bridges.limits.stop()
        await self.bridges.stop()
        with contextlib.suppress(Exception):
            await self._ask(lambda: reading.beat_node(self.node, self.incarnation, stopped=True))

    # Pushing

    async def push(self, order: PushOrder) -> PushOutcome:
        """Carry out an order at a charger of this node. Never raises."""
        connection = self.connections.get(order.device_id)
        early = self._not_now(connection, order)
        if early is not None or connection is None:
            return early or self._refused(order, PushResult.OFFLINE)
        connection.pushing = True
        books = StoreBooks(self, connection)
        pusher = Pusher(order, connection, books, self._handshake.pepper, fence=connection.fence)
        try:
            outcome = await carry_out(order, pusher, pusher.books, lambda found: self._end_push(order, found))
        except Exception as error:
            log.exception("a push broke", device_id=order.device_id, error=type(error).__name__)
            outcome = self._refused(order, PushResult.NO_ANSWER, "broken")
        finally:
            connection.fence = pusher.fence
            connection.pushing = False
        self.bridges.limits.pushed(order, outcome.result)
        metrics.PUSHES.labels(outcome.result.value).inc()
        return outcome

    def _not_now(self, connection: Connection | None, order: PushOrder) -> PushOutcome | None:
        if connection is None or connection.session is None or connection.closing:
            return self._refused(order, PushResult.OFFLINE)
        if connection.session.epoch != order.epoch:
            return self._refused(order, PushResult.STALE, "epoch")
        if connection.pushing or connection.commanding:
            return self._refused(order, PushResult.BUSY, "push" if connection.pushing else "command")
        if not order.read_only and (reason := connection.busy_reason()):
            return self._refused(order, PushResult.BUSY, reason)
        return None

    @staticmethod
    def _refused(order: PushOrder, result: PushResult, detail: str = "") -> PushOutcome:
        return PushOutcome(order.delivery_id, order.fencing, result, epoch=order.epoch, detail=detail)

    async def _end_push(self, order: PushOrder, outcome: PushOutcome) -> None:
        job = EndPush(order.charger_id, order.delivery_id, order.fencing, outcome_to_plain(outcome))
        await self.commit(job)

    async def commit(self, job: Job) -> Any:
        """Put a job and wait until it is in the database."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if not self.store.put(job, future):
            raise RuntimeError("the store is full")
        return await future

    @property
    def clock(self) -> Clock:
        return self._clock

    async def claim_request(self, request_id: int) -> request_jobs.Claimed | None:
        return await self._ask(lambda: request_jobs.claim(request_id, self.node))

    async def open_upload(self, request_id: int) -> str:
        return await self._ask(lambda: diagnostics_jobs.open_upload(request_id))

    async def read_secret(self, secret_id: int) -> tuple[str, str, bool]:
        return await self._ask(lambda: reading.read_secret(secret_id))
