"""Runs many simulated chargers in one event loop: sockets, timers and files around the pure charge points."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from gateway.simulator.charge_point import ChargePoint
from gateway.simulator.connector import Visit
from gateway.simulator.dial import DialFailed, RequestFailed, dial, request
from gateway.simulator.judge import JudgeFile
from gateway.simulator.keeping import StateFile
from gateway.simulator.scenarios import Arrival, Life
from gateway.simulator.values import Effect, Endpoint, Fetch, HangUp, Judged, Save, Send, Told, Upload
from gateway.wire import Wire

DIALS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class BackOff:
    """Seconds until the next try: doubled each time, never more than ``longest``, a random half taken off."""

    first: float = 0.5
    longest: float = 15.0

    def seconds(self, failures: int, rng: random.Random) -> float:
        return min(self.first * 2.0 ** min(failures, 16), self.longest) * rng.uniform(0.5, 1.0)


@dataclass(slots=True)
class Surroundings:
    """What all chargers of one process share. ``now`` is Unix time in seconds and never goes back."""

    now: Callable[[], float]
    judge: JudgeFile | None = None
    told: JudgeFile | None = None
    state: StateFile | None = None
    tag: str = "DEMO-CARD"
    verify: bool = False
    back_off: BackOff = field(default_factory=BackOff)
    dials: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DIALS_AT_ONCE))
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Link:
    """A connection, made or being made."""

    endpoint: Endpoint
    wire: Wire
    task: asyncio.Task[None] | None = None


class Charger:
    """One charge point with its sockets and its only timer."""

    __slots__ = ("_around", "_failures", "_life", "_links", "_retry_at", "_stopped", "_timer", "point")

    def __init__(self, point: ChargePoint, life: Life, around: Surroundings) -> None:
        self.point = point
        self._life = life
        self._around = around
        self._links: dict[str, Link] = {}
        self._failures: dict[str, int] = {}
        self._retry_at: dict[str, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False

    @property
    def connected(self) -> bool:
        return any(line.connected for line in self.point.lines.values())

    def wake(self) -> None:
        """Time has passed: let the charge point and its surroundings move on, then carry out what follows."""
        if self._stopped:
            return
        self._timer = None  # uvloop may ring a little before ``when``: never take a timer that rang for a waiting one
        now = self._around.now()
        for happening in self._life.tick(now):
            if isinstance(happening, Arrival):
                self.point.arrive(happening.connector, Visit(self._around.tag, happening.seconds), now)
            else:
                self.point.pull_cable(happening.seconds, now)
        self.point.tick(now)
        self._carry_out()

    def stop(self) -> None:
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        for name in list(self._links):
            self._cut(name, politely=True)
        if self._around.state is not None:
            self._around.state.save(self.point.device_id, self.point.snapshot())

    def _carry_out(self) -> None:
        while effects := self.point.drain() or self._connect():
            for effect in effects:
                match effect:
                    case Send(line, text):
                        if link := self._links.get(line):
                            link.wire.send(text)
                    case HangUp(line):
                        self._cut(line)
                    case Judged() if self._around.judge is not None:
                        self._around.judge.write(self.point.device_id, effect)
                    case Told() if self._around.told is not None:
                        self._around.told.write_told(self.point.device_id, effect)
                    case Save() if self._around.state is not None:
                        self._around.state.save(self.point.device_id, self.point.snapshot())
                    case Fetch() | Upload():
                        self._spawn(self._run_errand(effect))
        self._arm()

    async def _run_errand(self, errand: Fetch | Upload) -> None:
        sent = ("GET", errand.url, b"") if isinstance(errand, Fetch) else ("PUT", errand.url, errand.content)
        try:
            async with self._around.dials:
                await request(*sent, verify=self._around.verify)
        except RequestFailed:
            good = False
        else:
            good = True
        if not self._stopped:
            self.point.errand_ended(errand.errand, good, self._around.now())
            self._carry_out()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._around.tasks.add(task)
        task.add_done_callback(self._around.tasks.discard)
        return task

    def _connect(self) -> list[Effect]:
        """Make the connections agree with what the charge point wants now; answers what follows from that."""
        wanted = self.point.wanted()
        now = self._around.now()
        for name in [name for name in self._links if name not in wanted]:
            self._cut(name)
        for name, endpoint in wanted.items():
            link = self._links.get(name)
            if link is not None and link.endpoint.url != endpoint.url:
                self._cut(name)
                link = None
            if link is None and self._retry_at.get(name, 0.0) <= now:
                self._dial(name, endpoint)
        return self.point.drain()

    def _dial(self, name: str, endpoint: Endpoint) -> None:
        wire = Wire(
            lambda: self._opened(name, link), lambda text: self._heard(name, link, text), lambda: self._gone(name, link)
        )
        link = self._links[name] = Link(endpoint, wire)
        link.task = self._spawn(self._open(name, link))

    async def _open(self, name: str, link: Link) -> None:
        try:
            async with self._around.dials:
                await dial(link.endpoint, link.wire, verify=self._around.verify)
        except DialFailed:
            self._gone(name, link)
        except asyncio.CancelledError:
            link.wire.drop()
            raise

    def _opened(self, name: str, link: Link) -> None:
        self.point.opened(name, self._around.now())
        self._carry_out()

    def _heard(self, name: str, link: Link, text: str) -> None:
        if self._links.get(name) is link and not self._stopped:
            self._failures[name] = 0
            self.point.received(name, text, self._around.now())
            self._carry_out()

    def _gone(self, name: str, link: Link) -> None:
        if self._links.get(name) is not link or self._stopped:
            return
        del self._links[name]
        now = self._around.now()
        failures = self._failures.get(name, 0)
        self._failures[name] = failures + 1
        self._retry_at[name] = now + self._around.back_off.seconds(failures, self.point.rng)
        self.point.closed(name, now)
        self._carry_out()

    def _cut(self, name: str, *, politely: bool = False) -> None:
        link = self._links.pop(name, None)
        if link is None:
            return
        if link.task is not None:
            link.task.cancel()
        link.wire.drop(politely=politely)
        self._retry_at.pop(name, None)
        self.point.closed(name, self._around.now())

    def _arm(self) -> None:
        """One timer, never later than the next thing to do; one that rings too early does no harm."""
        waiting = [at for name, at in self._retry_at.items() if name not in self._links]
        times = [at for at in (self.point.due(), self._life.due(), *waiting) if at is not None]
        if self._stopped or not times:
            return
        loop = asyncio.get_running_loop()
        at = loop.time() + max(min(times) - self._around.now(), 0.001)
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = loop.call_at(at, self.wake)
