"""OCTT cases of the optional profiles: local list, firmware, diagnostics, reservation, trigger, smart charging."""

from typing import Any

import pytest

from gateway.ocpp16.effects import Outcome
from gateway.ocpp16.errors import ErrorCode
from tests.conformance.point import TAG, Point, answered, boots, charges, leaves, moment, reports, starts, stops

SCHEDULE = {
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}, {"startPeriod": 60, "limit": 6.5}],
}


def profile(purpose: str, **more: Any) -> dict[str, Any]:
    return {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {**SCHEDULE, "startSchedule": moment()},
        **more,
    }


@pytest.fixture
async def ready(point: Point) -> Point:
    await point.card(TAG)
    await boots(point)
    return point


async def test_tc_042_1(ready: Point) -> None:
    outcome = await answered(ready, "GetLocalListVersion", {"listVersion": -1})
    assert outcome.payload == {"listVersion": -1}


async def test_tc_042_2(ready: Point) -> None:
    empty = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": []}
    assert (await answered(ready, "SendLocalList", {"status": "Accepted"}, **empty)).payload["status"] == "Accepted"
    assert (await answered(ready, "GetLocalListVersion", {"listVersion": 0})).payload == {"listVersion": 0}


@pytest.mark.parametrize("refused", [{"status": "NotSupported"}, "NotImplemented"], ids=["status", "error"])
async def test_tc_043_1(ready: Point, refused: Any) -> None:
    outcome = await answered(ready, "SendLocalList", refused, listVersion=1, updateType="Full")
    if refused == "NotImplemented":
        assert (outcome.outcome, outcome.error_code) == (Outcome.ERROR, ErrorCode.NOT_IMPLEMENTED)
    else:
        assert outcome.payload == refused


async def test_tc_043_3(ready: Point) -> None:
    outcome = await answered(ready, "SendLocalList", {"status": "Failed"}, listVersion=1, updateType="Full")
    assert outcome.payload == {"status": "Failed"}


async def test_tc_043_4(ready: Point) -> None:
    cards = [{"idTag": TAG, "idTagInfo": {"status": "Accepted", "expiryDate": moment(-86400), "parentIdTag": "GROUP"}}]
    full = {"listVersion": 1, "updateType": "Full", "localAuthorizationList": cards}
    assert (await answered(ready, "SendLocalList", {"status": "Accepted"}, **full)).payload == {"status": "Accepted"}
    assert (await answered(ready, "GetLocalListVersion", {"listVersion": 1})).payload == {"listVersion": 1}


async def test_tc_043_5(ready: Point) -> None:
    changes = [{"idTag": "NEW", "idTagInfo": {"status": "Accepted"}}, {"idTag": "GONE"}]
    update = {"listVersion": 2, "updateType": "Differential", "localAuthorizationList": changes}
    outcome = await answered(ready, "SendLocalList", {"status": "VersionMismatch"}, **update)
    assert outcome.payload == {"status": "VersionMismatch"}
    assert (await answered(ready, "SendLocalList", {"status": "Accepted"}, **update)).payload == {"status": "Accepted"}


async def _updates_firmware(point: Point, *states: str) -> None:
    """While the job runs nothing may be pushed; afterwards it may."""
    place = {"location": "https://files.example.com/firmware.bin", "retrieveDate": moment()}
    assert (await answered(point, "UpdateFirmware", {}, **place)).outcome is Outcome.RESULT
    for state in states[:-1]:
        assert await point.says("FirmwareStatusNotification", status=state) == {}
        assert point.busy() != ""
    assert await point.says("FirmwareStatusNotification", status=states[-1]) == {}
    assert point.busy() == ""


async def test_tc_044_1(ready: Point) -> None:
    await _updates_firmware(ready, "Downloading", "Downloaded", "Installing", "Installed")
    await ready.reconnects()
    await boots(ready)


async def test_tc_044_2(ready: Point) -> None:
    await _updates_firmware(ready, "Downloading", "DownloadFailed")


async def test_tc_044_3(ready: Point) -> None:
    await _updates_firmware(ready, "Downloading", "Downloaded", "Installing", "InstallationFailed")


async def _uploads(point: Point, end: str) -> None:
    outcome = await answered(
        point, "GetDiagnostics", {"fileName": "diagnostics.zip"}, location="https://files.example.com/upload"
    )
    assert outcome.payload == {"fileName": "diagnostics.zip"}
    assert await point.says("DiagnosticsStatusNotification", status="Uploading") == {}
    assert point.busy() != ""
    assert await point.says("DiagnosticsStatusNotification", status=end) == {}
    assert point.busy() == ""


async def test_tc_045_1(ready: Point) -> None:
    await _uploads(ready, "Uploaded")


async def test_tc_045_2(ready: Point) -> None:
    await _uploads(ready, "UploadFailed")


async def _reserves(point: Point, status: str, connector: int = 1, **more: Any) -> None:
    wish = {"connectorId": connector, "expiryDate": moment(-600), "idTag": TAG, "reservationId": 7, **more}
    assert (await answered(point, "ReserveNow", {"status": status}, **wish)).payload == {"status": status}


async def test_tc_046(ready: Point) -> None:
    await _reserves(ready, "Accepted")
    await reports(ready, 1, "Reserved")
    assert ready.busy() != ""
    number = await charges(ready, reservationId=7)
    await stops(ready, number)
    await leaves(ready)


async def test_tc_047(ready: Point) -> None:
    await _reserves(ready, "Accepted")
    await reports(ready, 1, "Reserved")
    await reports(ready, 1, "Available")
    assert ready.busy() == ""


async def test_tc_048_1(ready: Point) -> None:
    await reports(ready, 1, "Faulted", "OtherError")
    await _reserves(ready, "Faulted")


async def test_tc_048_2(ready: Point) -> None:
    await reports(ready, 1, "Preparing")
    await _reserves(ready, "Occupied")


async def test_tc_048_3(ready: Point) -> None:
    await reports(ready, 1, "Unavailable")
    await _reserves(ready, "Unavailable")


async def test_tc_048_4(ready: Point) -> None:
    await _reserves(ready, "Rejected")


async def test_tc_049(ready: Point) -> None:
    await _reserves(ready, "Accepted", connector=0)
    number = await charges(ready, reservationId=7)
    await stops(ready, number)
    await leaves(ready)


async def _cancels(point: Point, status: str) -> None:
    outcome = await answered(point, "CancelReservation", {"status": status}, reservationId=7)
    assert outcome.payload == {"status": status}


async def test_tc_051(ready: Point) -> None:
    await _reserves(ready, "Accepted")
    await reports(ready, 1, "Reserved")
    await _cancels(ready, "Accepted")
    await reports(ready, 1, "Available")
    assert ready.busy() == ""


async def test_tc_052(ready: Point) -> None:
    await _cancels(ready, "Rejected")


async def test_tc_053(ready: Point) -> None:
    """Another card of the same group may use the reservation: the answer names the group."""
    await ready.card("FAMILY1", parent="GROUP")
    await _reserves(ready, "Accepted", parentIdTag="GROUP")
    answer = await ready.says("Authorize", idTag="FAMILY1")
    assert answer["idTagInfo"] == {"status": "Accepted", "parentIdTag": "GROUP"}
    started = await starts(ready, "FAMILY1", reservationId=7)
    assert started["idTagInfo"] == {"status": "Accepted", "parentIdTag": "GROUP"}
    await stops(ready, started["transactionId"])


async def test_tc_054(ready: Point) -> None:
    sample = [{"timestamp": moment(), "sampledValue": [{"value": "1", "context": "Trigger"}]}]
    told: dict[str, dict[str, Any]] = {
        "MeterValues": {"connectorId": 1, "meterValue": sample},
        "Heartbeat": {},
        "StatusNotification": {"connectorId": 1, "status": "Available", "errorCode": "NoError"},
        "DiagnosticsStatusNotification": {"status": "Idle"},
        "FirmwareStatusNotification": {"status": "Idle"},
        "BootNotification": {"chargePointVendor": "Peer", "chargePointModel": "Peer1"},
    }
    for message, payload in told.items():
        outcome = await answered(ready, "TriggerMessage", {"status": "Accepted"}, requestedMessage=message)
        assert outcome.payload == {"status": "Accepted"}
        await ready.says(message, **payload)


async def test_tc_055(ready: Point) -> None:
    outcome = await answered(
        ready, "TriggerMessage", {"status": "Rejected"}, requestedMessage="MeterValues", connectorId=9
    )
    assert outcome.payload == {"status": "Rejected"}


async def test_tc_056(ready: Point) -> None:
    outcome = await answered(
        ready,
        "SetChargingProfile",
        {"status": "Accepted"},
        connectorId=1,
        csChargingProfiles=profile("TxDefaultProfile"),
    )
    assert outcome.payload == {"status": "Accepted"}


async def test_tc_057(ready: Point) -> None:
    number = await charges(ready)
    wanted = profile("TxProfile", transactionId=number, chargingProfileKind="Relative")
    del wanted["chargingSchedule"]["startSchedule"]
    outcome = await answered(
        ready, "SetChargingProfile", {"status": "Accepted"}, connectorId=1, csChargingProfiles=wanted
    )
    assert outcome.payload == {"status": "Accepted"}


async def test_tc_059(ready: Point) -> None:
    outcome = await answered(
        ready,
        "RemoteStartTransaction",
        {"status": "Accepted"},
        idTag=TAG,
        connectorId=1,
        chargingProfile=profile("TxProfile"),
    )
    assert outcome.payload == {"status": "Accepted"}
    await stops(ready, await charges(ready))


async def test_tc_066(ready: Point) -> None:
    told = {"status": "Accepted", "connectorId": 1, "scheduleStart": moment(), "chargingSchedule": SCHEDULE}
    outcome = await answered(ready, "GetCompositeSchedule", told, connectorId=1, duration=300, chargingRateUnit="A")
    assert outcome.payload == told


@pytest.mark.parametrize("wanted", [{"id": 1}, {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile"}])
async def test_tc_067(ready: Point, wanted: dict[str, Any]) -> None:
    for status in ("Accepted", "Unknown"):
        outcome = await answered(ready, "ClearChargingProfile", {"status": status}, **wanted)
        assert outcome.payload == {"status": status}
