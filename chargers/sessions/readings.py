"""Sampled values as chargers send them, in one spelling and one unit each. Pure.

What is left out means the standard's default (7.43): an imported active energy register in Wh at the outlet, raw,
sampled periodically. Signed values are kept apart as they came; what cannot be read is named.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

IMPORT_REGISTER = "Energy.Active.Import.Register"
IMPORT_POWER = "Power.Active.Import"
DEFAULT_CONTEXT = "Sample.Periodic"
DEFAULT_LOCATION = "Outlet"
LARGEST = Decimal(10) ** 15

# Measurand to the unit that its values are kept in.
MEASURANDS: Mapping[str, str] = {
    **{f"Energy.Active.{way}.{kind}": "Wh" for way in ("Import", "Export") for kind in ("Register", "Interval")},
    **{f"Energy.Reactive.{way}.{kind}": "varh" for way in ("Import", "Export") for kind in ("Register", "Interval")},
    **{f"Power.Active.{way}": "W" for way in ("Import", "Export")},
    **{f"Power.Reactive.{way}": "var" for way in ("Import", "Export")},
    **{f"Current.{way}": "A" for way in ("Import", "Export", "Offered")},
    "Power.Offered": "W", "Power.Factor": "", "Voltage": "V", "Frequency": "Hz", "Temperature": "Celsius",
    "SoC": "Percent", "RPM": "rpm",
}  # fmt: skip
# Unit as written (in small letters) to the unit kept, and how: value × factor + offset.
UNITS: Mapping[str, tuple[str, Decimal, Decimal]] = {
    written: (kept, Decimal(factor), Decimal(offset))
    for written, kept, factor, offset in (
        ("wh", "Wh", "1", "0"), ("kwh", "Wh", "1000", "0"), ("varh", "varh", "1", "0"), ("kvarh", "varh", "1000", "0"),
        ("w", "W", "1", "0"), ("kw", "W", "1000", "0"), ("va", "VA", "1", "0"), ("kva", "VA", "1000", "0"),
        ("var", "var", "1", "0"), ("kvar", "var", "1000", "0"), ("a", "A", "1", "0"), ("v", "V", "1", "0"),
        ("k", "Celsius", "1", "-273.15"), ("celcius", "Celsius", "1", "0"), ("celsius", "Celsius", "1", "0"),
        ("percent", "Percent", "1", "0"), ("%", "Percent", "1", "0"), ("hz", "Hz", "1", "0"), ("rpm", "rpm", "1", "0"),
    )
}  # fmt: skip
CONTEXTS = (
    "Interruption.Begin", "Interruption.End", "Other", "Sample.Clock", DEFAULT_CONTEXT, "Transaction.Begin",
    "Transaction.End", "Trigger",
)  # fmt: skip
# In the order in which a session's own meter is looked for.
LOCATIONS = (DEFAULT_LOCATION, "Inlet", "Cable", "Body", "EV")
PHASES = ("L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1")
# What adds up to a total.
_PART = {"L1": "L1", "L2": "L2", "L3": "L3", "L1-N": "L1", "L2-N": "L2", "L3-N": "L3"}


def _spelling(words: Iterable[str]) -> Mapping[str, str]:
    return {word.lower(): word for word in words}


_MEASURANDS, _CONTEXTS = _spelling(MEASURANDS), _spelling(CONTEXTS)
_LOCATIONS, _PHASES = _spelling(LOCATIONS), _spelling(PHASES)


@dataclass(frozen=True, slots=True)
class Reading:
    """``phase`` empty: of all phases together. ``unit`` is one of those kept, or a vendor's own."""

    measurand: str
    value: Decimal
    unit: str
    phase: str = ""
    location: str = DEFAULT_LOCATION
    context: str = DEFAULT_CONTEXT


@dataclass(frozen=True, slots=True)
class SignedData:
    """A meter's signed statement, exactly as sent."""

    measurand: str
    context: str
    data: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """``fault``: ``value_unreadable`` or ``unit_unknown``."""

    measurand: str
    text: str
    fault: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything a charger said of one instant (its clock)."""

    at: datetime
    readings: tuple[Reading, ...] = ()
    signed: tuple[SignedData, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


class Point(NamedTuple):
    """A value at a time, in a unit that goes without saying."""

    at: datetime
    value: Decimal


def read_moment(at: datetime, sampled_values: Any) -> Moment:
    """From the stored list of sampled values. Never raises, whatever a charger sent."""
    found = [read_sample(one) for one in sampled_values if isinstance(one, Mapping)] if _is_list(sampled_values) else []
    return Moment(
        at,
        tuple(one for one in found if isinstance(one, Reading)),
        tuple(one for one in found if isinstance(one, SignedData)),
        tuple(one for one in found if isinstance(one, Unreadable)),
    )


def read_sample(given: Mapping[str, Any]) -> Reading | SignedData | Unreadable:
    measurand = _known(_MEASURANDS, given.get("measurand"), IMPORT_REGISTER)
    context = _known(_CONTEXTS, given.get("context"), DEFAULT_CONTEXT)
    text = str(given.get("value", ""))
    if str(given.get("format") or "").strip().lower() == "signeddata":
        return SignedData(measurand, context, text)
    value = read_number(text)
    if value is None:
        return Unreadable(measurand, text, "value_unreadable")
    written = str(given.get("unit") or "").strip()
    if written and written.lower() not in UNITS and written.lower() != "fahrenheit" and measurand in MEASURANDS:
        return Unreadable(measurand, f"{text} {written}", "unit_unknown")
    value, unit = _converted(value, written, measurand)
    return Reading(
        measurand,
        value,
        unit,
        _known(_PHASES, given.get("phase"), ""),
        _known(_LOCATIONS, given.get("location"), DEFAULT_LOCATION),
        context,
    )


def read_number(text: str) -> Decimal | None:
    """None: no number, not finite or beyond all meters. A lone comma is a decimal comma."""
    text = text.strip()
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    # "1_000" is a number for Python, not for a meter.
    return value if value.is_finite() and value.copy_abs() < LARGEST and "_" not in text else None


def totals(moments: Iterable[Moment], measurand: str, unit: str) -> list[Point]:
    """One value a moment, by time: the total where told, else the sum of all phases that this series has.

    Of several locations the one nearest to the car's plug counts; of several values for one instant the largest.
    Moments that lack a phase are left out. The order of the moments and repetitions change nothing.
    """
    found = [
        (moment.at, reading)
        for moment in moments
        for reading in moment.readings
        if reading.measurand == measurand and reading.unit == unit and (not reading.phase or reading.phase in _PART)
    ]
    place = next((place for place in LOCATIONS if any(one.location == place for _at, one in found)), None)
    by_time: dict[datetime, dict[str, Decimal]] = {}
    for at, reading in found:
        if reading.location == place:
            values, part = by_time.setdefault(at, {}), _PART.get(reading.phase, "")
            values[part] = max(reading.value, values.get(part, reading.value))
    parts = {part for values in by_time.values() for part in values if part}
    points = []
    for at in sorted(by_time):
        values = by_time[at]
        if "" in values:
            points.append(Point(at, values[""]))
        elif parts <= values.keys():
            points.append(Point(at, sum((values[part] for part in parts), Decimal(0))))
    return points


def registers(moments: Sequence[Moment]) -> list[Point]:
    """The energy register in Wh."""
    return totals(moments, IMPORT_REGISTER, "Wh")


def powers(moments: Sequence[Moment]) -> list[Point]:
    """The power drawn in W."""
    return totals(moments, IMPORT_POWER, "W")


def _converted(value: Decimal, written: str, measurand: str) -> tuple[Decimal, str]:
    if not written:
        return value, MEASURANDS.get(measurand, "")
    if written.lower() == "fahrenheit":
        return ((value - 32) * 5 / 9).quantize(Decimal("0.0001")), "Celsius"
    if written.lower() not in UNITS:
        return value, written
    kept, factor, offset = UNITS[written.lower()]
    return value * factor + offset, kept


def _known(words: Mapping[str, str], given: Any, default: str) -> str:
    """The standard's spelling; a word of the vendor's own stays as it is."""
    text = str(given or "").strip()
    return words.get(text.lower(), text) if text else default


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
