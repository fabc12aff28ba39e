"""A simulated charger on the bench: a clock turned by hand and central systems that answer when told to."""

import itertools
import json
import random
from dataclasses import dataclass, field
from typing import Any

from gateway.simulator.charge_point import ChargePoint
from gateway.simulator.connector import Visit
from gateway.simulator.make import make
from gateway.simulator.values import MAIN, Fetch, HangUp, Judged, Pace, Save, Send, Upload

GATEWAY = "ws://gateway.test:9000/ocpp"
PASSWORD = "Link0Password0123456"
START = 1_700_000_000.0


@dataclass
class Bench:
    """``replies``: what the central system answers by itself, by action; others are kept in ``unanswered``."""

    profile: str = "simulator"
    connectors: int = 1
    seed: int = 1
    pace: Pace = field(default_factory=Pace)
    saved: dict[str, Any] | None = None
    replies: dict[str, dict[str, Any]] = field(default_factory=dict)
    now: float = START

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._transactions = itertools.count(101)
        self.judged: list[Judged] = []
        self.errands: list[Fetch | Upload] = []
        self.saves = 0
        self.hung_up: list[str] = []
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.unanswered: dict[str, tuple[str, str, float]] = {}
        self.answers: list[tuple[str, Any]] = []
        self.mute = False
        self.point = ChargePoint(
            make(self.profile, "ZCS000001", GATEWAY, PASSWORD),
            connectors=self.connectors,
            pace=self.pace,
            rng=random.Random(self.seed),
            now=self.now,
            saved=self.saved,
        )

    def boot(self, *lines: str) -> "Bench":
        for line in lines or (MAIN,):
            self.open(line)
        return self

    def open(self, line: str = MAIN) -> None:
        self.point.opened(line, self.now)
        self.work()

    def close(self, line: str = MAIN) -> None:
        self.unanswered.pop(line, None)
        self.point.closed(line, self.now)
        self.work()

    def work(self) -> None:
        """Carry out effects, and answer, until nothing moves."""
        while effects := self.point.drain():
            for effect in effects:
                match effect:
                    case Send(line, text):
                        self._sent(line, json.loads(text))
                    case HangUp(line):
                        self.hung_up.append(line)
                        self.unanswered.pop(line, None)
                        self.point.closed(line, self.now)
                    case Judged():
                        self.judged.append(effect)
                    case Save():
                        self.saves += 1
                    case Fetch() | Upload():
                        self.errands.append(effect)

    def end_errand(self, good: bool) -> None:
        """The newest one."""
        self.point.errand_ended(self.errands[-1].errand, good, self.now)
        self.work()

    def _sent(self, line: str, frame: list[Any]) -> None:
        if frame[0] != 2:
            self.answers.append((line, frame))
            return
        if before := self.unanswered.get(line):
            assert self.now >= before[2] + self.pace.call_timeout, "a second CALL while the first one may be answered"
        self.calls.append((line, frame[2], frame[3]))
        self.unanswered[line] = (frame[1], frame[2], self.now)
        if not self.mute:
            self.answer(line)

    def answer(self, line: str = MAIN, payload: dict[str, Any] | None = None) -> None:
        number, action, _ = self.unanswered.pop(line)
        self.point.received(line, json.dumps([3, number, payload or self._reply(action)]), self.now)

    def refuse(self, line: str = MAIN, code: str = "InternalError") -> None:
        number, *_ = self.unanswered.pop(line)
        self.point.received(line, json.dumps([4, number, code, "", {}]), self.now)
        self.work()

    def _reply(self, action: str) -> dict[str, Any]:
        if action in self.replies:
            return self.replies[action]
        match action:
            case "BootNotification":
                return {"status": "Accepted", "interval": 300, "currentTime": "2026-01-01T00:00:00Z"}
            case "StartTransaction":
                return {"transactionId": next(self._transactions), "idTagInfo": {"status": "Accepted"}}
            case "Authorize":
                return {"idTagInfo": {"status": "Accepted"}}
        return {}

    def ask(self, action: str, payload: Any = None, line: str = MAIN) -> Any:
        """A CALL from the central system; answers the payload, or the code of a CALLERROR."""
        number = f"c{next(self._numbers)}"
        self.point.received(line, json.dumps([2, number, action, {} if payload is None else payload]), self.now)
        self.work()
        frame = next(frame for _, frame in reversed(self.answers) if frame[1] == number)
        return frame[2]

    def change(self, key: str, value: str, line: str = MAIN) -> str:
        answer: str = self.ask("ChangeConfiguration", {"key": key, "value": value}, line)["status"]
        return answer

    def read(self, key: str) -> str | None:
        entries = self.ask("GetConfiguration", {"key": [key]}).get("configurationKey", [])
        return next((entry.get("value") for entry in entries), None)

    def wait(self, seconds: float, step: float = 0.1) -> None:
        """Let time pass, as a runner would: never past what is due."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(self.now + step, end)
            self.point.tick(self.now)
            self.work()

    def car(self, connector: int = 1, seconds: float = 10.0, tag: str = "CARD") -> bool:
        came = self.point.arrive(connector, Visit(tag, seconds), self.now)
        self.work()
        return came

    def charge(self, connector: int = 1, seconds: float = 10.0) -> None:
        """A car comes, and its transaction is open."""
        assert self.car(connector, seconds)
        self.wait(self.pace.prepare + 0.2)
        assert self.point.sessions.transaction_open

    def said(self, action: str, line: str = MAIN) -> list[dict[str, Any]]:
        return [payload for at, what, payload in self.calls if at == line and what == action]

    def shown(self, connector: int = 1, line: str = MAIN) -> list[str]:
        """The states a connector was reported in, in order."""
        return [each["status"] for each in self.said("StatusNotification", line) if each["connectorId"] == connector]
