import json
from typing import Any

import msgspec
import pytest

from gateway.ocpp16.outgoing import check_request, read_response
from gateway.ocpp16.requests import REQUESTS
from gateway.ocpp16.responses import RESPONSES
from tests.unit.gateway.schemas import faults

TIME = "2026-01-01T00:00:00Z"
SCHEDULE = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.1, "numberPhases": 3}]}
PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {**SCHEDULE, "minChargingRate": 6.0, "duration": 60, "startSchedule": TIME},
    "transactionId": 3,
    "validTo": TIME,
}
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "a" * 64, "issuerKeyHash": "b" * 64, "serialNumber": "1f"}
FIRMWARE = {"location": "https://x/f", "retrieveDateTime": TIME, "signingCertificate": "PEM", "signature": "c2ln"}

GOOD: list[tuple[str, dict[str, Any]]] = [
    ("CancelReservation", {"reservationId": 7}),
    ("DataTransfer", {"vendorId": "V"}),
    ("DataTransfer", {"vendorId": "V", "messageId": "M", "data": "x" * 5000}),
    ("DeleteCertificate", {"certificateHashData": HASH}),
    ("ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"}),
    ("GetCompositeSchedule", {"connectorId": 0, "duration": 60, "chargingRateUnit": "W"}),
    ("GetDiagnostics", {"location": "ftp://x/y", "startTime": TIME, "retries": 1}),
    ("GetInstalledCertificateIds", {"certificateType": "ManufacturerRootCertificate"}),
    ("GetLocalListVersion", {}),
    ("GetLog", {"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": "https://x/y"}}),
    ("InstallCertificate", {"certificateType": "CentralSystemRootCertificate", "certificate": "PEM"}),
    ("RemoteStartTransaction", {"idTag": "TAG", "chargingProfile": PROFILE}),
    ("ReserveNow", {"connectorId": 1, "expiryDate": TIME, "idTag": "T", "reservationId": 7, "parentIdTag": "P"}),
    ("SendLocalList", {"listVersion": 1, "updateType": "Full"}),
    (
        "SendLocalList",
        {
            "listVersion": 2,
            "updateType": "Differential",
            "localAuthorizationList": [
                {"idTag": "GONE"},
                {"idTag": "T", "idTagInfo": {"status": "Accepted", "expiryDate": TIME, "parentIdTag": "P"}},
            ],
        },
    ),
    ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": PROFILE}),
    ("SignedUpdateFirmware", {"requestId": 1, "firmware": FIRMWARE}),
    ("UpdateFirmware", {"location": "https://x/f", "retrieveDate": TIME, "retryInterval": 10}),
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
    ("CancelReservation", {"reservationId": 2**31}),
    ("DataTransfer", {}),
    ("GetDiagnostics", {"location": "no place"}),
    ("GetLog", {"logType": "Other", "requestId": 1, "log": {"remoteLocation": "https://x/y"}}),
    ("InstallCertificate", {"certificateType": "CentralSystemRootCertificate", "certificate": "x" * 5501}),
    ("ReserveNow", {"connectorId": 1, "expiryDate": "tomorrow", "idTag": "T", "reservationId": 7}),
    ("ReserveNow", {"connectorId": 1, "expiryDate": "2026-01-01T00:00:00", "idTag": "T", "reservationId": 7}),
    ("SendLocalList", {"listVersion": -1, "updateType": "Full"}),
    ("SendLocalList", {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [{"idTag": "T" * 21}]}),
    ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": {**PROFILE, "extra": 1}}),
    (
        "SetChargingProfile",
        {
            "connectorId": 1,
            "csChargingProfiles": {
                **PROFILE,
                "chargingSchedule": {
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.15}],
                },
            },
        },
    ),
    ("UpdateFirmware", {"location": "https://x/f"}),
    ("CertificateSigned", {"certificateChain": "PEM"}),
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
    assert {action for action, _ in GOOD} == set(REQUESTS) == set(RESPONSES)


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
        ("GetLocalListVersion", {"listVersion": -1}, {"listVersion": -1}),
        ("GetLocalListVersion", {"listVersion": "1"}, None),
        ("SendLocalList", {"status": "VersionMismatch"}, {"status": "VersionMismatch"}),
        ("GetDiagnostics", {}, {}),
        ("GetDiagnostics", {"fileName": "a.zip"}, {"fileName": "a.zip"}),
        ("UpdateFirmware", {}, {}),
        ("ReserveNow", {"status": "Faulted"}, {"status": "Faulted"}),
        ("DataTransfer", {"status": "Accepted", "data": "x"}, {"status": "Accepted", "data": "x"}),
        (
            "GetCompositeSchedule",
            {"status": "Accepted", "connectorId": 1, "scheduleStart": TIME, "chargingSchedule": SCHEDULE},
            {"status": "Accepted", "connectorId": 1, "scheduleStart": TIME, "chargingSchedule": SCHEDULE},
        ),
        ("GetInstalledCertificateIds", {"status": "NotFound"}, {"status": "NotFound"}),
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
