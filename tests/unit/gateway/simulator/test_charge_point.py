from typing import Any

import pytest

from gateway.simulator.values import SHORTEST_PREPARE_SECONDS
from tests.unit.gateway.simulator.bench import Bench


def test_a_boot_is_followed_by_the_status_of_the_charge_point_and_every_connector() -> None:
    bench = Bench(connectors=2).boot()

    assert [action for _, action, _ in bench.calls] == ["BootNotification", *["StatusNotification"] * 3]
    assert [each["connectorId"] for each in bench.said("StatusNotification")] == [0, 1, 2]


def test_a_session_walks_through_the_states_and_reports_its_energy() -> None:
    bench = Bench().boot()

    assert bench.car(seconds=30)
    bench.wait(60)

    assert bench.shown() == [
        "Available", "Preparing", "Charging", "SuspendedEV", "Finishing", "Available",
    ]  # fmt: skip
    start, stop = bench.said("StartTransaction")[0], bench.said("StopTransaction")[0]
    assert bench.said("Authorize") == [{"idTag": "CARD"}]
    assert stop["transactionId"] == 101
    assert stop["meterStop"] > start["meterStart"]
    assert [each["transactionId"] for each in bench.said("MeterValues")] == [101, 101]


def test_a_connector_prepares_long_enough_to_be_seen_preparing() -> None:
    bench = Bench().boot()
    bench.car()
    bench.wait(SHORTEST_PREPARE_SECONDS - 0.01)
    assert not bench.point.sessions.transaction_open


def test_a_refused_card_does_not_charge() -> None:
    bench = Bench(replies={"Authorize": {"idTagInfo": {"status": "Invalid"}}}).boot()
    bench.car()
    bench.wait(5)
    assert bench.shown()[-2:] == ["Preparing", "Available"]
    assert bench.said("StartTransaction") == []


def test_a_transaction_the_central_system_refuses_is_ended_at_once() -> None:
    refusal = {"StartTransaction": {"transactionId": 7, "idTagInfo": {"status": "Blocked"}}}
    bench = Bench(replies=refusal).boot()
    bench.car()
    bench.wait(2)
    assert bench.said("StopTransaction")[0]["reason"] == "DeAuthorized"
    assert not bench.point.sessions.transaction_open


def test_free_vending_asks_for_no_card() -> None:
    bench = Bench().boot()
    assert bench.change("FreeVendIdTag", "FREE") == "Accepted"
    assert bench.change("FreeVendActive", "true") == "Accepted"
    bench.charge()
    assert bench.said("Authorize") == []
    assert bench.said("StartTransaction")[0]["idTag"] == "FREE"


def test_an_inoperative_connector_sends_cars_away_until_it_is_operative_again() -> None:
    bench = Bench().boot()
    assert bench.ask("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}) == {"status": "Accepted"}
    assert bench.shown(0)[-1] == bench.shown(1)[-1] == "Unavailable"
    assert not bench.car()
    assert bench.ask("ChangeAvailability", {"connectorId": 0, "type": "Operative"}) == {"status": "Accepted"}
    assert bench.car()


def test_a_waiting_car_cannot_begin_once_the_charger_is_closed() -> None:
    bench = Bench().boot()
    bench.car()
    assert bench.ask("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}) == {"status": "Accepted"}
    bench.wait(30)
    assert bench.said("StartTransaction") == []


def test_closing_a_charging_charger_is_scheduled_and_can_be_undone() -> None:
    bench = Bench(connectors=2).boot()
    bench.charge(seconds=10)
    closed = {"connectorId": 0, "type": "Inoperative"}
    assert bench.ask("ChangeAvailability", closed) == {"status": "Scheduled"}
    assert bench.shown(2)[-1] == "Unavailable"
    assert bench.ask("ChangeAvailability", {**closed, "type": "Operative"}) == {"status": "Accepted"}
    bench.wait(30)
    assert bench.shown(1)[-1] == bench.shown(2)[-1] == "Available"


def test_a_scheduled_closing_comes_true_when_the_transaction_ends() -> None:
    bench = Bench().boot()
    bench.charge(seconds=10)
    bench.ask("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
    assert bench.shown(0)[-1] == "Available"
    bench.wait(30)
    assert bench.shown(1)[-1] == bench.shown(0)[-1] == "Unavailable"


@pytest.mark.parametrize("kind", ["Soft", "Hard"])
def test_a_reset_ends_the_transaction_and_boots_again(kind: str) -> None:
    bench = Bench().boot()
    bench.charge()
    assert bench.ask("Reset", {"type": kind}) == {"status": "Accepted"}
    assert bench.said("StopTransaction")[0]["reason"] == f"{kind}Reset"
    bench.wait(0.5)
    assert bench.hung_up == ["main"]
    assert bench.point.wanted() == {}
    bench.wait(3)
    assert "main" in bench.point.wanted()
    bench.open()
    assert len(bench.said("BootNotification")) == 2
    assert bench.shown()[-1] == "Available"


def test_nobody_begins_to_charge_between_the_reset_and_the_reboot() -> None:
    bench = Bench().boot()
    bench.car()
    bench.wait(0.9)
    bench.ask("Reset", {"type": "Soft"})
    bench.wait(2)
    assert bench.said("StartTransaction") == []


def test_unavailability_survives_the_reboot() -> None:
    bench = Bench().boot()
    bench.ask("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"})
    bench.ask("Reset", {"type": "Soft"})
    bench.wait(3)
    bench.open()
    assert bench.shown(1)[-1] == "Unavailable"
    assert not bench.car()


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_a_charger_that_is_not_accepted_says_nothing_but_its_boot(status: str) -> None:
    bench = Bench(replies={"BootNotification": {"status": status, "interval": 20, "currentTime": ""}}).boot()
    bench.wait(19)
    assert [action for _, action, _ in bench.calls] == ["BootNotification"]
    assert bench.ask("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}) == {
        "status": "Accepted"
    }
    assert bench.shown() == ["Available"]
    bench.wait(2)
    assert len(bench.said("BootNotification")) == 2


def test_a_security_error_makes_it_introduce_itself_again() -> None:
    bench = Bench().boot()
    bench.mute = True
    bench.ask("TriggerMessage", {"requestedMessage": "Heartbeat"})
    bench.mute = False
    bench.refuse(code="SecurityError")
    assert len(bench.said("BootNotification")) == 2


def test_heartbeats_keep_the_interval_of_the_boot() -> None:
    bench = Bench(replies={"BootNotification": {"status": "Accepted", "interval": 60, "currentTime": ""}}).boot()
    bench.wait(300, step=1)
    assert 4 <= len(bench.said("Heartbeat")) <= 6


def test_two_calls_without_an_answer_make_it_hang_up() -> None:
    bench = Bench().boot()
    bench.mute = True
    bench.ask("TriggerMessage", {"requestedMessage": "Heartbeat"})
    bench.ask("TriggerMessage", {"requestedMessage": "Heartbeat"})
    bench.wait(bench.pace.call_timeout + 1, step=1)
    assert bench.hung_up == []
    bench.wait(bench.pace.call_timeout + 1, step=1)
    assert bench.hung_up == ["main"]


def test_remote_start_and_stop() -> None:
    bench = Bench().boot()
    assert bench.ask("RemoteStartTransaction", {"idTag": "APP", "connectorId": 1}) == {"status": "Accepted"}
    bench.wait(2)
    assert bench.said("StartTransaction")[0]["idTag"] == "APP"
    assert bench.ask("RemoteStartTransaction", {"idTag": "APP"}) == {"status": "Rejected"}
    assert bench.ask("RemoteStopTransaction", {"transactionId": 999}) == {"status": "Rejected"}
    assert bench.ask("RemoteStopTransaction", {"transactionId": 101}) == {"status": "Accepted"}
    assert bench.said("StopTransaction")[0]["reason"] == "Remote"


PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}]},
}


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("ClearCache", {}, {"status": "Accepted"}),
        ("UnlockConnector", {"connectorId": 1}, {"status": "Unlocked"}),
        ("UnlockConnector", {"connectorId": 9}, {"status": "NotSupported"}),
        ("GetLocalListVersion", {}, {"listVersion": 0}),
        ("DataTransfer", {"vendorId": "x"}, {"status": "UnknownVendorId"}),
        ("SetChargingProfile", {"connectorId": 0, "csChargingProfiles": PROFILE}, {"status": "Accepted"}),
        ("ClearChargingProfile", {}, {"status": "Unknown"}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 9}, {"status": "Rejected"}),
        ("ChangeAvailability", {"connectorId": 9, "type": "Operative"}, {"status": "Rejected"}),
        ("GetCompositeSchedule", {}, "NotSupported"),
        ("MakeCoffee", {}, "NotImplemented"),
        ("Reset", {}, "OccurenceConstraintViolation"),
        ("Reset", {"type": "Gentle"}, "PropertyConstraintViolation"),
        ("Reset", {"type": 1}, "TypeConstraintViolation"),
        ("ClearCache", {"now": True}, "FormationViolation"),
        ("ClearCache", ["now"], "FormationViolation"),
    ],
)
def test_calls_are_answered_as_the_standard_has_it(action: str, payload: Any, answer: Any) -> None:
    assert Bench().boot().ask(action, payload) == answer


def test_charging_profiles_are_kept_until_they_are_cleared() -> None:
    bench = Bench().boot()
    bench.ask("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": PROFILE})
    assert bench.ask("ClearChargingProfile", {"connectorId": 0}) == {"status": "Unknown"}
    assert bench.ask("ClearChargingProfile", {"id": 1}) == {"status": "Accepted"}
    assert bench.ask("ClearChargingProfile", {"id": 1}) == {"status": "Unknown"}


def test_an_outage_does_not_stop_charging_and_its_messages_come_afterwards_in_order() -> None:
    bench = Bench().boot()
    bench.charge(seconds=10)
    bench.point.pull_cable(30, bench.now)
    bench.work()
    assert bench.point.wanted() == {}
    bench.wait(20)
    assert bench.said("StopTransaction") == []
    bench.car(seconds=10)
    bench.wait(20)
    assert bench.point.wanted() != {}
    bench.open()
    bench.wait(30)
    kept = [action for _, action, payload in bench.calls if action in ("StartTransaction", "StopTransaction")]
    assert kept == ["StartTransaction", "StopTransaction"] * 2
    assert [each["transactionId"] for each in bench.said("StopTransaction")] == [101, 102]
    assert len(bench.said("BootNotification")) == 1
    assert bench.point.lines["main"].given_up == 0


def test_a_restarted_simulator_still_tells_the_end_of_what_was_open() -> None:
    before = Bench().boot()
    before.change("MeterValueSampleInterval", "30")
    before.charge()

    after = Bench(saved=before.point.snapshot(), now=before.now + 60)
    assert not after.point.sessions.transaction_open
    after.boot()

    assert after.read("MeterValueSampleInterval") == "30"
    assert after.said("StopTransaction")[0]["reason"] == "PowerLoss"
    assert after.said("StopTransaction")[0]["transactionId"] == 101
