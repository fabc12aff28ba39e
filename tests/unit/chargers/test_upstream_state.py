"""How a connection to a backend is shown, and that every fault of the door outward has its words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargers.upstream_state import FAULTS, LOGIN_FAULTS, Shown, UpstreamFacts, fault_text, shown
from gateway.bridge.dial import Fault

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HELD = NOW + timedelta(seconds=10)


def facts(state: str, **more: Any) -> UpstreamFacts:
    return UpstreamFacts("wss://ocpp.example.com/ZCS1", state, NOW, **{"lease_until": HELD, **more})


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (facts("connected"), Shown.CONNECTED),
        (facts("pending"), Shown.PENDING),
        (facts("connecting"), Shown.CONNECTING),
        (facts("waiting", fault="unauthorized", http_status=401), Shown.REFUSED),
        (facts("waiting", fault="forbidden", http_status=403), Shown.REFUSED),
        (facts("waiting", fault="tls_expired"), Shown.WAITING),
        (facts("waiting"), Shown.WAITING),
        (facts("connected", lease_until=NOW - timedelta(seconds=1)), Shown.UNSERVED),
        (facts("closed", lease_until=None), Shown.CLOSED),
        (UpstreamFacts("", "closed"), None),
    ],
)
def test_a_connection_at_a_glance(told: UpstreamFacts, expected: Shown | None) -> None:
    assert shown(told, NOW) is expected


def test_every_fault_of_a_dial_has_words_of_its_own() -> None:
    assert set(FAULTS) == {str(fault) for fault in Fault}
    assert {str(Fault.UNAUTHORIZED), str(Fault.FORBIDDEN)} == LOGIN_FAULTS
    assert len({str(text) for text in FAULTS.values()}) == len(FAULTS)


def test_why_there_is_no_connection_is_said_in_words() -> None:
    assert str(fault_text(facts("waiting", fault="tls_expired"))) == "the certificate has expired"
    assert str(fault_text(facts("waiting"))) == "the connection was lost"
    assert fault_text(facts("connected")) == ""
