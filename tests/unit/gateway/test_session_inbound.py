import json
from typing import Any

import pytest

from gateway.ocpp16 import records
from gateway.ocpp16.effects import Oddity
from gateway.ocpp16.records import StartStored, StoreFailed, TagAnswer
from gateway.ocpp16.session import SessionFacts
from tests.unit.gateway.schemas import faults
from tests.unit.gateway.wire import BOOT, Wire

NEW = SessionFacts("C1", 1)
START = {"connectorId": 1, "idTag": "TAG", "meterStart": 10, "timestamp": "2026-01-01T00:00:00Z"}
STOP = {"transactionId": 9, "meterStop": 20, "timestamp": "2026-01-01T00:00:00Z", "reason": "Local"}
METER = {"connectorId": 1, "meterValue": [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "1"}]}]}
ACCEPTED = TagAnswer("Accepted")


def error_of(written: list[Any]) -> str:
    (frame,) = written
    assert frame[0] == 4
    return str(frame[2])


@pytest.mark.parametrize("action", ["Heartbeat", "StartTransaction", "StatusNotification", "NoSuchAction"])
def test_before_the_boot_is_accepted_everything_else_is_a_security_error(action: str) -> None:
    wire = Wire(NEW)
    assert error_of(wire.says(action, {})) == "SecurityError"
    assert wire.noticed == [Oddity.NOT_BOOTED]


def test_a_boot_is_answered_when_it_is_stored() -> None:
    wire = Wire(NEW, heartbeat_interval=120)
    assert wire.says("BootNotification", BOOT) == []
    record = wire.record()
    assert isinstance(record, records.Boot)
    assert (record.boot_number, record.vendor, record.model, record.firmware) == (1, "Portal Simulator", "Keep", "1.0")
    assert error_of(wire.says("Heartbeat", {})) == "SecurityError"
    ((kind, number, answer),) = wire.store()
    assert (kind, number, answer["status"], answer["interval"]) == (3, "c1", "Accepted", 120)
    assert faults("BootNotificationResponse", answer) == []
    assert (wire.session.boot_accepted, wire.session.boot_number) == (True, 1)
    assert wire.says("Heartbeat", {})[0][0] == 3


def test_a_boot_that_is_not_stored_is_pending() -> None:
    wire = Wire(NEW)
    wire.says("BootNotification", BOOT)
    assert wire.store(StoreFailed("away"))[0][2]["status"] == "Pending"
    assert not wire.session.boot_accepted
    assert error_of(wire.says("Heartbeat", {})) == "SecurityError"
    assert wire.boot()[0][2]["status"] == "Accepted"
    assert wire.session.boot_number == 1


def test_a_reconnect_needs_no_boot() -> None:
    assert Wire().says("Heartbeat", {})[0][0] == 3


def test_transaction_messages_are_answered_only_after_they_are_stored() -> None:
    wire = Wire().ready()
    assert wire.says("StartTransaction", START) == []
    assert wire.store(StartStored(9, ACCEPTED))[0][2] == {"idTagInfo": {"status": "Accepted"}, "transactionId": 9}
    assert wire.says("MeterValues", {**METER, "transactionId": 9}) == []
    assert wire.store()[0][2] == {}
    assert wire.says("StopTransaction", STOP) == []
    record = wire.record()
    assert isinstance(record, records.Stop)
    assert (record.known, record.meter_stop, record.reason) == (True, 20, "Local")
    assert wire.store()[0][2] == {}


@pytest.mark.parametrize(("action", "payload"), [("StartTransaction", START), ("MeterValues", METER)])
def test_a_transaction_message_that_is_not_stored_gets_an_error(action: str, payload: Any) -> None:
    wire = Wire().ready()
    wire.says(action, payload)
    assert error_of(wire.store(StoreFailed("away"))) == "InternalError"
    assert Oddity.STORE_FAILED in wire.noticed


def test_meanwhile_other_calls_are_answered() -> None:
    wire = Wire().ready()
    wire.says("StartTransaction", START)
    assert wire.says("Heartbeat", {})[0][:2] == [3, "c3"]


def test_a_repeated_store_result_does_nothing() -> None:
    wire = Wire().ready()
    wire.says("MeterValues", METER)
    assert len(wire.store()) == 1
    assert wire.store() == []
    assert wire.run(wire.session.stored(999, None, wire.now)) == []


def test_the_same_call_twice_while_it_waits_is_answered_once() -> None:
    wire = Wire().ready()
    frame = json.dumps([2, "same", "StartTransaction", START])
    assert wire.raw(frame) == []
    assert wire.raw(frame) == []
    assert wire.noticed == [Oddity.DUPLICATE_CALL]
    assert len([one for one in wire.stores if isinstance(one.record, records.Start)]) == 1
    assert len(wire.store(StartStored(9, ACCEPTED))) == 1
    assert wire.raw(frame) == []
    assert isinstance(wire.record(), records.Start)


def test_a_flood_of_calls_that_wait_is_bounded() -> None:
    wire = Wire().ready()
    for _ in range(32):
        assert wire.says("MeterValues", METER) == []
    assert error_of(wire.says("MeterValues", METER)) == "InternalError"
    assert wire.noticed == [Oddity.FLOODED]


@pytest.mark.parametrize("transaction_id", [-1, 12345, 2**40])
def test_foreign_transactions_are_answered_and_kept(transaction_id: int) -> None:
    wire = Wire().ready()
    wire.says("StopTransaction", {**STOP, "transactionId": transaction_id})
    record = wire.record()
    assert isinstance(record, records.Stop)
    assert (record.known, record.transaction_id) == (False, transaction_id if transaction_id < 2**31 else -1)
    assert wire.store()[0][2] == {}


def test_a_start_with_oddities_is_kept_and_flagged() -> None:
    wire = Wire().ready()
    wire.says("StartTransaction", {"connectorId": 1634030126, "idTag": "T" * 300, "timestamp": "1890"})
    record = wire.record()
    assert isinstance(record, records.Start)
    assert (record.connector, len(record.id_tag), record.meter_start, record.started_at) == (0, 255, None, None)
    assert set(record.flags) == {"connector_absurd", "timestamp_unreadable", "meter_start_missing", "id_tag_long"}
    assert wire.noticed == [Oddity.FLAGGED]
    assert wire.store(StartStored(9, ACCEPTED))[0][0] == 3


def test_a_tag_is_looked_up_when_authorisation_is_required() -> None:
    wire = Wire().ready()
    assert wire.says("Authorize", {"idTag": "TAG"}) == []
    assert wire.store(TagAnswer("Blocked"))[0][2] == {"idTagInfo": {"status": "Blocked"}}
    wire.session.require_authorization(False)
    assert wire.says("Authorize", {"idTag": "TAG"})[0][2] == {"idTagInfo": {"status": "Accepted"}}


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("Heartbeat", {}, {"currentTime": "2023-11-14T22:13:25Z"}),
        ("DataTransfer", {"vendorId": "X"}, {"status": "UnknownVendorId"}),
        ("DiagnosticsStatusNotification", {"status": "Idle"}, {}),
        ("FirmwareStatusNotification", {"status": "Installed"}, {}),
        ("SignCertificate", {"csr": "PEM"}, {"status": "Rejected"}),
        ("LogStatusNotification", {"status": "Idle"}, {}),
        ("SignedFirmwareStatusNotification", {"status": "Idle"}, {}),
        ("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"}, {}),
    ],
)
def test_what_is_answered_at_once(action: str, payload: Any, answer: Any) -> None:
    assert faults(action, payload) == []
    ((kind, _, given),) = Wire().ready().says(action, payload)
    assert (kind, given) == (3, answer)
    assert faults(f"{action}Response", given) == []


@pytest.mark.parametrize(
    ("action", "code"),
    [("CertificateSigned", "NotSupported"), ("Reset", "NotSupported"), ("TransactionEvent", "NotImplemented")],
)
def test_what_is_not_answered(action: str, code: str) -> None:
    assert error_of(Wire().says(action, {"csr": "x"})) == code


@pytest.mark.parametrize(
    ("connector", "status"),
    [(0, "Charging"), (0, "Preparing"), (-1, "Available"), (65, "Available"), (2**40, "Faulted")],
)
def test_impossible_statuses_are_answered_and_not_kept(connector: int, status: str) -> None:
    wire = Wire().ready()
    kept = len(wire.stores)
    assert wire.status(connector, status)[0][2] == {}
    assert len(wire.stores) == kept
    assert wire.noticed == [Oddity.ABSURD_CONNECTOR]
    assert wire.session.is_idle(wire.now)


def test_a_status_tells_the_clock_offset_of_the_charger() -> None:
    wire = Wire().ready()
    status = {"connectorId": 2, "status": "Available", "errorCode": "NoError", "timestamp": "2023-11-14T22:23:25Z"}
    wire.says("StatusNotification", status)
    record = wire.record()
    assert isinstance(record, records.Status)
    assert (record.clock_offset_seconds, record.connector_count, record.boot_number) == (600.0, 2, 3)


def test_ids_are_echoed_as_they_came() -> None:
    wire = Wire().ready()
    for given in (17, 1.5, "x" * 200, 'é"\\'):
        assert wire.raw(json.dumps([2, given, "Heartbeat", {}]))[0][1] == given


def test_malformed_frames_are_answered_where_possible_and_close_at_ten_a_minute() -> None:
    wire = Wire().ready()
    assert wire.raw('[2,"1","Heartbeat"]')[0][:3] == [4, "1", "FormationViolation"]
    for _ in range(8):
        assert wire.raw("garbage") == []
        wire.now += 7.4
    assert wire.close_code() is None
    wire.now -= 7.4
    wire.raw("garbage")
    assert wire.close_code() == 1008
    assert wire.says("Heartbeat", {}) == []
    assert wire.wait(100) == []


def test_slower_garbage_closes_nothing() -> None:
    wire = Wire().ready()
    for _ in range(50):
        wire.raw("garbage")
        wire.now += 7
    assert wire.close_code() is None


def test_life_is_recorded_now_and_then() -> None:
    wire = Wire(seen_interval=20).ready()
    kept = len(wire.stores)
    for _ in range(10):
        wire.now += 4
        wire.says("Heartbeat", {})
        wire.run(wire.session.alive(wire.now))
    seen = [one.record for one in wire.stores[kept:]]
    assert [type(one) for one in seen] == [records.Seen, records.Seen]
    assert wire.session.last_seen == wire.now
