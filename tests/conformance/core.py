"""A charge point at the pure session core, with an exchange of values instead of a socket and a store in memory."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from gateway.central.authorize import Card, judge_tag
from gateway.clock import utc
from gateway.ocpp16 import records
from gateway.ocpp16.effects import Answered
from gateway.ocpp16.facts import SessionFacts
from gateway.ocpp16.records import StartStored, StoreResult
from tests.conformance.point import Answer, Payload, Session
from tests.unit.gateway.schemas import faults
from tests.unit.gateway.wire import Wire


class CorePoint:
    """``Point`` without a socket. The store keeps cards and sessions as the real one does, in a few lines."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.heard: list[tuple[str, Mapping[str, Any]]] = []
        self.cards: dict[str, Card] = {}
        self.rows: dict[int, Session] = {}
        self.kinds: list[str] = []
        self.wire = self._connect(SessionFacts("C1", 1))

    def _connect(self, facts: SessionFacts) -> Wire:
        wire = Wire(facts, settle=0.0)
        wire.now = time.time()
        return wire

    async def says(self, action: str, **payload: Any) -> Payload:
        assert faults(action, payload) == []
        frames = self.wire.says(action, payload)
        stored = self.wire.stores[-1] if self.wire.stores else None
        if not frames:
            assert stored is not None
            frames = self.wire.store(self._store(stored.record))
        ((kind, _, answer),) = [frame for frame in frames if frame[0] != 2]
        assert kind == 3, frames
        assert faults(f"{action}Response", answer) == []
        return dict(answer)

    async def called(self, action: str, **payload: Any) -> Answered:
        assert faults(action, payload) == []
        self.wire.calls(action, payload)
        kind, number, sent, given = self.wire.sent[-1]
        assert (kind, sent, given) == (2, action, payload)
        self.heard.append((sent, given))
        answer = self.answers[action]
        if isinstance(answer, str):
            self.wire.raw(f'[4,"{number}","{answer}","",{{}}]')
        else:
            assert faults(f"{action}Response", answer) == []
            self.wire.answers(number, answer)
        return self.wire.answered[-1]

    async def reconnects(self) -> None:
        session = self.wire.session
        self.wire.run(session.closed(self.wire.now))
        open_ones = {number: row.connector for number, row in self.rows.items() if row.meter_stop is None}
        facts = SessionFacts(
            "C1", session.epoch + 1, session.boot_accepted, session.boot_number, 1, open_transactions=open_ones
        )
        self.wire = self._connect(facts)

    async def card(self, id_tag: str, *, blocked: bool = False, expired: bool = False, parent: str = "") -> None:
        ends = utc(self.wire.now) - timedelta(days=1) if expired else None
        self.cards[id_tag] = Card(blocked, ends, parent)

    async def sessions(self) -> list[Session]:
        return list(self.rows.values())

    async def events(self) -> list[str]:
        return self.kinds

    def busy(self) -> str:
        return str(self.wire.session.busy_reason(self.wire.now) or "")

    def _store(self, record: records.Record) -> StoreResult:
        match record:
            case records.Authorize():
                return self._judge(record.id_tag)
            case records.Start():
                tag, number = self._judge(record.id_tag), len(self.rows) + 1
                self.rows[number] = Session(record.connector, record.id_tag, tag.status, record.meter_start, None, "")
                return StartStored(number, tag)
            case records.Stop():
                row = self.rows[record.transaction_id]
                self.rows[record.transaction_id] = row._replace(meter_stop=record.meter_stop, reason=record.reason)
                return self._judge(record.id_tag) if record.id_tag else None
            case records.SecurityEvent():
                self.kinds.append(record.kind)
        return None

    def _judge(self, id_tag: str) -> records.TagAnswer:
        return judge_tag(required=True, card=self.cards.get(id_tag), at=utc(self.wire.now))
