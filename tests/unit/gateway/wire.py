"""A charger and a runtime around one session: what was sent, stored and answered, by hand-moved time."""

import json
from typing import Any

from gateway.ocpp16.effects import Answered, Close, Effect, Noticed, Oddity, Ring, Send, Store
from gateway.ocpp16.records import Record, StoreResult
from gateway.ocpp16.session import ChargerSession, SessionFacts, SessionSettings

NOW = 1_700_000_000.0
BOOT = {"chargePointVendor": "Portal Simulator", "chargePointModel": "Keep", "firmwareVersion": "1.0"}


class Wire:
    def __init__(self, facts: SessionFacts | None = None, **settings: Any) -> None:
        self.now = NOW
        self.session = ChargerSession(
            facts or SessionFacts("C1", 7, True, 3, 1, {1: "Available"}), SessionSettings(**settings), self.now
        )
        self.sent: list[Any] = []
        self.stores: list[Store] = []
        self.answered: list[Answered] = []
        self.rings: list[bool] = []
        self.noticed: list[Oddity] = []
        self.closed: Close | None = None
        self._number = 0

    def run(self, effects: list[Effect]) -> list[Any]:
        """Carry the effects out; the frames written, decoded."""
        written = []
        for effect in effects:
            if isinstance(effect, Send):
                assert self.closed is None, "written after Close"
                written.append(json.loads(effect.text))
            elif isinstance(effect, Store):
                self.stores.append(effect)
            elif isinstance(effect, Answered):
                self.answered.append(effect)
            elif isinstance(effect, Ring):
                self.rings.append(effect.idle)
            elif isinstance(effect, Noticed):
                self.noticed.append(effect.oddity)
            else:
                self.closed = effect
        self.sent.extend(written)
        return written

    def close_code(self) -> int | None:
        return None if self.closed is None else self.closed.code

    def raw(self, text: str) -> list[Any]:
        return self.run(self.session.receive(text, self.now))

    def says(self, action: str, payload: Any) -> list[Any]:
        """The charger's call; what was written meanwhile."""
        self._number += 1
        return self.raw(json.dumps([2, f"c{self._number}", action, payload]))

    def store(self, result: StoreResult = None) -> list[Any]:
        """The newest Store effect is done."""
        return self.run(self.session.stored(self.stores[-1].token, result, self.now))

    def record(self) -> Record:
        return self.stores[-1].record

    def status(self, connector: int, status: str) -> list[Any]:
        return self.says("StatusNotification", {"connectorId": connector, "status": status, "errorCode": "NoError"})

    def boot(self) -> list[Any]:
        self.says("BootNotification", BOOT)
        return self.store()

    def wait(self, seconds: float) -> list[Any]:
        self.now += seconds
        return self.run(self.session.tick(self.now))

    def calls(self, action: str, payload: Any, **options: Any) -> str:
        """A call of ours; its id."""
        call_id, effects = self.session.call(action, payload, self.now, **options)
        self.run(effects)
        return call_id

    def answers(self, call_id: str, payload: Any) -> list[Any]:
        return self.raw(json.dumps([3, call_id, payload]))

    def ready(self) -> "Wire":
        """Settled, its one connector reported Available on this connection."""
        self.status(1, "Available")
        self.wait(5)
        assert self.session.is_idle(self.now)
        self.rings.clear()
        self.sent.clear()
        return self
