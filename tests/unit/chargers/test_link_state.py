"""Online and idle, by product.md: what is not known to be idle waits."""

from datetime import UTC, datetime, timedelta

import pytest

from chargers.link_state import NO_LINK, Activity, Busy, LinkFacts, LinkState, busy_reason, is_idle, link_state

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def activity(**changes: object) -> Activity:
    facts: dict[str, object] = {
        "boot_accepted": True,
        "connector_count": 2,
        "connectors": {1: "Available", 2: "Available"},
    }
    return Activity(**{**facts, **changes})  # type: ignore[arg-type]


def facts(**changes: object) -> LinkFacts:
    known: dict[str, object] = {
        "activity": activity(),
        "connected_at": NOW - timedelta(hours=1),
        "last_seen_at": NOW - timedelta(seconds=20),
        "node_seen_at": NOW - timedelta(seconds=3),
    }
    return LinkFacts(**{**known, **changes})  # type: ignore[arg-type]


def test_a_booted_charger_with_free_connectors_is_idle() -> None:
    assert link_state(facts(), NOW) is LinkState.IDLE
    assert is_idle(facts(), NOW)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"connected_at": None}, LinkState.NEVER),
        ({"disconnected_at": NOW}, LinkState.OFFLINE),
        ({"node_seen_at": NOW - timedelta(seconds=16)}, LinkState.OFFLINE),
        ({"node_seen_at": None}, LinkState.OFFLINE),
        ({"last_seen_at": NOW - timedelta(seconds=91)}, LinkState.OFFLINE),
        ({"activity": activity(boot_accepted=False)}, LinkState.BOOTING),
        ({"activity": activity(open_transactions=1)}, LinkState.CHARGING),
        ({"activity": activity(connectors={1: "Preparing", 2: "Available"})}, LinkState.BUSY),
    ],
)
def test_the_state_at_a_glance(changes: dict[str, object], state: LinkState) -> None:
    assert link_state(facts(**changes), NOW) is state
    assert state.online == (state in {LinkState.CHARGING, LinkState.BUSY})


def test_nobody_is_online_without_a_link() -> None:
    assert link_state(NO_LINK, NOW) is LinkState.NEVER


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"connectors": {1: "Available"}}, Busy.CONNECTOR_UNKNOWN),
        ({"connectors": {}, "connector_count": 0}, Busy.CONNECTOR_UNKNOWN),
        ({"connectors": {0: "Faulted", 1: "Available", 2: "Available"}}, Busy.CONNECTOR),
        ({"unanswered": 1}, Busy.UNANSWERED),
        ({"firmware_status": "Installing"}, Busy.FIRMWARE),
        ({"diagnostics_status": "Uploading"}, Busy.DIAGNOSTICS),
        ({"remote_start_pending": True}, Busy.REMOTE_START),
        ({"reserved": True}, Busy.RESERVATION),
        ({"job_pending": Busy.DIAGNOSTICS}, Busy.DIAGNOSTICS),
        ({"connectors": {1: "Unavailable", 2: "Available"}, "firmware_status": "Installed"}, None),
    ],
)
def test_what_keeps_a_charger_busy(changes: dict[str, object], reason: Busy | None) -> None:
    assert busy_reason(activity(**changes)) is reason
