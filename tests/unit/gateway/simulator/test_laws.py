"""Laws of the simulated charger under any mix of outages, time-outs, refusals, resets and cars."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.simulator.connector import Status
from gateway.simulator.values import MAIN, Pace, timestamp
from tests.unit.gateway.simulator.bench import START, Bench

SOON = timestamp(START + 30)

CALLS = st.sampled_from(
    [
        ("Reset", {"type": "Soft"}),
        ("Reset", {"type": "Hard"}),
        ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
        ("ChangeAvailability", {"connectorId": 0, "type": "Operative"}),
        ("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "7"}),
        ("GetConfiguration", {}),
        ("RemoteStartTransaction", {"idTag": "APP"}),
        ("RemoteStopTransaction", {"transactionId": 101}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification"}),
        ("UnlockConnector", {"connectorId": 1}),
        ("ReserveNow", {"connectorId": 1, "expiryDate": SOON, "idTag": "CARD", "reservationId": 1}),
        ("ReserveNow", {"connectorId": 0, "expiryDate": SOON, "idTag": "APP", "reservationId": 2}),
        ("CancelReservation", {"reservationId": 1}),
        ("UpdateFirmware", {"location": "https://maker.test/f", "retrieveDate": timestamp(START)}),
        ("GetDiagnostics", {"location": "http://portal.test/up"}),
        ("Nonsense", {"a": 1}),
    ]
)


class Chaos(RuleBasedStateMachine):
    """The bench itself fails on a second CALL while the first one may still be answered."""

    @initialize(seed=st.integers(0, 1000))
    def power_on(self, seed: int) -> None:
        self.bench = Bench(profile="simulator-moving", connectors=2, seed=seed, pace=Pace(session=(2, 6), meter=1))
        self.asked = 0
        self.taken: list[tuple[str, dict[str, Any]]] = []

    @property
    def line(self) -> Any:
        return self.bench.point.lines[MAIN]

    @precondition(lambda self: MAIN in self.bench.point.wanted() and not self.line.connected)
    @rule()
    def connect(self) -> None:
        self.bench.open()

    @precondition(lambda self: self.line.connected)
    @rule()
    def drop(self) -> None:
        self.bench.close()

    @rule()
    def pull_cable(self) -> None:
        self.bench.point.pull_cable(3, self.bench.now)
        self.bench.work()

    @rule(mute=st.booleans())
    def central_falls_silent(self, mute: bool) -> None:
        self.bench.mute = mute

    @precondition(lambda self: MAIN in self.bench.unanswered)
    @rule()
    def central_cannot_store(self) -> None:
        self.bench.refuse()

    @rule(connector=st.integers(0, 3), seconds=st.floats(0.5, 8))
    def car(self, connector: int, seconds: float) -> None:
        self.bench.car(connector, seconds)

    @precondition(lambda self: self.line.connected)
    @rule(call=CALLS)
    def call(self, call: tuple[str, dict[str, Any]]) -> None:
        before = self.bench.point.sessions.transaction_open, self.bench.point.sessions.statuses()
        self.bench.ask(*call)
        self.asked += 1
        judged = self.bench.judged[-1]
        assert (judged.action, judged.payload) == call
        assert (judged.transaction_open, judged.connectors) == before

    @rule(seconds=st.sampled_from([0.3, 1.0, 5.0, 40.0]))
    def time(self, seconds: float) -> None:
        self.bench.wait(seconds, step=0.25 if seconds < 10 else 1.0)

    @invariant()
    def every_call_was_judged(self) -> None:
        if hasattr(self, "bench"):
            assert len(self.bench.judged) == self.asked

    @invariant()
    def states_and_transactions_agree(self) -> None:
        for connector in self.bench.point.sessions.connectors if hasattr(self, "bench") else ():
            assert (connector.transaction is not None) == (connector.status in (Status.CHARGING, Status.SUSPENDED_EV))
            assert connector.number or connector.status in (Status.AVAILABLE, Status.UNAVAILABLE)

    def teardown(self) -> None:
        """Let everything end: each transaction was told once begun, once ended, in the order it happened."""
        if not hasattr(self, "bench"):
            return
        bench, line = self.bench, self.line
        bench.mute = False
        bench.wait(10)
        if bench.unanswered:
            bench.answer()
            bench.work()
        for _ in range(40):
            if not line.connected and MAIN in bench.point.wanted():
                bench.open()
            bench.wait(20, step=1.0)
        assert not line.transactions
        assert line.given_up == 0
        assert not bench.point.sessions.transaction_open
        told = [(what, payload) for _, what, payload in bench.calls if what in ("StartTransaction", "StopTransaction")]
        order = [key for place, key in enumerate(told) if key not in told[:place]]
        moments = [payload["timestamp"] for _, payload in order]
        assert moments == sorted(moments)
        starts = [payload for what, payload in order if what == "StartTransaction"]
        stops = [payload for what, payload in order if what == "StopTransaction"]
        assert len(starts) == bench.point.sessions.next_number - 1
        assert len(stops) == len({payload["transactionId"] for payload in stops}) == len(starts)
        assert all(payload["transactionId"] > 0 for payload in stops)


TestChaos = Chaos.TestCase
