"""Alarms from facts: each rule alone, and that nothing is said where nothing is wrong."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargers.alarm_rows import SIGNS
from chargers.alarms import OF_SEVERAL, QUEUE_AGE, RULES, Alarm, AlarmCode, AlarmFacts, alarms_of, sentence_for
from chargers.templatetags.charger_ui import ALARM_WORDS
from chargers.upstream_state import UpstreamFacts

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
URL = "wss://ocpp.example.com/ZCS1"


def upstream(state: str = "connected", **more: object) -> AlarmFacts:
    return AlarmFacts(upstream=UpstreamFacts(URL, state, NOW - timedelta(hours=1), **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        (AlarmFacts(), []),
        (AlarmFacts(link_alarm="duplicate_identity", link_alarm_at=NOW), ["duplicate_identity"]),
        (upstream(), []),
        (upstream("waiting", fault="connection_refused"), []),
        (upstream("waiting", fault="unauthorized", http_status=401), ["backend_refuses"]),
        (upstream("waiting", fault="forbidden", http_status=403), ["backend_refuses"]),
        (upstream("connecting"), []),
        (AlarmFacts(refused_logins=4, last_refused_at=NOW), []),
        (AlarmFacts(refused_logins=5, last_refused_at=NOW), ["login_refused"]),
        (AlarmFacts(refused_logins=99, last_refused_at=NOW - timedelta(hours=2)), []),
        (AlarmFacts(faulted=((1, "GroundFailure", NOW),)), ["connector_fault"]),
        (AlarmFacts(clock_offset_seconds=-299.0), []),
        (AlarmFacts(clock_offset_seconds=7200.0), ["clock_off"]),
        (AlarmFacts(clock_offset_seconds=-7200.0), ["clock_off"]),
        (AlarmFacts(event="TamperDetectionActivated", event_at=NOW), ["security_event"]),
        (AlarmFacts(event="StartupOfTheDevice", event_at=NOW), []),
        (AlarmFacts(event="TamperDetectionActivated", event_at=NOW - timedelta(days=2)), []),
        (upstream(queued=1, oldest_at=NOW - QUEUE_AGE), []),
        (upstream(queued=1, oldest_at=NOW - QUEUE_AGE - timedelta(seconds=1)), ["queue_old"]),
        (
            upstream("waiting", fault="unauthorized", queued=9, oldest_at=NOW - timedelta(days=1)),
            ["backend_refuses", "queue_old"],
        ),
    ],
)
def test_each_rule(facts: AlarmFacts, codes: list[str]) -> None:
    assert [alarm.code for alarm in alarms_of(facts, NOW)] == codes


def test_an_alarm_tells_since_when_and_what_to_do() -> None:
    (alarm,) = alarms_of(upstream("waiting", fault="unauthorized"), NOW)
    assert isinstance(alarm, Alarm)
    assert alarm.since == NOW - timedelta(hours=1)
    assert "401" in str(alarm.detail)
    assert "password" in str(alarm.detail)


def test_a_fault_names_its_connector_and_a_clock_its_direction() -> None:
    (one,) = alarms_of(AlarmFacts(faulted=((2, "GroundFailure", NOW), (3, "OtherError", NOW))), NOW)
    assert "Connector 2" in str(one.detail)
    assert "GroundFailure" in str(one.detail)
    (fast,) = alarms_of(AlarmFacts(clock_offset_seconds=3600.0), NOW)
    (slow,) = alarms_of(AlarmFacts(clock_offset_seconds=-3600.0), NOW)
    assert ("60 minutes fast" in str(fast.detail), "60 minutes slow" in str(slow.detail)) == (True, True)


def test_every_code_has_its_rule_its_condition_and_its_words() -> None:
    for table in (RULES, SIGNS, OF_SEVERAL, ALARM_WORDS):
        assert set(table) == set(AlarmCode)
    assert sentence_for(AlarmCode.BACKEND_REFUSES, 1) == "The backend refuses the login of 1 charger."
    assert sentence_for(AlarmCode.BACKEND_REFUSES, 12) == "The backend refuses the login of 12 chargers."


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_waiting_longer_never_takes_an_alarm_away(sooner: int, more: int) -> None:
    facts = upstream(queued=1, oldest_at=NOW)
    before = alarms_of(facts, NOW + timedelta(seconds=sooner))
    after = alarms_of(facts, NOW + timedelta(seconds=sooner + more))
    assert {alarm.code for alarm in before} <= {alarm.code for alarm in after}
