"""One charger's backend: dials, boots from what is known, and carries everything up in order."""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from gateway import metrics
from gateway.bridge.backoff import FIRST_SECONDS, pause_seconds
from gateway.bridge.calls import Answer, Limiting, Refuse
from gateway.bridge.delivering import ANSWER_SECONDS, Delivering
from gateway.bridge.dial import Account, DialFailed, Fault
from gateway.bridge.downward import Downward
from gateway.bridge.facts import Beginning, Login
from gateway.bridge.leg import Leg, LinkLost, Refused
from gateway.bridge.outbox import Outbox, Queued
from gateway.clock import Clock, utc
from gateway.directory import Backend
from gateway.ocpp16.effects import Answered
from gateway.store.jobs import Job, TellUpstream

log = structlog.get_logger(__name__)

BOOT_RETRY_SECONDS = 60.0
LONGEST_BOOT_RETRY_SECONDS = 3600
LEAST_HEARTBEAT, MOST_HEARTBEAT = 10, 86_400
ASK_SECONDS = 12.0
CLAIM_AGAIN_SECONDS = 3.0
# At an end by us, a call that is out still gets its answer: else the backend would hear it a second time.
LAST_ANSWER_SECONDS = 5.0
# What a backend says of a password it does not take, whichever word it has for that.
WRONG_KEY = frozenset({Fault.UNAUTHORIZED, Fault.FORBIDDEN})


class Local(Protocol):
    """The charger's own connection, as far as a backend may use it."""

    pushing: bool

    async def relay(self, action: str, payload: Mapping[str, Any], *, seconds: float) -> Answered: ...


class Desk(Protocol):
    """What an upstream asks of its gateway: the store, the door outward, and the claim on this charger."""

    holder: str

    def put(self, job: Job) -> bool: ...
    async def keep(self, job: Job) -> None: ...
    async def claim(self, charger_id: int, backend: Backend) -> Beginning | None: ...
    async def load(self, charger_id: int, url: str, after: int) -> tuple[list[Queued], bool]: ...
    async def keep_key(self, charger_id: int, text: str, shown: int | None) -> bool: ...
    async def limit(
        self, charger_id: int, device_id: str, url: str, ids: Mapping[int, int], deed: Limiting
    ) -> Answer | Refuse: ...
    async def allows_maintenance(self, charger_id: int) -> bool: ...
    async def release(self, charger_id: int) -> None: ...
    async def dial(self, account: Account, leg: Leg, installation_id: int) -> None: ...
    def watch(self, charger_id: int) -> Callable[[bool, str | bytes | None], None]: ...


@dataclass
class Question:
    """Authorize or DataTransfer: asked now or never."""

    action: str
    payload: Mapping[str, Any]
    answer: "asyncio.Future[dict[str, Any]]"
    expires_at: float


@dataclass
class LegSettings:
    """``HeartbeatInterval`` and ``WebSocketPingInterval`` of the backend's leg, in seconds."""

    seconds: dict[str, int] = field(default_factory=lambda: {"HeartbeatInterval": 300, "WebSocketPingInterval": 30})


class Upstream:
    """``local`` is the charger's connection while it has one. ``connected``: the backend has accepted the boot.

    ``refused``: running sessions whose card the backend does not take. ``after``: what has to be over before this one
    may begin.
    """

    def __init__(
        self, charger_id: int, device_id: str, backend: Backend, desk: Desk, clock: Clock, *,
        rng: random.Random | None = None, first_pause: float = FIRST_SECONDS,
        after: "asyncio.Task[None] | None" = None,
    ) -> None:  # fmt: skip
        self.charger_id, self.device_id, self.backend, self.desk = charger_id, device_id, backend, desk
        self.local: Local | None = None
        self.connected = False
        self.idle_since: float | None = time.monotonic()
        self.outbox = Outbox()
        self.questions: deque[Question] = deque()
        self.settings = LegSettings()
        self.boot: Mapping[str, Any] | None = None
        self.statuses: dict[int, Mapping[str, Any]] = {}
        self.backend_ids: dict[int, int] = {}
        self.refused: set[int] = set()
        self.leg: Leg | None = None
        self.login = Login()
        self._known_boot: Mapping[str, Any] = {}
        self._statuses_shown = False
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311  no secret
        self._first_pause = first_pause
        self._after = after
        self._awake = False
        self._waiter: asyncio.Future[None] | None = None
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._unbooted = 0
        self._log_in_anew = False
        self._end_by: float | None = None
        self._downward = Downward(self)
        self._delivering = Delivering(self)

    # From the charger's side

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._live(), name=f"upstream {self.device_id}")

    async def stop(self, *, drain_seconds: float = 0.0) -> None:
        """The connection is closed and the claim given back; before that, what waits may still be delivered."""
        self._end_by = time.monotonic() + drain_seconds
        self.wake()
        if self._task is not None:
            if self.connected:
                await asyncio.wait({self._task}, timeout=drain_seconds + LAST_ANSWER_SECONDS)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._after is not None:
            await asyncio.wait({self._after})
        self._downward.stop()
        with contextlib.suppress(Exception):
            await self.desk.release(self.charger_id)

    def attach(self, local: Local) -> None:
        self.local, self.idle_since = local, None
        self._show_statuses()
        self.wake()

    def detach(self, local: Local) -> None:
        if self.local is local:
            self.local, self.idle_since = None, time.monotonic()

    def look_again(self) -> None:
        """A message was in the database already: a commit whose confirmation was lost may never have been told of."""
        self.outbox.more = True
        self.wake()

    def queued(self, message: Queued) -> None:
        if message.action == "StopTransaction":
            self.refused.discard(message.transaction_id or 0)
        self.outbox.queued(message)
        self.wake()

    def notice(self, action: str, payload: Mapping[str, Any]) -> None:
        """Something of the moment: the newest of its kind is enough."""
        if action == "StatusNotification" and isinstance(payload.get("connectorId"), int):
            self.statuses[payload["connectorId"]] = payload
        self.outbox.notice(action, payload)
        self.wake()

    def booted(self, payload: Mapping[str, Any]) -> None:
        self.boot = payload
        self.outbox.notice("BootNotification", payload)
        self.wake()

    async def ask(self, action: str, payload: Mapping[str, Any]) -> dict[str, Any] | None:
        """None: the backend is away, refuses to answer, or takes too long."""
        if not self.connected:
            return None
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.questions.append(Question(action, payload, future, time.monotonic() + ASK_SECONDS))
        self.wake()
        try:
            return await asyncio.wait_for(future, ASK_SECONDS)
        except (TimeoutError, Refused, LinkLost):
            return None

    def wake(self) -> None:
        self._awake = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def reconnect(self) -> None:
        """Claim and log in anew, with the key that was given last, as soon as no call of ours is out."""
        self._log_in_anew = True
        self._hurry.set()
        self.wake()

    def stop_refused(self, transaction_ids: Collection[int]) -> None:
        self.refused.update(transaction_ids)
        self._downward.stop_refused(transaction_ids)

    @property
    def boot_payload(self) -> Mapping[str, Any]:
        return self.boot or self._known_boot

    @property
    def is_drained(self) -> bool:
        return not self.outbox.stored and not self.outbox.more

    @property
    def must_leave(self) -> bool:
        """Looked at between two calls."""
        ends = self._end_by is not None and (self.is_drained or time.monotonic() >= self._end_by)
        return ends or self._log_in_anew

    # Its life

    async def _live(self) -> None:
        if self._after is not None:
            await asyncio.wait({self._after})
        while self._end_by is None:
            fault: Fault | None = None
            status = 0
            self._log_in_anew = False
            try:
                beginning = await self.desk.claim(self.charger_id, self.backend)
                if beginning is None:
                    await asyncio.sleep(CLAIM_AGAIN_SECONDS)
                    continue
                await self._serve(await self._dial(beginning), beginning)
            except DialFailed as error:
                fault, status = error.fault, error.status
            except LinkLost:
                if not self.must_leave:
                    log.info("the backend is gone", device_id=self.device_id)
            except Exception as error:
                log.error("an upstream failed", device_id=self.device_id, error=type(error).__name__)
            self._failures += 1
            await self._pause(fault, status)

    async def _dial(self, beginning: Beginning) -> Leg:
        """With each password that may be the right one; another one first where a login led to nothing.

        Some backends let everybody in and hang up on a wrong password afterwards.
        """
        refused: DialFailed | None = None
        turned = deque(beginning.logins)
        turned.rotate(-self._unbooted)
        for login in turned:
            leg = self.leg = Leg(self._downward.take, self.wake, self.desk.watch(self.charger_id))
            try:
                account = Account(self.backend.url, self.backend.user, login.key)
                await self.desk.dial(account, leg, beginning.installation_id)
            except DialFailed as error:
                self.leg = None
                if error.fault not in WRONG_KEY:
                    raise
                if refused is None or error.fault is Fault.UNAUTHORIZED:
                    refused = error
                continue
            self.login = login
            return leg
        assert refused is not None
        raise refused

    async def _serve(self, leg: Leg, beginning: Beginning) -> None:
        """Until the connection is lost: raises LinkLost."""
        self.backend_ids = {**beginning.backend_ids, **self.backend_ids}
        self.statuses = {**beginning.statuses, **self.statuses}
        self._known_boot = beginning.boot
        self._statuses_shown = False
        self.outbox.forget()
        metrics.UPSTREAMS.inc()
        try:
            self._unbooted += 1
            await self.introduce(leg)
            self._unbooted = 0
            self.stop_refused(beginning.refused)
            await self._delivering.run(leg)
        finally:
            metrics.UPSTREAMS.dec()
            self.connected = False
            self.leg = None
            leg.close()
            self._fail_questions()

    def _show_statuses(self) -> None:
        """Connector 0 and all others, once in a connection; nothing of a charger that is away."""
        if self.local is not None and self.connected and not self._statuses_shown:
            self._statuses_shown = True
            for connector in sorted(self.statuses):
                self.outbox.notice("StatusNotification", self.statuses[connector])

    async def introduce(self, leg: Leg) -> None:
        """BootNotification until it is Accepted: while the backend says Pending or Rejected nothing else goes up.

        Raises LinkLost. Within Pending a new boot, or one that the backend asks for, goes up at once.
        """
        while True:
            self.outbox.take_boot()
            try:
                answer = await leg.call("BootNotification", self.boot_payload, seconds=ANSWER_SECONDS)
            except Refused:
                answer = {}
            status, interval = answer.get("status"), answer.get("interval")
            seconds = interval if isinstance(interval, int) and interval > 0 else BOOT_RETRY_SECONDS
            if status == "Accepted":
                self.set_heartbeat(int(seconds) if interval else 300)
                self.connected, self._failures = True, 0
                self._tell("connected", shown=self.login.secret_id)
                self._show_statuses()
                return
            self.connected = False
            self._fail_questions()
            self._tell("pending")
            again_at = time.monotonic() + min(seconds, LONGEST_BOOT_RETRY_SECONDS)
            while (left := again_at - time.monotonic()) > 0 and not (status == "Pending" and self.outbox.boot_waits):
                if self._end_by is not None or self.must_leave:
                    leg.close()
                if leg.gone.is_set():
                    raise LinkLost
                await self.wait_for_work(left)

    def set_heartbeat(self, seconds: int) -> None:
        self.settings.seconds["HeartbeatInterval"] = min(max(seconds, LEAST_HEARTBEAT), MOST_HEARTBEAT)
        self.wake()

    async def _pause(self, fault: Fault | None, status: int) -> None:
        if self._end_by is not None:
            return
        seconds = pause_seconds(self._failures, fault, self._rng, first=self._first_pause)
        retry_at = utc(self._clock.now() + seconds)
        self._tell("waiting", fault=str(fault or ""), status=status, failures=self._failures, retry_at=retry_at)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), seconds)
        self._hurry.clear()

    def _tell(self, state: str, **facts: Any) -> None:
        self.desk.put(TellUpstream(self.charger_id, self.desk.holder, state, **facts))

    def _fail_questions(self) -> None:
        while self.questions:
            future = self.questions.popleft().answer
            if not future.done():
                future.set_exception(LinkLost())

    async def wait_for_work(self, seconds: float) -> None:
        """Until something is to be sent, the leg is gone, or time is up."""
        if not self._awake:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_later(seconds, self.wake)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        self._awake = False
