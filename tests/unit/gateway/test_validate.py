import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ocpp16 import messages
from gateway.ocpp16.errors import ErrorCode, Refusal
from gateway.ocpp16.validate import _SHAPES, read_payload, understood
from gateway.ocpp16.vocabulary import ChargerAction
from tests.unit.gateway.test_frames import JSON

START = {"connectorId": 1, "idTag": "TAG", "meterStart": 10, "timestamp": "2026-01-01T00:00:00Z"}
STOP = {"transactionId": 7, "meterStop": 20, "timestamp": "2026-01-01T00:00:00Z"}
SAMPLE = {"value": "1", "unit": "Celcius"}
METER = {"connectorId": 1, "meterValue": [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [SAMPLE]}]}
STATUS = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}


def read(action: str, payload: Any) -> tuple[messages.Payload, tuple[str, ...]] | Refusal:
    return read_payload(action, msgspec.Raw(json.dumps(payload).encode()))


@pytest.mark.parametrize(
    ("action", "payload", "field", "value", "flags"),
    [
        ("StartTransaction", START, "meter_start", 10, ()),
        ("StartTransaction", {**START, "idTag": "T" * 300}, "id_tag", "T" * 300, ()),
        ("StartTransaction", {**START, "vendorThing": {"a": [1]}}, "connector_id", 1, ()),
        ("StartTransaction", {**START, "connectorId": "2"}, "connector_id", 2, ("type",)),
        ("StartTransaction", {**START, "connectorId": 2.0}, "connector_id", 2, ("connectorId_type",)),
        ("StartTransaction", {**START, "idTag": 4711}, "id_tag", "4711", ("type",)),
        ("StartTransaction", {**START, "meterStart": 10**30}, "meter_start", None, ("meterStart_unreadable",)),
        ("StartTransaction", {**START, "meterStart": -5}, "meter_start", -5, ()),
        ("StartTransaction", {**START, "timestamp": {}}, "timestamp", "", ("timestamp_unreadable",)),
        ("StartTransaction", {**START, "reservationId": None}, "reservation_id", None, ()),
        ("StartTransaction", {"connectorId": 1, "idTag": "T"}, "meter_start", None, ()),
        ("StopTransaction", {**STOP, "transactionId": "7"}, "transaction_id", 7, ("type",)),
        ("StopTransaction", {**STOP, "transactionId": -1}, "transaction_id", -1, ()),
        ("StopTransaction", {**STOP, "reason": ["x"]}, "reason", None, ("reason_unreadable",)),
        ("StopTransaction", {"transactionId": 7}, "meter_stop", None, ()),
        ("StopTransaction", {**STOP, "transactionData": 3}, "transaction_data", None, ("transactionData_unreadable",)),
        ("MeterValues", METER, "connector_id", 1, ()),
        ("MeterValues", {**METER, "transactionId": "x"}, "transaction_id", None, ("transactionId_unreadable",)),
        ("StatusNotification", {**STATUS, "errorCode": 7}, "error_code", "7", ("type",)),
        ("StatusNotification", {"connectorId": 1, "status": "Available"}, "error_code", "NoError", ()),
        (
            "BootNotification",
            {"chargePointVendor": "V" * 99, "chargePointModel": 5},
            "charge_point_model",
            "5",
            ("type",),
        ),
    ],
)
def test_what_is_readable_is_kept(action: str, payload: Any, field: str, value: object, flags: tuple[str, ...]) -> None:
    taken = read(action, payload)
    assert not isinstance(taken, Refusal)
    assert (getattr(taken[0], field), taken[1]) == (value, flags)


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("StartTransaction", [], ErrorCode.FORMATION_VIOLATION),
        ("StartTransaction", None, ErrorCode.FORMATION_VIOLATION),
        ("StartTransaction", {"connectorId": 1}, ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION),
        ("StartTransaction", {**START, "idTag": None}, ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION),
        ("StartTransaction", {**START, "idTag": ["T"]}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        ("StartTransaction", {**START, "connectorId": True}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        ("StartTransaction", {**START, "connectorId": 10**40}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        ("StopTransaction", {"meterStop": 1}, ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION),
        ("MeterValues", {"connectorId": 1, "meterValue": "x"}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        ("Authorize", {}, ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION),
        ("Heartbeat", 1, ErrorCode.FORMATION_VIOLATION),
    ],
)
def test_without_its_essentials_a_message_is_refused(action: str, payload: Any, code: ErrorCode) -> None:
    refused = read(action, payload)
    assert isinstance(refused, Refusal)
    assert refused.code is code


def test_meter_values_keep_every_readable_sample() -> None:
    taken = read(
        "MeterValues",
        {
            "connectorId": 1,
            "meterValue": [
                {"timestamp": 5, "sampledValue": [{"value": 16.1, "unit": 7, "phase": "L1"}, {"unit": "Wh"}, "x"]},
                {"timestamp": "2026-01-01T00:00:00Z"},
                None,
            ],
        },
    )
    assert not isinstance(taken, Refusal)
    message, flags = taken
    assert isinstance(message, messages.MeterValuesRequest)
    assert message.meter_value == (messages.MeterValue("", (messages.SampledValue("16.1", phase="L1"),)),)
    assert set(flags) == {"sampled_value_unreadable", "meter_value_unreadable"}


def test_the_table_covers_what_a_charger_may_start() -> None:
    assert {action for action in ChargerAction if not understood(action)} == set()


@given(st.sampled_from(sorted(_SHAPES)), JSON)
def test_no_payload_raises(action: str, payload: Any) -> None:
    read(action, payload)


@given(
    st.sampled_from(["StartTransaction", "StopTransaction", "MeterValues", "StatusNotification"]),
    st.dictionaries(
        st.sampled_from(["connectorId", "idTag", "meterStart", "timestamp", "transactionId", "meterValue", "status"]),
        JSON,
    ),
)
def test_a_repaired_message_has_the_types_it_says(action: str, payload: Any) -> None:
    taken = read(action, payload)
    if not isinstance(taken, Refusal):
        encoded = msgspec.json.encode(taken[0])
        assert msgspec.json.decode(encoded, type=_SHAPES[action]) == taken[0]
