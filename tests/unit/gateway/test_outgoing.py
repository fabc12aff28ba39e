import json
from typing import Any

import msgspec
import pytest

from gateway.ocpp16.outgoing import _REQUESTS, _RESPONSES, check_request, read_response
from tests.unit.gateway.schemas import faults

GOOD: list[tuple[str, dict[str, Any]]] = [
    ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
    ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "x" * 40}),
    ("ChangeConfiguration", {"key": "K" * 50, "value": ""}),
    ("ClearCache", {}),
    ("ClearChargingProfile", {}),
    ("ClearChargingProfile", {"id": 1, "connectorId": 1, "chargingProfilePurpose": "TxProfile", "stackLevel": 0}),
    ("GetConfiguration", {}),
    ("GetConfiguration", {"key": ["A", "B"]}),
    ("RemoteStartTransaction", {"idTag": "TAG", "connectorId": 1}),
    ("RemoteStopTransaction", {"transactionId": 3}),
    ("Reset", {"type": "Soft"}),
    ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 2}),
    ("UnlockConnector", {"connectorId": 1}),
]
BAD: list[tuple[str, dict[str, Any]]] = [
    ("ChangeAvailability", {"connectorId": 0, "type": "inoperative"}),
    ("ChangeAvailability", {"connectorId": -1, "type": "Operative"}),
    ("ChangeAvailability", {"type": "Operative"}),
    ("ChangeConfiguration", {"key": "K" * 51, "value": ""}),
    ("ChangeConfiguration", {"key": "K", "value": "x" * 501}),
    ("ChangeConfiguration", {"key": "K", "value": None}),
    ("ChangeConfiguration", {"key": "K", "value": "v", "extra": 1}),
    ("ClearCache", {"extra": 1}),
    ("ClearChargingProfile", {"chargingProfilePurpose": "Other"}),
    ("GetConfiguration", {"key": "A"}),
    ("RemoteStartTransaction", {"idTag": "T" * 21}),
    ("RemoteStopTransaction", {"transactionId": "3"}),
    ("Reset", {"type": "Warm"}),
    ("TriggerMessage", {"requestedMessage": "LogStatusNotification"}),
    ("UnlockConnector", {}),
    ("NoSuchAction", {}),
    ("Heartbeat", {}),
]


@pytest.mark.parametrize(("action", "payload"), GOOD)
def test_what_we_send_fits_the_standard(action: str, payload: dict[str, Any]) -> None:
    check_request(action, payload)
    assert faults(action, payload) == []


@pytest.mark.parametrize(("action", "payload"), BAD)
def test_what_does_not_fit_is_never_sent(action: str, payload: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=action):
        check_request(action, payload)


def test_every_request_has_a_good_example_and_a_response() -> None:
    assert {action for action, _ in GOOD} == set(_REQUESTS) == set(_RESPONSES)


@pytest.mark.parametrize(
    ("action", "given", "read"),
    [
        ("ChangeConfiguration", {"status": "RebootRequired", "more": 1}, {"status": "RebootRequired"}),
        ("ChangeConfiguration", {"status": "accepted"}, None),
        ("ChangeConfiguration", {}, None),
        ("ChangeConfiguration", [], None),
        ("ChangeAvailability", {"status": "Scheduled"}, {"status": "Scheduled"}),
        ("Reset", {"status": "Scheduled"}, None),
        ("TriggerMessage", {"status": "NotImplemented"}, {"status": "NotImplemented"}),
        ("GetConfiguration", {}, {"configurationKey": [], "unknownKey": []}),
        ("GetConfiguration", {"unknownKey": None}, {"configurationKey": [], "unknownKey": []}),
        (
            "GetConfiguration",
            {"configurationKey": [{"key": "A", "readonly": False, "value": 5}, {"key": "B", "value": True}]},
            {
                "configurationKey": [
                    {"key": "A", "readonly": False, "value": "5"},
                    {"key": "B", "readonly": False, "value": "true"},
                ],
                "unknownKey": [],
            },
        ),
        ("GetConfiguration", {"configurationKey": {}}, None),
    ],
)
def test_answers_are_read(action: str, given: Any, read: dict[str, Any] | None) -> None:
    assert read_response(action, msgspec.Raw(json.dumps(given).encode())) == read
