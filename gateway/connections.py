"""One charger's socket: carries out what the pure session decides."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog

from gateway import fences, metrics
from gateway.bridge.bridges import Bridges
from gateway.bridge.going_over import go_over
from gateway.bridge.lift import Lift, ask
from gateway.bridge.upstream import Upstream
from gateway.clock import Clock, utc
from gateway.directory import Backend, Entry
from gateway.limits.line import ChargerLine
from gateway.ocpp16.effects import Answered, Close, Effect, Noticed, Outcome, Priority, Ring, Send, Store
from gateway.ocpp16.facts import SessionFacts, SessionSettings
from gateway.ocpp16.records import (
    Authorize,
    DataTransfer,
    StoreFailed,
)
from gateway.ocpp16.session import ChargerSession
from gateway.orders import heed
from gateway.store.jobs import (
    Connect,
    Disconnect,
    Job,
    Lifted,
    LinkFacts,
    Recorded,
    RingFor,
    Upward,
)
from gateway.store.message_log import Channel
from gateway.transport import Library, Socket

log = structlog.get_logger(__name__)

POLICY_VIOLATION, UNSUPPORTED_DATA = 1008, 1003
PONG_SECONDS = 20.0

Put = Callable[[Job, Any], bool]


class Connection:
    """``put`` hands a job to the store; results come back through ``stored`` (the tag is (connection, token)).

    ``pushing`` is held by the one push that may talk to the charger; ``commanding``: people's commands under way.
    ``fence``: what was closed for a push and is not known to be open again. ``route``: the backend its messages go to,
    which follows the directory's between sessions. ``started``: connectors whose waiting car was seen to (autostart).
    """

    __slots__ = (
        "_answers", "_armed_at", "_bridges", "_clock", "_library", "_lift", "_pushing", "_registered",
        "_shown", "_tasks", "_timer", "channel", "closing", "commanding", "entry", "fence", "limit_line",
        "node", "pinging", "put", "route", "session", "slot", "socket", "started", "upstream", "wished_at",
    )  # fmt: skip

    def __init__(
        self, socket: Socket, entry: Entry, slot: str, *, node: str, library: Library, clock: Clock, put: Put,
        bridges: Bridges, channel: Channel,
    ) -> None:  # fmt: skip
        self.socket = socket
        self.channel = channel
        self.entry = entry
        self.slot = slot
        self.node = node
        self.session: ChargerSession | None = None
        self.upstream: Upstream | None = None
        self.route: Backend | None = None
        self._pushing = False
        self.commanding = 0
        self.closing = self.pinging = False
        self.fence: tuple[int, ...] = ()
        self._shown = entry.known.candidate if slot == "candidate" else entry.known.current
        self.limit_line = ChargerLine(self)
        self.started: set[int] = set()
        self._library = library
        self._clock = clock
        self.put = put
        self._bridges = bridges
        self._lift = Lift()
        self.wished_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._armed_at = 0.0
        self._answers: dict[str, asyncio.Future[Answered]] = {}
        self._registered: asyncio.Future[LinkFacts | None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def device_id(self) -> str:
        return self.entry.known.device_id

    @property
    def pushing(self) -> bool:
        return self._pushing

    @pushing.setter
    def pushing(self, held: bool) -> None:
        self._pushing = held
        if self.session is not None:
            self.session.held = held

    async def run(self, settings: SessionSettings) -> None:
        """Until the socket is gone. Raises nothing."""
        facts = await self._register()
        if facts is None:
            await self.close(1011, "not registered")
            return
        now = self._clock.now()
        self.fence = facts.fence
        self.route = facts.route
        self.join(self._bridges.attach(self.entry, self.route, self))
        self.session = session = ChargerSession(self._session_facts(facts), settings, now)
        self._bridges.limits.attach(self.entry.charger_id, self.limit_line)
        self._arm()
        try:
            while not self.closing:
                frame = await self.socket.recv()
                metrics.traffic.received += 1
                if not isinstance(frame, str):
                    await self.close(UNSUPPORTED_DATA, "text frames only")
                    break
                now = self._clock.now()
                self.channel.note(False, frame, now)
                self._perform(session.receive(frame, now))
        except self._library.closed:
            pass
        finally:
            self._end(session, facts.epoch)

    async def _register(self) -> LinkFacts | None:
        self._registered = asyncio.get_running_loop().create_future()
        address = str((self.socket.remote_address or [""])[0])
        job = Connect(self.entry.charger_id, self.node, self.slot, address[:64], utc(self._clock.now()))
        return await self._registered if self.put(job, (self, None)) else None

    def _session_facts(self, facts: LinkFacts) -> SessionFacts:
        return SessionFacts(
            device_id=self.device_id,
            epoch=facts.epoch,
            boot_accepted=facts.boot_accepted,
            boot_number=facts.boot_number,
            connector_count=facts.connector_count,
            connectors=facts.connectors,
            open_transactions=facts.open_transactions,
            firmware_status=facts.firmware_status,
            diagnostics_status=facts.diagnostics_status,
            authorization_required=self.entry.authorization_required,
            bridged=self.upstream is not None,
            ordered_out=facts.ordered_out,
            reservations=facts.reservations,
        )

    def _end(self, session: ChargerSession, epoch: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.closing = True
        self.join(None)
        self._bridges.limits.detach(self.entry.charger_id, self.limit_line)
        now = self._clock.now()
        self._perform(session.closed(now))
        self.channel.note(False, None, now)
        self.put(Disconnect(self.entry.charger_id, epoch, utc(now)), None)

    def stored(self, token: int | None, result: Any) -> None:
        """In the loop, after the commit."""
        if token is None:
            if self._registered is not None and not self._registered.done():
                self._registered.set_result(result)
            return
        if isinstance(result, Lifted):
            self._lift.committed(self.upstream, token, result)
            self._bridges.limits.wake(self.entry.charger_id)
            result = result.result
        if self.session is not None and not self.closing:
            running = len(self.session.open_transactions)
            self._perform(self.session.stored(token, result, self._clock.now()))
            if len(self.session.open_transactions) != running:
                self._bridges.limits.wake(self.entry.charger_id)

    def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send():
                    metrics.traffic.sent += 1
                    self._library.broadcast((self.socket,), effect.text)
                    self.channel.note(True, effect.text, self._clock.now())
                case Store():
                    self._store(effect)
                case Answered():
                    future = self._answers.pop(effect.call_id, None)
                    if future is not None and not future.done():
                        future.set_result(effect)
                case Ring():
                    self.put(RingFor(self.entry.charger_id), None)
                    self._bridges.limits.wake(self.entry.charger_id)
                case Noticed():
                    metrics.ODDITIES.labels(effect.oddity.value).inc()
                case Close():
                    asyncio.get_running_loop().create_task(self.close(effect.code, effect.reason))
        self._arm()
        if self.entry.backend is not self.route:
            self.follow()

    def _store(self, effect: Store) -> None:
        tag = (self, effect.token) if effect.record.AWAITED else None
        upward = None
        if self.upstream is not None and effect.payload:
            if isinstance(effect.record, Authorize | DataTransfer):
                self._spawn(self._ask_backend(self.upstream, effect))
                return
            upward = self._lift.take(self.upstream, effect)
        if (
            not self.put(Recorded(self.entry.charger_id, effect.record, upward), tag)
            and tag
            and self.session is not None
        ):
            self._perform(self.session.stored(effect.token, StoreFailed("too much waits"), self._clock.now()))

    async def _ask_backend(self, upstream: Upstream, effect: Store) -> None:
        """The backend's word, or what is decided without it."""
        result = await ask(upstream, effect)
        if result is None and isinstance(effect.record, Authorize):
            upward = Upward(upstream.backend.url, effect.action, effect.payload, connected=False)
            if self.put(Recorded(self.entry.charger_id, effect.record, upward), (self, effect.token)):
                return
        if self.session is not None and not self.closing:
            self._perform(self.session.stored(effect.token, result or StoreFailed(), self._clock.now()))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _arm(self) -> None:
        """Wake the session when it wants; a timer that comes too early is kept, a tick then does nothing."""
        wake_at = None if self.session is None or self.closing else self.session.wake_at
        if self._timer is not None:
            if wake_at is not None and self._armed_at <= wake_at:
                return
            self._timer.cancel()
            self._timer = None
        if wake_at is not None:
            self._armed_at = wake_at
            delay = max(0.01, wake_at - self._clock.now())
            self._timer = asyncio.get_running_loop().call_later(delay, self._tick)

    def _tick(self) -> None:
        if self.session is not None and not self.closing:
            self._timer = None
            self._perform(self.session.tick(self._clock.now()))

    async def call(
        self,
        action: str,
        payload: Mapping[str, Any],
        *,
        priority: Priority = Priority.COMMAND,
        only_if_idle: bool = False,
        answer_seconds: float | None = None,
    ) -> Answered:
        """Send one call and wait for what became of it; a socket that is gone answers CLOSED."""
        if self.session is None or self.closing:
            return Answered("", action, Outcome.CLOSED, sent=False)
        call_id, effects = self.session.call(
            action, payload, self._clock.now(), timeout=answer_seconds, priority=priority, only_if_idle=only_if_idle
        )
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._answers[call_id] = future
        self._perform(effects)
        return await future

    async def relay(self, action: str, payload: Mapping[str, Any], *, seconds: float) -> Answered:
        """As ``call``, in a backend's own words."""
        if self.session is None or self.closing:
            return Answered("", action, Outcome.CLOSED, sent=False)
        call_id, effects = self.session.relay(action, payload, self._clock.now(), timeout=seconds)
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._answers[call_id] = future
        self._perform(effects)
        answered = await future
        if (order := heed(self, action, payload, answered)) is not None:
            self.put(order, None)
        return answered

    async def clear_profiles(self) -> Outcome:
        """Take our charging profiles from the charger; RESULT: none of them is there any more."""
        return await self._bridges.limits.clear(self.entry.charger_id)

    def is_idle(self) -> bool:
        return self.session is not None and not self.closing and self.session.is_idle(self._clock.now())

    def busy_reason(self) -> str:
        if self.session is None or self.closing:
            return "offline"
        return str(self.session.busy_reason(self._clock.now()) or "")

    def to_close(self) -> tuple[int, ...]:
        """What a push has to close; nothing where somebody else has closed everything."""
        session = self.session
        if session is None:
            return ()
        return fences.to_close(session.connector_count, session.shown_out(), session.ordered_out, self.fence)

    def opening(self, fence: tuple[int, ...]) -> list[dict[str, Any]]:
        return fences.opening(fence, self.session.ordered_out if self.session is not None else ())

    def reserve(self, held: Mapping[int, float]) -> None:
        if self.session is not None:
            self._perform(self.session.reserve(held, self._clock.now()))

    def take_entry(self, entry: Entry) -> None:
        """The directory has changed: another revision may ask for cards or not, a password may be void."""
        self.entry = entry
        if self._shown not in (entry.known.current, entry.known.candidate):
            self._spawn(self.close(POLICY_VIOLATION, "the password has changed"))
            return
        self.started.clear()
        if self.session is not None:
            self.session.require_authorization(entry.authorization_required)
            self.follow()
            self._bridges.limits.wake(entry.charger_id)

    def follow(self) -> None:
        """Its messages go where the setting it holds says, as soon as they may."""
        go_over(self, self._bridges, self._clock.now())

    def is_at_rest(self) -> bool:
        """Nothing is going on at the charger, and nobody writes to it."""
        if self.closing or self.pushing or self.session is None:
            return False
        return self.session.activity_reason(self._clock.now()) is None

    def join(self, upstream: Upstream | None) -> None:
        """From now on its messages go up there; None: they stay here."""
        if self.upstream is not None and self.upstream is not upstream:
            self.upstream.detach(self)
        self.upstream = upstream
        if self.session is not None:
            self.session.bridge(upstream is not None)

    async def is_alive(self, seconds: float = PONG_SECONDS) -> bool:
        """Ping and wait for the pong."""
        if self.closing:
            return False
        self.pinging = True
        try:
            pong = await self.socket.ping()
            await asyncio.wait_for(pong, seconds)
        except (TimeoutError, self._library.closed, RuntimeError):
            return False
        finally:
            self.pinging = False
        if self.session is not None:
            self._perform(self.session.alive(self._clock.now()))
        return True

    async def close(self, code: int, reason: str) -> None:
        self.closing = True
        try:
            await self.socket.close(code, reason)
        except (self._library.closed, RuntimeError, OSError):
            log.debug("the socket was gone already", device_id=self.device_id)
