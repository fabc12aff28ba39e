"""What must hold whatever a charger sends: nothing raises, answers are answers, and what is kept can be kept."""

import json
import random
from datetime import datetime
from typing import Any

import msgspec

from gateway.ocpp16 import records
from gateway.ocpp16.effects import Close, Effect, Send, Store
from gateway.ocpp16.facts import SessionFacts, SessionSettings
from gateway.ocpp16.inbound import MAX_UNANSWERED
from gateway.ocpp16.records import StartStored, StoreFailed, StoreResult, TagAnswer
from gateway.ocpp16.session import ChargerSession

WIDTHS = {"kind": 50, "info": 255, "vendor": 50, "model": 50, "firmware": 50, "serial_number": 50, "reason": 20,
          "id_tag": 255, "status": 30, "error_code": 40}  # fmt: skip


class Judge:
    """One session and a store that sometimes fails; ``hear`` raises AssertionError where a law is broken."""

    def __init__(self, rng: random.Random, *, bridged: bool = False) -> None:
        self.rng, self.now = rng, 1_800_000_000.0
        facts = SessionFacts("C1", 7, rng.random() < 0.8, 1, 1, bridged=bridged)
        self.session = ChargerSession(facts, SessionSettings(), self.now)
        self.pending: list[Store] = []
        self.payloads: list[bytes] = []
        self.closed = False
        self._transactions = 0

    def hear(self, text: str) -> None:
        self.now += self.rng.choice((0.0, 0.1, 7.0))
        self._carry_out(self.session.receive(text, self.now))
        while self.pending and self.rng.random() < 0.7:
            store = self.pending.pop(self.rng.randrange(len(self.pending)))
            self._carry_out(self.session.stored(store.token, self._result(store.record), self.now))
        if self.rng.random() < 0.1:
            self._carry_out(self.session.tick(self.now))
        activity = self.session.activity(self.now)
        assert activity.unanswered <= MAX_UNANSWERED
        assert len(activity.connectors) <= 65
        assert len(self.session._charger.foreign) <= 64

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                assert not self.closed
                frame = json.loads(effect.text)
                assert frame[0] in (2, 3, 4)
                assert len(effect.text.encode()) <= 70_000
            elif isinstance(effect, Store):
                check(effect.record)
                if effect.payload:
                    self.payloads.append(effect.payload)
                if effect.record.AWAITED:
                    self.pending.append(effect)
            elif isinstance(effect, Close):
                self.closed = True

    def _result(self, record: records.Record) -> StoreResult:
        if self.rng.random() < 0.2:
            return StoreFailed("away")
        match record:
            case records.Start():
                self._transactions += 1
                return StartStored(self._transactions, TagAnswer("Accepted"))
            case records.Authorize():
                return TagAnswer("Blocked")
            case records.DataTransfer():
                return records.Relayed(b'{"status":"Accepted"}')
        return None


def check(record: records.Record) -> None:
    """PostgreSQL takes it: no NUL, no lone surrogate, nothing wider than its column."""
    for name in record.__struct_fields__:
        _check(name, getattr(record, name))


def _check(name: str, value: Any) -> None:
    match value:
        case str():
            assert "\x00" not in value, name
            value.encode()
            assert len(value) <= WIDTHS.get(name, 70_000), name
        case bool() | None | bytes() | float():
            pass
        case int():
            small = name in {"connector", "connector_count"}
            narrow = name in {"transaction_id", "reservation_id", "boot_number"}
            assert 0 <= value <= 64 if small else abs(value) < 2**31 if narrow else -(2**63) <= value < 2**63, name
        case datetime():
            assert 1 < value.year < 9999
        case tuple():
            for one in value:
                _check(name, one)
        case records.Sample():
            _check("sampled_at", value.sampled_at)
            assert "\x00" not in str(msgspec.json.decode(value.sampled_values))
        case _:
            raise AssertionError(f"{name}: {type(value)}")
