"""Orders are judged before they are sent: whatever passes fits the standard, whatever does not names its field."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.refusals import Invalid
from chargers.command_fields import LABELS
from chargers.command_words import GOOD, WORDS, answer_sentence
from chargers.commands import COMMANDS, FIELDS, read_order
from chargers.request_states import RequestKind
from chargers.secret_keys import is_secret
from gateway.ocpp16.outgoing import check_request
from gateway.ocpp16.responses import RESPONSES

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
GIVEN: dict[str, dict[str, Any]] = {
    "remote_start": {"id_tag": "04A2B3"},
    "remote_stop": {"transaction_id": 7},
    "unlock": {"connector_id": 1},
    "reset": {"type": "Soft"},
    "change_availability": {"type": "Inoperative"},
    "trigger_message": {"message": "Heartbeat"},
    "clear_cache": {},
    "get_configuration": {"keys": ["HeartbeatInterval"]},
    "change_configuration": {"settings": {"HeartbeatInterval": "60"}},
    "update_firmware": {"location": "https://maker.example.com/fw.bin"},
    "get_diagnostics": {"start_at": NOW - timedelta(hours=1)},
    "reserve_now": {"id_tag": "04A2B3", "expires_at": NOW + timedelta(hours=1), "reservation_id": 3},
    "cancel_reservation": {"reservation_id": 3},
    "data_transfer": {"vendor_id": "com.example"},
}
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 2**33), st.text(max_size=30), st.just("x" * 600), st.just(1.5),
    st.datetimes(timezones=st.just(UTC)), st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    st.sampled_from(["Soft", "Operative", "Heartbeat", "ftp://h.example.com/f"]),
)  # fmt: skip


@pytest.mark.parametrize("kind", GIVEN)
def test_the_least_that_a_command_needs_is_enough(kind: str) -> None:
    order = read_order(kind, GIVEN[kind], now=NOW)
    assert order.action == COMMANDS[RequestKind(kind)].action
    if kind != "change_configuration":
        check_request(order.action, sent(kind, order.payload))


def sent(kind: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The gateway makes the address for diagnostics."""
    return {**payload, "location": "https://portal.example.com/up"} if kind == "get_diagnostics" else payload


def test_every_command_is_tried() -> None:
    assert set(GIVEN) == set(COMMANDS)
    assert set(COMMANDS) == set(RequestKind) - {RequestKind.BACKEND_TEST}


@given(st.sampled_from(sorted(COMMANDS)), st.dictionaries(st.sampled_from(sorted(FIELDS)), VALUES, max_size=4))
def test_what_passes_may_be_sent_and_what_does_not_names_its_field(kind: str, more: dict[str, Any]) -> None:
    given_ = {**GIVEN[kind], **more}
    try:
        order = read_order(kind, given_, now=NOW)
    except Invalid as refused:
        own = {parameter.name for parameter in COMMANDS[RequestKind(kind)].parameters}
        for fault in refused.faults:
            name = fault.pointer.strip("/")
            assert name in own | given_.keys()
            assert str(fault.detail)
        return
    if kind == "change_configuration":
        for key, value in order.payload["settings"].items():
            check_request("ChangeConfiguration", {"key": key, "value": value})
    else:
        check_request(order.action, sent(kind, order.payload))


@pytest.mark.parametrize(
    ("kind", "given_", "pointer", "code"),
    [
        ("explode", {}, "/command", "command"),
        ("reset", {"type": "soft"}, "/type", "choice"),
        ("reset", {}, "/type", "required"),
        ("unlock", {"connector_id": 0}, "/connector_id", "range"),
        ("unlock", {"connector_id": True}, "/connector_id", "type"),
        ("clear_cache", {"type": "Soft"}, "/type", "not_for_this_command"),
        ("remote_start", {"id_tag": "x" * 21}, "/id_tag", "text"),
        ("remote_start", {"id_tag": " x"}, "/id_tag", "text"),
        ("update_firmware", {"location": "https://user:pw@maker.example.com/f"}, "/location", "location"),
        ("update_firmware", {"location": "file:///etc/passwd"}, "/location", "location"),
        ("reserve_now", {**GIVEN["reserve_now"], "expires_at": NOW}, "/expires_at", "past"),
        ("change_configuration", {"settings": {}}, "/settings", "settings"),
        ("get_diagnostics", {"start_at": NOW, "stop_at": NOW}, "/stop_at", "order"),
        ("get_diagnostics", {"location": "https://elsewhere.example.com/"}, "/location", "not_for_this_command"),
    ],
)
def test_a_fault_names_field_and_rule(kind: str, given_: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_order(kind, given_, now=NOW)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [(pointer, code)]


def test_times_are_sent_in_utc_and_what_is_left_out_is_filled_in() -> None:
    order = read_order("update_firmware", GIVEN["update_firmware"], now=NOW)
    assert order.payload["retrieveDate"] == "2026-05-04T10:00:00Z"
    assert read_order("change_availability", {"type": "Operative"}, now=NOW).payload["connectorId"] == 0


def test_every_command_and_every_answer_of_the_standard_has_its_words() -> None:
    assert WORDS.keys() == COMMANDS.keys()
    for kind, command in COMMANDS.items():
        shape = RESPONSES[command.action]
        status = shape.__annotations__.get("status")
        for word in getattr(status, "__args__", ("Accepted",)):
            assert answer_sentence(kind, word), (kind, word)
    assert {"Accepted", "Unlocked", "Scheduled"} <= GOOD
    assert FIELDS - {"keys", "settings"} <= LABELS.keys()


@pytest.mark.parametrize(
    ("key", "secret"),
    [("AuthorizationKey", True), ("BasicAuthPassword", True), ("ClientSecret", True), ("PasswordFingerprint", False),
     ("HeartbeatInterval", False)],
)  # fmt: skip
def test_which_keys_hold_a_secret(key: str, secret: bool) -> None:
    assert is_secret(key) is secret
