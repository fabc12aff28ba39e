"""Laws of a session under any order of frames, store results, calls of ours, time and loss."""

import json
from collections import Counter
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chargers.link_state import Busy, busy_reason
from gateway.ocpp16 import records
from gateway.ocpp16.effects import Answered, Close, Effect, Priority, Ring, Send, Store
from gateway.ocpp16.records import StartStored, StoreFailed, TagAnswer
from gateway.ocpp16.session import ChargerSession, SessionFacts, SessionSettings
from gateway.ocpp16.vocabulary import ChargerAction, ConnectorStatus
from tests.unit.gateway.schemas import faults
from tests.unit.gateway.test_frames import JSON

TIME = "2026-01-01T00:00:00Z"
SAMPLES = [{"timestamp": TIME, "sampledValue": [{"value": "1"}]}]
CONNECTORS = st.integers(-1, 3)
TRANSACTIONS = st.integers(-1, 4)
GOOD_CALLS = st.one_of(
    st.tuples(st.just("BootNotification"), st.just({"chargePointVendor": "V", "chargePointModel": "M"})),
    st.tuples(st.just("Heartbeat"), st.just({})),
    st.tuples(st.just("Authorize"), st.just({"idTag": "T"})),
    st.tuples(
        st.just("StatusNotification"),
        st.fixed_dictionaries({"connectorId": CONNECTORS, "status": st.sampled_from(ConnectorStatus)}),
    ),
    st.tuples(st.just("StartTransaction"), st.fixed_dictionaries({"connectorId": CONNECTORS, "idTag": st.just("T")})),
    st.tuples(st.just("StopTransaction"), st.fixed_dictionaries({"transactionId": TRANSACTIONS})),
    st.tuples(
        st.just("MeterValues"),
        st.fixed_dictionaries(
            {"connectorId": CONNECTORS, "meterValue": st.just(SAMPLES)}, optional={"transactionId": TRANSACTIONS}
        ),
    ),
    st.tuples(
        st.just("FirmwareStatusNotification"),
        st.fixed_dictionaries({"status": st.sampled_from(["Idle", "Installing"])}),
    ),
)
ANY_CALLS = st.tuples(st.sampled_from([*ChargerAction, "Reset", "Nonsense"]), JSON)
OUR_CALLS = st.sampled_from(
    [
        ("GetConfiguration", {}),
        ("ChangeConfiguration", {"key": "K", "value": "V"}),
        ("RemoteStartTransaction", {"idTag": "T"}),
        ("Reset", {"type": "Soft"}),
    ]
)


class SessionLaws(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.session = ChargerSession(SessionFacts("C1", 7, True, 1, 1, {1: "Available"}), SessionSettings(), self.now)
        self.asked: Counter[str] = Counter()  # the charger's calls by id
        self.replied: Counter[str] = Counter()
        self.actions: dict[str, str] = {}
        self.pending: dict[int, Store] = {}  # awaited, not yet stored
        self.out: list[tuple[str, str]] = []  # our calls written and not over
        self.ours: Counter[str] = Counter()  # our calls by id: 1 begun, 0 over
        self.guarded: set[str] = set()
        self.closed = False
        self.number = 0
        self.transaction = 0

    def carry_out(self, effects: list[Effect]) -> None:
        over = {effect.call_id for effect in effects if isinstance(effect, Answered)}
        self.out = [one for one in self.out if one[0] not in over]
        for effect in effects:
            if isinstance(effect, Send):
                self.written(json.loads(effect.text))
            elif isinstance(effect, Store):
                assert effect.token not in self.pending
                if effect.record.AWAITED:
                    self.pending[effect.token] = effect
            elif isinstance(effect, Answered):
                self.ours[effect.call_id] -= 1
            elif isinstance(effect, Close):
                self.closed = True

    def written(self, frame: list[Any]) -> None:
        assert not self.closed
        if frame[0] == 2:
            assert self.session.boot_accepted or frame[3].get("requestedMessage") == "BootNotification"
            assert faults(frame[2], frame[3]) == []
            if frame[1] in self.guarded:
                # Writing a remote start makes the charger busy in the same breath.
                assert self.session.busy_reason(self.now) in (None, Busy.REMOTE_START)
            self.out.append((frame[1], frame[2]))
        else:
            self.replied[frame[1]] += 1
            if frame[0] == 3:
                assert faults(f"{self.actions[frame[1]]}Response", frame[2]) == []

    @rule(call=GOOD_CALLS | ANY_CALLS)
    def charger_calls(self, call: tuple[str, Any]) -> None:
        self.number += 1
        number = f"c{self.number}"
        text = json.dumps([2, number, call[0], call[1]])
        self.actions[number] = call[0]
        if not self.closed and len(text) < 60_000:
            self.asked[number] += 1
            self.carry_out(self.session.receive(text, self.now))

    @rule(text=st.text(max_size=40) | st.text('[]{}",:0123', max_size=40))
    def charger_sends_garbage(self, text: str) -> None:
        self.carry_out(self.session.receive(text, self.now))

    @precondition(lambda self: self.out)
    @rule(answer=st.sampled_from(["Accepted", "Rejected", "Nonsense", None, "error"]), index=st.integers(0, 3))
    def charger_answers(self, answer: str | None, index: int) -> None:
        call_id, _ = self.out[index % len(self.out)]
        frame: list[Any] = [4, call_id, "GenericError", "", {}]
        if answer != "error":
            frame = [3, call_id, {} if answer is None else {"status": answer}]
        self.out = [one for one in self.out if one[0] != call_id]
        self.carry_out(self.session.receive(json.dumps(frame), self.now))

    @rule()
    def charger_answers_what_was_not_asked(self) -> None:
        self.carry_out(self.session.receive('[3,"7.999999",{}]', self.now))

    @precondition(lambda self: self.pending)
    @rule(fails=st.booleans(), index=st.integers(0, 50), is_open=st.booleans())
    def store_is_done(self, fails: bool, index: int, is_open: bool) -> None:
        token = sorted(self.pending)[index % len(self.pending)]
        record = self.pending.pop(token).record
        result: records.StoreResult = None
        if fails:
            result = StoreFailed("away")
        elif isinstance(record, records.Start):
            self.transaction += 1
            result = StartStored(self.transaction, TagAnswer("Accepted"), is_open)
        elif isinstance(record, records.Authorize):
            result = TagAnswer("Accepted")
        self.carry_out(self.session.stored(token, result, self.now))
        assert self.session.stored(token, result, self.now) == []

    @rule(call=OUR_CALLS, priority=st.sampled_from(Priority), only_if_idle=st.booleans())
    def we_call(self, call: tuple[str, Any], priority: Priority, only_if_idle: bool) -> None:
        call_id, effects = self.session.call(call[0], call[1], self.now, priority=priority, only_if_idle=only_if_idle)
        self.ours[call_id] += 1
        if only_if_idle:
            self.guarded.add(call_id)
        self.carry_out(effects)

    @rule(seconds=st.sampled_from([0.0, 0.5, 3.0, 31.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        # What is out for longer than its time ends without an answer, our own questions silently.
        before = self.session.tick(self.now)
        if seconds > 30:
            self.out = []
        self.carry_out(before)

    @invariant()
    def one_call_is_out(self) -> None:
        assert len(self.out) <= 1

    @invariant()
    def every_call_of_the_charger_is_answered_once_or_waits(self) -> None:
        if not self.closed:
            waiting = len(self.pending)
            assert all(self.replied[number] <= 1 for number in self.asked)
            assert sum(self.asked.values()) - sum(self.replied[number] for number in self.asked) == waiting

    @invariant()
    def every_call_of_ours_is_over_at_most_once(self) -> None:
        assert all(count in (0, 1) for count in self.ours.values())

    @invariant()
    def the_last_ring_is_the_verdict(self) -> None:
        activity = self.session.activity(self.now)
        assert self.session.is_idle(self.now) is (not self.closed and busy_reason(activity) is None)
        if self.pending and any(isinstance(one.record, records.Start) for one in self.pending.values()):
            assert not self.session.is_idle(self.now)

    def teardown(self) -> None:
        self.carry_out(self.session.closed(self.now))
        assert all(count == 0 for count in self.ours.values())


SessionLaws.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestSessionLaws = SessionLaws.TestCase


@given(st.lists(st.text() | JSON.map(json.dumps), max_size=5), st.booleans())
def test_no_text_raises(texts: list[str], booted: bool) -> None:
    session = ChargerSession(SessionFacts("C1", 7, booted, 1), SessionSettings(), 0.0)
    for text in texts:
        session.receive(text, 1.0)


@given(st.lists(st.sampled_from(ConnectorStatus), max_size=30))
def test_rings_alternate(statuses: list[ConnectorStatus]) -> None:
    session = ChargerSession(SessionFacts("C1", 7, True, 1, 1), SessionSettings(settle=0), 0.0)
    rings = []
    for number, status in enumerate(statuses):
        payload = {"connectorId": 1, "status": status.value}
        effects = session.receive(json.dumps([2, str(number), "StatusNotification", payload]), 1.0)
        rings += [effect.idle for effect in effects if isinstance(effect, Ring)]
        assert (rings[-1] if rings else False) is session.is_idle(1.0)
    assert all(one != other for one, other in pairwise(rings))
