"""One charger's backend: dials, boots from what is known, and carries everything up in order."""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from gateway import metrics
from gateway.bridge.backoff import FIRST_SECONDS, pause_seconds
from gateway.bridge.delivering import ANSWER_SECONDS, Delivering
from gateway.bridge.dial import Account, DialFailed, Fault
from gateway.bridge.downward import Downward
from gateway.bridge.facts import Beginning
from gateway.bridge.leg import Leg, LinkLost, Refused
from gateway.bridge.outbox import Outbox, Queued
from gateway.clock import Clock, utc
from gateway.directory import Backend
from gateway.ocpp16.effects import Answered
from gateway.store.jobs import Job, TellUpstream

log = structlog.get_logger(__name__)

BOOT_RETRY_SECONDS = 60.0
LEAST_HEARTBEAT, MOST_HEARTBEAT = 10, 86_400
ASK_SECONDS = 12.0
CLAIM_AGAIN_SECONDS = 3.0


class Local(Protocol):
    """The charger's own connection, as far as a backend may use it."""

    pushing: bool

    async def relay(self, action: str, payload: Mapping[str, Any], *, seconds: float) -> Answered: ...


class Desk(Protocol):
    """What an upstream asks of its gateway: the store, the door outward, and the claim on this charger."""

    holder: str

    def put(self, job: Job) -> None: ...
    async def keep(self, job: Job) -> None: ...
    async def claim(self, charger_id: int, backend: Backend) -> Beginning | None: ...
    async def load(self, charger_id: int, url: str, after: int) -> tuple[list[Queued], bool]: ...
    async def keep_key(self, charger_id: int, text: str) -> bool: ...
    async def release(self, charger_id: int) -> None: ...
    async def dial(self, account: Account, leg: Leg) -> None: ...


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
    """``local`` is the charger's connection while it has one. ``connected``: the backend has accepted the boot."""

    def __init__(
        self, charger_id: int, device_id: str, backend: Backend, desk: Desk, clock: Clock, *,
        rng: random.Random | None = None, first_pause: float = FIRST_SECONDS,
    ) -> None:  # fmt: skip
        self.charger_id, self.device_id, self.backend, self.desk = charger_id, device_id, backend, desk
        self.local: Local | None = None
        self.connected = False
        self.idle_since: float | None = time.monotonic()
        self.outbox = Outbox()
        self.questions: deque[Question] = deque()
        self.settings = LegSettings()
        self.boot: Mapping[str, Any] | None = None
        self.boot_payload: Mapping[str, Any] = {}
        self.statuses: dict[int, Mapping[str, Any]] = {}
        self.backend_ids: dict[int, int] = {}
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311
        self._first_pause = first_pause
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self.leg: Leg | None = None
        self._downward = Downward(self)
        self._delivering = Delivering(self)

    # From the charger's side

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._live(), name=f"upstream {self.device_id}")

    async def stop(self) -> None:
        """The connection is closed and the claim given back."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._downward.stop()
        with contextlib.suppress(Exception):
            await self.desk.release(self.charger_id)

    def attach(self, local: Local) -> None:
        self.local, self.idle_since = local, None
        self.wake()

    def detach(self, local: Local) -> None:
        if self.local is local:
            self.local, self.idle_since = None, time.monotonic()

    def queued(self, message: Queued) -> None:
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
        self._wake.set()

    def retry_now(self) -> None:
        """The setting behind it may be another now: do not wait."""
        self._hurry.set()

    def reconnect(self) -> None:
        """Log in anew, with the key that was given last."""
        self._hurry.set()
        if self.leg is not None:
            self.leg.close()

    def stop_refused(self, transaction_ids: Collection[int]) -> None:
        self._downward.stop_refused(transaction_ids)

    @property
    def is_drained(self) -> bool:
        return not self.outbox.stored and not self.outbox.more

    # Its life

    async def _live(self) -> None:
        while True:
            fault: Fault | None = None
            status = 0
            try:
                beginning = await self.desk.claim(self.charger_id, self.backend)
                if beginning is None:
                    await asyncio.sleep(CLAIM_AGAIN_SECONDS)
                    continue
                await self._serve(*await self._dial(beginning), beginning)
            except DialFailed as error:
                fault, status = error.fault, error.status
            except LinkLost:
                log.info("the backend is gone", device_id=self.device_id)
            except Exception:
                log.exception("an upstream failed", device_id=self.device_id)
            self._failures += 1
            await self._pause(fault, status)

    async def _dial(self, beginning: Beginning) -> tuple[Leg, bool]:
        """With each password that may be the right one; the leg, and whether the candidate got in."""
        refused: DialFailed | None = None
        for key, is_candidate in beginning.keys:
            leg = self.leg = Leg(self._downward.take)
            try:
                await self.desk.dial(Account(self.backend.url, self.backend.user, key), leg)
            except DialFailed as error:
                self.leg = None
                if error.fault is not Fault.UNAUTHORIZED:
                    raise
                refused = error
                continue
            return leg, is_candidate
        assert refused is not None
        raise refused

    async def _serve(self, leg: Leg, proven: bool, beginning: Beginning) -> None:
        """Until the connection is lost: raises LinkLost."""
        self.backend_ids = {**beginning.backend_ids, **self.backend_ids}
        self.boot_payload = self.boot or beginning.boot
        self.outbox.forget()
        metrics.UPSTREAMS.inc()
        try:
            await self._boot(leg, proven)
            self._show_statuses(beginning.statuses)
            self.stop_refused(beginning.refused)
            await self._delivering.run(leg)
        finally:
            metrics.UPSTREAMS.dec()
            self.connected = False
            self.leg = None
            leg.close()
            self._fail_questions()

    def _show_statuses(self, known: Mapping[int, Mapping[str, Any]]) -> None:
        """Connector 0 and all others, as after any boot; nothing of a charger that is away."""
        if self.local is not None:
            self.statuses = {**known, **self.statuses}
            for connector in sorted(self.statuses):
                self.outbox.notice("StatusNotification", self.statuses[connector])

    async def _boot(self, leg: Leg, proven: bool) -> None:
        """While the backend says Pending or Rejected nothing else goes up."""
        while True:
            try:
                answer = await leg.call("BootNotification", self.boot_payload, seconds=ANSWER_SECONDS)
            except Refused:
                answer = {}
            interval = answer.get("interval")
            seconds = interval if isinstance(interval, int) and interval > 0 else BOOT_RETRY_SECONDS
            if answer.get("status") == "Accepted":
                self.set_heartbeat(int(seconds) if interval else 300)
                self.connected, self._failures = True, 0
                self.outbox.notices.pop(("BootNotification", 0), None)
                self._tell("connected", proven=proven)
                return
            self._tell("pending", proven=proven)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(leg.gone.wait(), min(max(seconds, 1), 3600))
                raise LinkLost

    def set_heartbeat(self, seconds: int) -> None:
        self.settings.seconds["HeartbeatInterval"] = min(max(seconds, LEAST_HEARTBEAT), MOST_HEARTBEAT)
        self.wake()

    async def _pause(self, fault: Fault | None, status: int) -> None:
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

    async def wait_for_work(self, leg: Leg, seconds: float) -> None:
        """Until something is to be sent, the leg is gone, or time is up."""
        waiting = [asyncio.ensure_future(self._wake.wait()), asyncio.ensure_future(leg.gone.wait())]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        self._wake.clear()
