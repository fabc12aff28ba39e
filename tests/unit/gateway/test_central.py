import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.central import answers
from gateway.central.authorize import Card, judge_tag
from gateway.central.completion import complete
from gateway.central.metering import read_samples
from gateway.central.table import HANDLERS, refusal
from gateway.clock import utc
from gateway.ocpp16 import records
from gateway.ocpp16.activity import ChargerActivity
from gateway.ocpp16.errors import ErrorCode, Refusal
from gateway.ocpp16.messages import MeterValue, SampledValue
from gateway.ocpp16.records import StartStored, StoreFailed, TagAnswer
from gateway.ocpp16.validate import understood
from gateway.ocpp16.vocabulary import ACTIONS, CentralAction, RegistrationStatus
from tests.unit.gateway.schemas import faults

NOW = 1_700_000_000.25
AT = utc(NOW)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("required", "card", "status"),
    [
        (False, None, "Accepted"),
        (False, Card(blocked=True), "Accepted"),
        (True, None, "Invalid"),
        (True, Card(), "Accepted"),
        (True, Card(blocked=True), "Blocked"),
        (True, Card(blocked=True, expires_at=AT - HOUR), "Blocked"),
        (True, Card(expires_at=AT - HOUR), "Expired"),
        (True, Card(expires_at=AT), "Expired"),
        (True, Card(expires_at=AT + HOUR), "Accepted"),
    ],
)
def test_who_may_charge(required: bool, card: Card | None, status: str) -> None:
    assert judge_tag(required=required, card=card, at=AT).status == status


TAGS = [
    TagAnswer("Accepted"),
    TagAnswer("Expired", datetime(2020, 1, 1, tzinfo=UTC), "GROUP"),
    TagAnswer("Blocked", None, "G" * 30),
]


@pytest.mark.parametrize("tag", TAGS)
def test_answers_about_tags_fit_the_standard(tag: TagAnswer) -> None:
    assert faults("AuthorizeResponse", json.loads(answers.authorize(tag))) == []
    assert faults("StartTransactionResponse", json.loads(answers.start(StartStored(3, tag)))) == []
    assert faults("StopTransactionResponse", json.loads(answers.stop(tag))) == []


def test_the_other_answers_fit_the_standard() -> None:
    assert faults("HeartbeatResponse", json.loads(answers.heartbeat(NOW))) == []
    assert faults("StopTransactionResponse", json.loads(answers.stop(None))) == []
    for status in RegistrationStatus:
        assert faults("BootNotificationResponse", json.loads(answers.boot(NOW, status, 300))) == []
    assert faults("DataTransferResponse", json.loads(answers.status("UnknownVendorId"))) == []


def test_a_heartbeat_tells_the_time_of_its_second() -> None:
    assert json.loads(answers.heartbeat(NOW)) == json.loads(answers.heartbeat(NOW + 0.5))
    assert json.loads(answers.heartbeat(NOW + 1)) == {"currentTime": "2023-11-14T22:13:21Z"}
    assert json.loads(answers.heartbeat(NOW)) == {"currentTime": "2023-11-14T22:13:20Z"}


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("SignCertificate", ErrorCode.NOT_SUPPORTED),
        ("Reset", ErrorCode.NOT_SUPPORTED),
        ("TransactionEvent", ErrorCode.NOT_IMPLEMENTED),
        ("heartbeat", ErrorCode.NOT_IMPLEMENTED),
        ("", ErrorCode.NOT_IMPLEMENTED),
    ],
)
def test_what_is_not_answered_is_refused_by_name(action: str, code: ErrorCode) -> None:
    assert refusal(action).code is code


def test_every_answered_action_can_be_read() -> None:
    assert all(understood(action) for action in HANDLERS)
    assert HANDLERS.keys() <= ACTIONS
    assert set(HANDLERS) & set(CentralAction) == {"DataTransfer"}


def completed(record: Any, result: Any) -> tuple[Any, ChargerActivity]:
    activity = ChargerActivity(boot_accepted=True, boot_number=1, connector_count=2, settled_at=0)
    activity.open = {7: 1}
    activity.starting = 1
    answer = complete(record, result, activity, NOW, heartbeat_interval=120, settled_at=NOW)
    return (answer.code if isinstance(answer, Refusal) else json.loads(answer)), activity


def test_a_start_is_open_once_stored() -> None:
    start = records.Start(AT, 2, "TAG", 0, AT)
    answer, activity = completed(start, StartStored(8, TagAnswer("Accepted")))
    assert answer == {"idTagInfo": {"status": "Accepted"}, "transactionId": 8}
    assert (activity.open, activity.starting) == ({7: 1, 8: 2}, 0)


def test_a_repeated_start_of_an_ended_transaction_opens_nothing() -> None:
    _, activity = completed(records.Start(AT, 2, "TAG", 0, AT), StartStored(5, TagAnswer("Accepted"), open=False))
    assert (activity.open, activity.starting) == ({7: 1}, 0)


def test_a_new_start_on_a_connector_ends_the_one_whose_stop_was_lost() -> None:
    _, activity = completed(records.Start(AT, 1, "TAG", 0, AT), StartStored(8, TagAnswer("Accepted")))
    assert activity.open == {8: 1}


@pytest.mark.parametrize("result", [StoreFailed("away"), None])
def test_a_start_that_was_not_stored_is_repeated_by_the_charger(result: Any) -> None:
    answer, activity = completed(records.Start(AT, 2, "TAG", 0, AT), result)
    assert answer is ErrorCode.INTERNAL_ERROR
    assert (activity.open, activity.starting) == ({7: 1}, 0)


def test_a_stop_ends_the_transaction_once_stored() -> None:
    stop = records.Stop(AT, 7, True, 10, AT)
    answer, activity = completed(stop, StoreFailed())
    assert (answer, activity.open) == (ErrorCode.INTERNAL_ERROR, {7: 1})
    answer, activity = completed(stop, None)
    assert (answer, activity.open) == ({}, {})
    answer, _ = completed(stop, TagAnswer("Accepted"))
    assert answer == {"idTagInfo": {"status": "Accepted"}}


def test_the_other_records() -> None:
    assert completed(records.Meter(AT, 1, 7, ()), None)[0] == {}
    assert completed(records.Meter(AT, 1, 7, ()), StoreFailed())[0] is ErrorCode.INTERNAL_ERROR
    assert completed(records.Authorize(AT, "T"), TagAnswer("Invalid"))[0] == {"idTagInfo": {"status": "Invalid"}}
    assert completed(records.Authorize(AT, "T"), StoreFailed())[0] is ErrorCode.INTERNAL_ERROR
    assert completed(records.Authorize(AT, "T"), None)[0] is ErrorCode.INTERNAL_ERROR
    boot = records.Boot(AT, 2, "V", "M")
    assert completed(boot, None)[0]["interval"] == 120
    assert completed(boot, StoreFailed())[0]["status"] == "Pending"
    assert completed(boot, StoreFailed())[1].boot_number == 1


def sample(value: str = "1", timestamp: str = "2026-01-01T00:00:00Z", unit: str | None = None) -> MeterValue:
    return MeterValue(timestamp, (SampledValue(value, unit=unit),))


def digest(element: MeterValue, connector: int = 1, transaction_id: int | None = 7) -> bytes:
    (read,), _ = read_samples([element], connector=connector, transaction_id=transaction_id, now=NOW)
    return read.digest


def test_a_sample_is_known_by_its_content() -> None:
    assert digest(sample()) == digest(sample())
    others = [
        digest(sample("2")),
        digest(sample(timestamp="2026-01-01T00:00:01Z")),
        digest(sample(unit="Wh")),
        digest(sample(), transaction_id=8),
        digest(sample(), transaction_id=None),
        digest(sample(), transaction_id=None, connector=2),
        digest(sample(), transaction_id=-1, connector=2),
    ]
    assert len({digest(sample()), *others}) == 8


def test_a_sample_of_a_session_is_the_same_when_the_connector_is_forgotten() -> None:
    assert digest(sample(), connector=0) == digest(sample(), connector=1)


def test_celcius_is_kept_as_celsius_and_only_as_a_unit() -> None:
    (read,), flags = read_samples([sample("Celcius", unit="Celcius")], connector=1, transaction_id=None, now=NOW)
    assert json.loads(read.sampled_values) == [{"value": "Celcius", "unit": "Celsius"}]
    assert flags == ()
    assert digest(sample(unit="Celcius")) == digest(sample(unit="Celsius"))


def test_an_unreadable_time_becomes_the_time_of_receipt() -> None:
    samples, flags = read_samples([sample(timestamp="?"), sample()], connector=1, transaction_id=None, now=NOW)
    assert samples[0].sampled_at == AT
    assert samples[1].sampled_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert flags == ("timestamp_unreadable",)
