"""OCTT cases of the core profile; each runs at the pure session core and over a socket with an independent client."""

import pytest

from gateway.ocpp16.effects import Outcome
from gateway.ocpp16.errors import ErrorCode
from tests.conformance.point import (
    TAG,
    Point,
    Session,
    answered,
    boots,
    charges,
    leaves,
    moment,
    reports,
    shows_card,
    starts,
    stops,
)

SAMPLE = {"value": "150", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}


@pytest.fixture
async def ready(point: Point) -> Point:
    """Booted, its card known."""
    await point.card(TAG)
    await boots(point)
    return point


async def test_tc_001(point: Point) -> None:
    await boots(point)
    assert "currentTime" in await point.says("Heartbeat")


async def test_tc_003(ready: Point) -> None:
    await reports(ready, 1, "Preparing")
    assert await shows_card(ready) == "Accepted"
    number = await charges(ready)
    values = [{"timestamp": moment(), "sampledValue": [SAMPLE]}]
    assert await ready.says("MeterValues", connectorId=1, transactionId=number, meterValue=values) == {}
    assert await shows_card(ready) == "Accepted"
    stopped = await stops(ready, number, reason="Local", idTag=TAG)
    assert stopped["idTagInfo"]["status"] == "Accepted"
    await leaves(ready)
    assert await ready.sessions() == [Session(1, TAG, "Accepted", 100, 900, "Local")]


async def test_tc_004_1(ready: Point) -> None:
    assert await shows_card(ready) == "Accepted"
    await reports(ready, 1, "Preparing")
    await stops(ready, await charges(ready))
    await leaves(ready)


async def test_tc_004_2(ready: Point) -> None:
    assert await shows_card(ready) == "Accepted"
    await reports(ready, 1, "Preparing")
    assert ready.busy() != ""
    await reports(ready, 1, "Available")
    assert ready.busy() == ""
    assert await ready.sessions() == []


async def test_tc_005_1(ready: Point) -> None:
    number = await charges(ready)
    await reports(ready, 1, "SuspendedEV")
    assert await stops(ready, number, reason="EVDisconnected") == {}
    await leaves(ready)
    assert [row.reason for row in await ready.sessions()] == ["EVDisconnected"]


async def test_tc_007(ready: Point) -> None:
    """No Authorize before: the answer to the start tells the charger what its cache should hold."""
    await reports(ready, 1, "Preparing")
    answer = await starts(ready)
    assert answer["idTagInfo"]["status"] == "Accepted"
    await stops(ready, answer["transactionId"])


async def test_tc_010(ready: Point) -> None:
    await reports(ready, 1, "Preparing")
    outcome = await answered(ready, "RemoteStartTransaction", {"status": "Accepted"}, idTag=TAG, connectorId=1)
    assert outcome.payload == {"status": "Accepted"}
    assert await shows_card(ready) == "Accepted"
    await stops(ready, await charges(ready))
    await leaves(ready)


async def test_tc_011_1(ready: Point) -> None:
    outcome = await answered(ready, "RemoteStartTransaction", {"status": "Accepted"}, idTag=TAG, connectorId=1)
    assert outcome.payload == {"status": "Accepted"}
    assert ready.busy() != ""
    await reports(ready, 1, "Preparing")
    await stops(ready, await charges(ready))
    await leaves(ready)


async def test_tc_011_2(ready: Point) -> None:
    await answered(ready, "RemoteStartTransaction", {"status": "Accepted"}, idTag=TAG, connectorId=1)
    await reports(ready, 1, "Preparing")
    await reports(ready, 1, "Available")
    assert await ready.sessions() == []


async def test_tc_012(ready: Point) -> None:
    number = await charges(ready)
    outcome = await answered(ready, "RemoteStopTransaction", {"status": "Accepted"}, transactionId=number)
    assert outcome.payload == {"status": "Accepted"}
    await stops(ready, number, reason="Remote")
    await leaves(ready)
    assert [row.reason for row in await ready.sessions()] == ["Remote"]


async def _resets(point: Point, kind: str, reason: str) -> None:
    number = await charges(point)
    assert (await answered(point, "Reset", {"status": "Accepted"}, type=kind)).payload == {"status": "Accepted"}
    await stops(point, number, reason=reason)
    await point.reconnects()
    await boots(point)
    assert [row.reason for row in await point.sessions()] == [reason]


async def test_tc_013(ready: Point) -> None:
    await _resets(ready, "Hard", "HardReset")


async def test_tc_014(ready: Point) -> None:
    await _resets(ready, "Soft", "SoftReset")


async def test_tc_017_1(ready: Point) -> None:
    outcome = await answered(ready, "UnlockConnector", {"status": "Unlocked"}, connectorId=1)
    assert outcome.payload == {"status": "Unlocked"}


async def test_tc_017_2(ready: Point) -> None:
    """A fixed cable cannot be unlocked."""
    outcome = await answered(ready, "UnlockConnector", {"status": "NotSupported"}, connectorId=1)
    assert outcome.payload == {"status": "NotSupported"}


async def test_tc_018_1(ready: Point) -> None:
    number = await charges(ready)
    outcome = await answered(ready, "UnlockConnector", {"status": "Unlocked"}, connectorId=1)
    assert outcome.payload == {"status": "Unlocked"}
    await stops(ready, number, reason="UnlockCommand")
    await leaves(ready)


async def test_tc_019_1(ready: Point) -> None:
    told = [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}, {"key": "Empty", "readonly": True}]
    outcome = await answered(ready, "GetConfiguration", {"configurationKey": told})
    assert outcome.payload["configurationKey"] == [told[0], {**told[1], "value": None}]


async def test_tc_019_2(ready: Point) -> None:
    told = [{"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core"}]
    outcome = await answered(ready, "GetConfiguration", {"configurationKey": told}, key=["SupportedFeatureProfiles"])
    assert outcome.payload == {"configurationKey": told, "unknownKey": []}


async def test_tc_021(ready: Point) -> None:
    outcome = await answered(
        ready, "ChangeConfiguration", {"status": "Accepted"}, key="MeterValueSampleInterval", value="60"
    )
    assert outcome.payload == {"status": "Accepted"}


async def test_tc_023_1(ready: Point) -> None:
    assert await shows_card(ready, "NOBODY") == "Invalid"
    assert await ready.sessions() == []


async def test_tc_023_2(ready: Point) -> None:
    await ready.card("OLDCARD", expired=True)
    assert await shows_card(ready, "OLDCARD") == "Expired"


async def test_tc_023_3(ready: Point) -> None:
    await ready.card("STOLEN", blocked=True)
    assert await shows_card(ready, "STOLEN") == "Blocked"


async def test_tc_024(ready: Point) -> None:
    assert await shows_card(ready) == "Accepted"
    await reports(ready, 1, "Preparing")
    await reports(ready, 1, "Faulted", "ConnectorLockFailure")
    assert ready.busy() != ""
    assert await ready.sessions() == []


async def test_tc_026(ready: Point) -> None:
    """Refused: nothing is pending, the charger is idle still."""
    outcome = await answered(ready, "RemoteStartTransaction", {"status": "Rejected"}, idTag=TAG, connectorId=1)
    assert outcome.payload == {"status": "Rejected"}
    assert ready.busy() == ""


async def test_tc_028(ready: Point) -> None:
    number = await charges(ready)
    outcome = await answered(ready, "RemoteStopTransaction", {"status": "Rejected"}, transactionId=number)
    assert outcome.payload == {"status": "Rejected"}
    assert ready.busy() != ""


async def test_tc_030(ready: Point) -> None:
    await charges(ready)
    outcome = await answered(ready, "UnlockConnector", {"status": "UnlockFailed"}, connectorId=1)
    assert outcome.payload == {"status": "UnlockFailed"}
    assert ready.busy() != ""


async def test_tc_031(ready: Point) -> None:
    outcome = await answered(ready, "UnlockConnector", {"status": "NotSupported"}, connectorId=7)
    assert outcome.payload == {"status": "NotSupported"}


async def test_tc_032_1(ready: Point) -> None:
    """The power fails while a car charges: the stop comes after the boot and ends the session it belongs to."""
    number = await charges(ready)
    await ready.reconnects()
    await ready.says("BootNotification", chargePointVendor="Peer", chargePointModel="Peer1")
    await stops(ready, number, reason="PowerLoss")
    for connector in (0, 1):
        await reports(ready, connector, "Available")
    assert ready.busy() == ""
    assert await ready.sessions() == [Session(1, TAG, "Accepted", 100, 900, "PowerLoss")]


async def test_tc_037_1(ready: Point) -> None:
    """Begun while offline: the start comes later, with the time at which it was."""
    await ready.reconnects()
    answer = await starts(ready, ago_seconds=600)
    assert answer["idTagInfo"]["status"] == "Accepted"
    await stops(ready, answer["transactionId"])


async def test_tc_037_3(ready: Point) -> None:
    """The card was not valid: the charger is told so, and its session is kept all the same."""
    await ready.reconnects()
    answer = await starts(ready, "NOBODY", ago_seconds=600)
    assert answer["idTagInfo"]["status"] == "Invalid"
    assert answer["transactionId"] > 0
    await stops(ready, answer["transactionId"], reason="DeAuthorized")
    assert await ready.sessions() == [Session(1, "NOBODY", "Invalid", 100, 900, "DeAuthorized")]


async def test_tc_039(ready: Point) -> None:
    """Begun and ended while offline."""
    await ready.reconnects()
    answer = await starts(ready, ago_seconds=600)
    await stops(ready, answer["transactionId"], reason="Local")
    await reports(ready, 1, "Available")
    assert ready.busy() == ""
    assert await ready.sessions() == [Session(1, TAG, "Accepted", 100, 900, "Local")]


async def test_tc_040_1(ready: Point) -> None:
    outcome = await answered(ready, "ChangeConfiguration", {"status": "NotSupported"}, key="NoSuchKey", value="1")
    assert outcome.payload == {"status": "NotSupported"}


async def test_tc_040_2(ready: Point) -> None:
    outcome = await answered(
        ready, "ChangeConfiguration", {"status": "Rejected"}, key="MeterValueSampleInterval", value="-1"
    )
    assert outcome.payload == {"status": "Rejected"}


async def test_tc_061(ready: Point) -> None:
    assert (await answered(ready, "ClearCache", {"status": "Accepted"})).payload == {"status": "Accepted"}


async def test_tc_064(ready: Point) -> None:
    answer = await ready.says("DataTransfer", vendorId="com.example", messageId="M", data="text")
    assert answer == {"status": "UnknownVendorId"}


async def test_a_call_that_a_charger_does_not_know_is_told_so(ready: Point) -> None:
    outcome = await answered(ready, "ClearCache", "NotImplemented")
    assert (outcome.outcome, outcome.error_code) == (Outcome.ERROR, ErrorCode.NOT_IMPLEMENTED)
