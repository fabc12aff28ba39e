"""Sampled values in one unit and one spelling, whatever the charger made of the standard."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chargers.sessions.readings import (
    IMPORT_REGISTER,
    MEASURANDS,
    Reading,
    SignedData,
    Unreadable,
    read_moment,
    read_number,
    read_sample,
    registers,
    totals,
)

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
SCALES = [("Wh", "kWh"), ("W", "kW"), ("varh", "kvarh"), ("var", "kvar"), ("VA", "kVA")]
DECIMALS = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=3)


def read(**given: Any) -> Reading:
    found = read_sample(given)
    assert isinstance(found, Reading), found
    return found


def test_what_is_left_out_is_the_standards_default() -> None:
    assert read(value="100") == Reading(IMPORT_REGISTER, Decimal(100), "Wh", "", "Outlet", "Sample.Periodic")


@pytest.mark.parametrize("measurand", MEASURANDS)
def test_every_measurand_has_a_unit_when_none_is_told_and_any_capitalisation(measurand: str) -> None:
    found = read(value="1", measurand=measurand.upper())
    assert (found.measurand, found.unit) == (measurand, MEASURANDS[measurand])


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "kept"),
    [
        ("21.5", "Celcius", "21.5", "Celsius"),
        ("21.5", "Celsius", "21.5", "Celsius"),
        ("294.65", "K", "21.50", "Celsius"),
        ("70.7", "Fahrenheit", "21.5000", "Celsius"),
        ("80", "Percent", "80", "Percent"),
        ("80", "%", "80", "Percent"),
        ("7,4", "kw", "7400", "W"),
        (" 1.5 ", " kWh ", "1500", "Wh"),
        ("1e3", "Wh", "1000", "Wh"),
    ],
)
def test_units_as_chargers_write_them(value: str, unit: str, wanted: str, kept: str) -> None:
    found = read(value=value, unit=unit, measurand="Temperature")
    assert (found.value, found.unit) == (Decimal(wanted), kept)


@pytest.mark.parametrize(
    "value", ["", "OUT OF RANGE", "NaN", "Infinity", "1e99", "1_000", "1.2.3", "1,2,3", None, "[]"]
)
def test_what_is_no_number_is_named_and_not_guessed(value: Any) -> None:
    assert read_sample({"value": value, "unit": "Wh"}) == Unreadable(IMPORT_REGISTER, str(value), "value_unreadable")


def test_a_unit_nobody_knows_is_named() -> None:
    assert read_sample({"value": "1", "unit": "furlong"}) == Unreadable(IMPORT_REGISTER, "1 furlong", "unit_unknown")
    assert read(value="1", measurand="Vendor.Thing", unit="furlong").unit == "furlong"


def test_signed_data_is_kept_as_it_came() -> None:
    found = read_sample({"value": "OCMF|{}|x", "format": "SignedData", "context": "Transaction.End", "unit": "kWh"})
    assert found == SignedData(IMPORT_REGISTER, "Transaction.End", "OCMF|{}|x")


@given(DECIMALS, st.sampled_from(SCALES), st.sampled_from(sorted(MEASURANDS)))
def test_a_thousand_of_the_small_unit_is_one_of_the_large(value: Decimal, units: tuple[str, str], what: str) -> None:
    small, large = units
    assert read(value=str(value * 1000), unit=small, measurand=what) == read(
        value=str(value), unit=large, measurand=what
    )


NAMES = st.sampled_from(["value", "unit", "phase", "measurand", "format", "context", "location"]) | st.text()
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
)


@given(JSON)
def test_nothing_a_charger_sends_is_too_strange_to_read(sent: Any) -> None:
    moment = read_moment(NOW, sent)
    assert all(reading.value.is_finite() for reading in moment.readings)
    registers([moment])


@given(st.text(alphabet="0123456789.,-+eE_ ", max_size=12))
@example("9e999999")
def test_a_number_is_finite_or_none(text: str) -> None:
    value = read_number(text)
    assert value is None or abs(value) < 10**15


def energy(value: str, **more: str) -> dict[str, str]:
    return {"value": value, **more}


def test_phases_add_up_and_a_moment_that_lacks_one_is_left_out() -> None:
    moments = [
        read_moment(NOW, [energy("1", phase="L1"), energy("2", phase="L2-N"), energy("3", phase="L3")]),
        read_moment(NOW + timedelta(minutes=1), [energy("2", phase="L1"), energy("3", phase="L2")]),
        read_moment(NOW + timedelta(minutes=2), [energy("9"), energy("2", phase="L1")]),
        read_moment(NOW + timedelta(minutes=3), [energy("400", phase="L1-L2")]),
    ]
    assert [(point.at - NOW, int(point.value)) for point in registers(moments)] == [
        (timedelta(0), 6),
        (timedelta(minutes=2), 9),
    ]


def test_the_meter_at_the_plug_counts_before_others() -> None:
    moment = read_moment(NOW, [energy("5", location="Inlet"), energy("7"), energy("9", location="Body")])
    assert [point.value for point in registers([moment])] == [7]
    inlet = read_moment(NOW, [energy("5", location="Inlet"), energy("9", location="Body")])
    assert [point.value for point in registers([inlet])] == [5]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 99), st.sampled_from(["", "L1", "L2", "L3"])), max_size=20),
    st.randoms(),
)
def test_order_and_repetition_change_nothing(told: list[tuple[int, int, str]], chance: Any) -> None:
    moments = [
        read_moment(NOW + timedelta(minutes=minute), [energy(str(value), phase=phase)]) for minute, value, phase in told
    ]
    mixed = moments + [moment for moment in moments if chance.random() < 0.5]
    chance.shuffle(mixed)
    assert totals(mixed, IMPORT_REGISTER, "Wh") == totals(moments, IMPORT_REGISTER, "Wh")
