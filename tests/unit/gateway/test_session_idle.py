import pytest

from chargers.link_state import Busy
from gateway.ocpp16.records import StartStored, StoreFailed, TagAnswer
from gateway.ocpp16.session import SessionFacts
from tests.unit.gateway.test_session_inbound import METER, START, STOP
from tests.unit.gateway.wire import Wire

ACCEPTED = TagAnswer("Accepted")


def reason(wire: Wire) -> Busy | None:
    return wire.session.busy_reason(wire.now)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Available", None),
        ("Unavailable", None),
        *(
            (status, Busy.CONNECTOR)
            for status in ("Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing", "Reserved", "Faulted")
        ),
        ("Occupied", Busy.CONNECTOR),
        ("", Busy.CONNECTOR),
    ],
)
def test_connector_statuses(status: str, expected: Busy | None) -> None:
    wire = Wire().ready()
    wire.status(1, status)
    assert reason(wire) is expected
    wire.status(1, "Available")
    assert reason(wire) is None


def test_a_faulted_charge_point_is_busy() -> None:
    wire = Wire().ready()
    wire.status(0, "Faulted")
    assert reason(wire) is Busy.CONNECTOR


def test_from_the_start_message_to_the_stored_stop_a_transaction_is_open() -> None:
    wire = Wire().ready()
    wire.says("StartTransaction", START)
    assert reason(wire) is Busy.TRANSACTION
    wire.store(StartStored(9, ACCEPTED))
    assert reason(wire) is Busy.TRANSACTION
    wire.says("StopTransaction", STOP)
    wire.store(StoreFailed("away"))
    assert reason(wire) is Busy.TRANSACTION
    wire.says("StopTransaction", STOP)
    assert reason(wire) is Busy.TRANSACTION
    wire.store()
    assert reason(wire) is None
    assert wire.rings == [False, True]


def test_a_start_that_failed_is_not_open() -> None:
    wire = Wire().ready()
    wire.says("StartTransaction", START)
    wire.store(StoreFailed("away"))
    assert reason(wire) is None


def test_open_transactions_of_the_store_count() -> None:
    wire = Wire(SessionFacts("C1", 7, True, 3, 1, {1: "Available"}, {9: 1}))
    wire.status(1, "Available")
    wire.wait(5)
    assert reason(wire) is Busy.TRANSACTION
    wire.says("StopTransaction", STOP)
    wire.store()
    assert reason(wire) is None


@pytest.mark.parametrize("transaction_id", [-1, 4711])
def test_a_foreign_transaction_is_open_until_its_stop_or_a_free_connector(transaction_id: int) -> None:
    wire = Wire().ready()
    for _ in range(2):
        wire.says("MeterValues", {**METER, "transactionId": transaction_id})
        wire.store()
    assert reason(wire) is Busy.TRANSACTION
    wire.says("StopTransaction", {**STOP, "transactionId": transaction_id})
    wire.store()
    assert reason(wire) is None
    wire.says("MeterValues", {**METER, "transactionId": 4712})
    wire.store()
    assert reason(wire) is Busy.TRANSACTION
    wire.status(1, "Available")
    assert reason(wire) is None


def test_late_meter_values_of_an_ended_transaction_open_nothing() -> None:
    wire = Wire().ready()
    wire.says("StartTransaction", START)
    wire.store(StartStored(9, ACCEPTED))
    wire.says("StopTransaction", STOP)
    wire.store()
    wire.says("MeterValues", {**METER, "transactionId": 9})
    wire.store()
    assert reason(wire) is None


def test_transaction_0_is_none() -> None:
    wire = Wire().ready()
    wire.says("MeterValues", {**METER, "transactionId": 0})
    wire.store()
    assert reason(wire) is None


def test_meter_values_do_not_ring() -> None:
    wire = Wire().ready()
    wire.says("MeterValues", METER)
    wire.store()
    assert wire.rings == []


def test_who_was_put_off_by_a_message_under_way_is_rung_for() -> None:
    wire = Wire().ready()
    wire.says("MeterValues", METER)
    assert reason(wire) is Busy.UNANSWERED
    wire.store()
    assert reason(wire) is None
    assert wire.rings == [True]
    wire.says("MeterValues", METER)
    wire.store()
    assert wire.rings == [True]


@pytest.mark.parametrize(
    ("action", "running", "over", "expected"),
    [
        ("FirmwareStatusNotification", "Downloading", "Installed", Busy.FIRMWARE),
        ("SignedFirmwareStatusNotification", "InstallScheduled", "InstallationFailed", Busy.FIRMWARE),
        ("DiagnosticsStatusNotification", "Uploading", "Uploaded", Busy.DIAGNOSTICS),
        ("LogStatusNotification", "Uploading", "UploadFailure", Busy.DIAGNOSTICS),
    ],
)
def test_jobs(action: str, running: str, over: str, expected: Busy) -> None:
    wire = Wire().ready()
    wire.says(action, {"status": running})
    assert reason(wire) is expected
    wire.says(action, {"status": over})
    assert reason(wire) is None


def test_a_reservation_of_whichever_connector_rings_when_it_is_over() -> None:
    wire = Wire().ready()
    wire.run(wire.session.reserve({7: wire.now + 60}, wire.now))
    assert reason(wire) is Busy.RESERVATION
    wire.wait(61)
    assert reason(wire) is None
    assert wire.rings[-2:] == [False, True]


def test_a_remote_start_is_pending_until_it_starts_is_refused_or_its_time_is_up() -> None:
    wire = Wire(remote_start_window=60).ready()
    wire.wait(10)
    start = ("RemoteStartTransaction", {"idTag": "TAG", "connectorId": 1})
    call_id = wire.calls(*start)
    assert reason(wire) is Busy.REMOTE_START
    wire.answers(call_id, {"status": "Rejected"})
    assert reason(wire) is None
    wire.answers(wire.calls(*start), {"status": "Accepted"})
    assert reason(wire) is Busy.REMOTE_START
    assert wire.session.wake_at == wire.now + 60
    wire.wait(61)
    assert reason(wire) is None
    assert wire.rings == [False, True, False, True]
    wire.answers(wire.calls(*start), {"status": "Accepted"})
    wire.says("StartTransaction", START)
    wire.store(StartStored(9, ACCEPTED))
    wire.says("StopTransaction", STOP)
    wire.store()
    assert reason(wire) is None


def test_a_boot_makes_statuses_and_jobs_unknown_and_keeps_transactions() -> None:
    wire = Wire(SessionFacts("C1", 7, True, 3, 2, {1: "Available", 2: "Available"}, {9: 1}, "Downloading"))
    wire.boot()
    wire.wait(3)
    assert reason(wire) is Busy.TRANSACTION
    wire.says("StopTransaction", STOP)
    wire.store()
    assert reason(wire) is Busy.CONNECTOR_UNKNOWN
    wire.status(1, "Available")
    assert reason(wire) is Busy.CONNECTOR_UNKNOWN
    wire.status(2, "Available")
    assert reason(wire) is None
    assert wire.rings == [True]


def test_a_new_charger_is_not_idle_before_it_had_time_to_name_its_connectors() -> None:
    wire = Wire(SessionFacts("C1", 1), settle=3)
    wire.boot()
    wire.status(1, "Available")
    assert reason(wire) is Busy.CONNECTOR_UNKNOWN
    wire.status(2, "Charging")
    wire.wait(3)
    assert reason(wire) is Busy.CONNECTOR
    wire.status(2, "Available")
    assert reason(wire) is None


def test_what_the_store_knew_counts_only_when_the_charger_would_not_say() -> None:
    wire = Wire(status_grace=6)
    wire.wait(5)
    assert reason(wire) is Busy.CONNECTOR_UNKNOWN
    asked = [frame[2:] for seconds in (1, 6, 6, 6) for frame in wire.wait(seconds)]
    assert asked == [["TriggerMessage", {"requestedMessage": "StatusNotification"}]]  # no answer: still out
    assert reason(wire) is None
    wire.wait(30)
    assert wire.answered == []


def test_a_charger_that_cannot_be_triggered_is_taken_at_its_last_word() -> None:
    wire = Wire(status_grace=6)
    ((_, trigger, *_),) = wire.wait(6)
    wire.raw(f'[4,"{trigger}","NotImplemented","",{{}}]')
    ((_, count, action, payload),) = wire.wait(0)
    assert (action, payload) == ("GetConfiguration", {"key": ["NumberOfConnectors"]})
    wire.answers(count, {"configurationKey": [{"key": "NumberOfConnectors", "readonly": True, "value": "1"}]})
    assert reason(wire) is Busy.CONNECTOR_UNKNOWN
    wire.wait(6)
    assert reason(wire) is None
    assert wire.rings == [True]
    wire.status(1, "Charging")
    assert reason(wire) is Busy.CONNECTOR


def test_a_triggered_charger_reports_and_nothing_more_is_asked() -> None:
    wire = Wire(status_grace=6)
    ((_, trigger, *_),) = wire.wait(6)
    wire.answers(trigger, {"status": "Accepted"})
    wire.status(1, "Available")
    assert reason(wire) is None
    assert wire.wait(6) == []
    assert wire.session.wake_at is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", None), ("2", Busy.CONNECTOR_UNKNOWN), ("1634030126", None), ("0", None), ("-3", None), ("x", None)],
)
def test_the_number_of_connectors_is_believed_when_it_can_be_true(value: str, expected: Busy | None) -> None:
    wire = Wire().ready()
    setting = {"key": "NumberOfConnectors", "readonly": True, "value": value}
    wire.answers(wire.calls("GetConfiguration", {}), {"configurationKey": [setting]})
    assert reason(wire) is expected


def test_a_connector_learned_of_late_is_asked_for() -> None:
    wire = Wire(status_grace=6).ready()
    wire.wait(10)
    setting = {"key": "NumberOfConnectors", "readonly": True, "value": "2"}
    wire.answers(wire.calls("GetConfiguration", {}), {"configurationKey": [setting]})
    assert [frame[2] for frame in wire.wait(6)] == ["TriggerMessage"]
    wire.status(2, "Available")
    assert reason(wire) is None


def test_the_number_of_connectors_takes_back_an_absurd_one() -> None:
    wire = Wire(SessionFacts("C1", 7, True, 3, 60, {}))
    wire.status(1, "Available")
    wire.wait(5)
    assert reason(wire) is Busy.CONNECTOR_UNKNOWN
    setting = {"key": "NumberOfConnectors", "readonly": True, "value": "1"}
    wire.answers(wire.calls("GetConfiguration", {}), {"configurationKey": [setting]})
    assert reason(wire) is None


def test_a_charger_that_talks_without_a_boot_is_asked_for_one() -> None:
    wire = Wire(SessionFacts("C1", 1), settle=2, boot_grace=15)
    wire.says("Heartbeat", {})
    assert wire.session.wake_at == wire.now + 2
    ((_, trigger, action, payload),) = wire.wait(2)
    assert (action, payload) == ("TriggerMessage", {"requestedMessage": "BootNotification"})
    wire.answers(trigger, {"status": "Accepted"})
    assert wire.boot()[0][2]["status"] == "Accepted"
    assert wire.answered == []


def test_the_verdict_is_announced_when_it_changes_and_only_then() -> None:
    wire = Wire()
    wire.status(1, "Available")
    assert wire.rings == []
    wire.wait(3)
    for status in ("Available", "Preparing", "Charging", "Finishing", "Available", "Unavailable"):
        wire.status(1, status)
    assert wire.rings == [True, False, True]
