"""A SetChargingProfile request is read as it is meant, or refused by naming what is wrong."""

from typing import Any

import pytest

from chargers.charging.profile import ChargingProfile, Kind, Period, Purpose, Schedule, Unit
from chargers.charging.reading import DAY, BadProfile, read_request, read_stored

NIGHT = {
    "chargingProfileId": 4, "stackLevel": 2, "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "validFrom": "2027-01-01T00:00:00+01:00",
    "chargingSchedule": {
        "chargingRateUnit": "W", "startSchedule": "2027-01-01T22:00:00.250Z", "duration": 28_800,
        "minChargingRate": 1380,
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 3680, "numberPhases": 1}, {"startPeriod": 60, "limit": 0},
        ],
    },
}  # fmt: skip


def changed(*path: str, **values: Any) -> dict[str, Any]:
    """The night's profile with other members; None takes one out."""
    copy: dict[str, Any] = {**NIGHT, "chargingSchedule": dict(NIGHT["chargingSchedule"])}  # type: ignore[call-overload]
    inner = copy["chargingSchedule"] if path else copy
    inner.update(values)
    for name in [name for name, value in values.items() if value is None]:
        del inner[name]
    return copy


def on_1(*path: str, **values: Any) -> dict[str, Any]:
    return {"connectorId": 1, "csChargingProfiles": changed(*path, **values)}


def test_everything_is_read() -> None:
    read = read_request({"connectorId": 1, "csChargingProfiles": NIGHT})
    periods = (Period(0, 3680, 1), Period(60, 0, 3))
    schedule = Schedule(Unit.W, periods, start=1_798_840_800, duration=28_800, least=1380)
    assert read == ChargingProfile(
        4, 1, Purpose.DEFAULT, 2, Kind.RECURRING, schedule, every=DAY, valid_from=1_798_758_000
    )


def test_a_session_is_the_senders_until_it_is_read_from_store() -> None:
    profile = changed(chargingProfilePurpose="TxProfile", chargingProfileKind="Absolute", transactionId=4711)
    assert read_request({"connectorId": 1, "csChargingProfiles": profile}).transaction_id == 4711
    assert read_stored(1, profile, 8).transaction_id == 8


@pytest.mark.parametrize(
    ("connector", "profile", "named"),
    [
        (1, changed(chargingProfilePurpose="ChargePointMaxProfile"), "connectorId 0"),
        (0, changed(chargingProfilePurpose="ChargePointMaxProfile", chargingProfileKind="Relative"), "Relative"),
        (0, changed(chargingProfilePurpose="TxProfile"), "connectorId 0"),
        (1, changed(recurrencyKind=None), "recurrencyKind"),
        (1, changed("schedule", startSchedule=None), "startSchedule"),
        (1, changed(validTo="2026-01-01T00:00:00Z"), "validTo"),
        (1, changed("schedule", startSchedule="9999-01-01T00:00:00Z"), "startSchedule"),
        (1, changed("schedule", chargingSchedulePeriod=[{"startPeriod": 5, "limit": 1}]), "must be 0"),
        (1, changed("schedule", chargingSchedulePeriod=[{"startPeriod": 0, "limit": 1}] * 2), "later"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_member(connector: int, profile: Any, named: str) -> None:
    with pytest.raises(BadProfile, match=named) as caught:
        read_request({"connectorId": connector, "csChargingProfiles": profile})
    assert caught.value.code is None


@pytest.mark.parametrize(
    ("payload", "code", "named"),
    [
        (None, "TypeConstraintViolation", "object"),
        ({"connectorId": 1}, "OccurenceConstraintViolation", "csChargingProfiles"),
        ({"connectorId": "1", "csChargingProfiles": NIGHT}, "TypeConstraintViolation", "connectorId"),
        ({"connectorId": -1, "csChargingProfiles": NIGHT}, "PropertyConstraintViolation", "connectorId"),
        (on_1(stackLevel=-1), "PropertyConstraintViolation", "stackLevel"),
        (on_1(chargingProfileKind="Often"), "PropertyConstraintViolation", "Kind"),
        (on_1(validFrom="soon"), "PropertyConstraintViolation", "validFrom"),
        (on_1("s", chargingRateUnit="hp"), "PropertyConstraintViolation", "Unit"),
        (on_1("s", chargingSchedulePeriod=[]), "OccurenceConstraintViolation", "Period"),
        (on_1("s", chargingSchedulePeriod=[{"startPeriod": 0, "limit": -1}]), "PropertyConstraintViolation", "limit"),
        (on_1("s", duration="1"), "TypeConstraintViolation", "duration"),
    ],
)
def test_what_breaks_the_schema_is_refused_with_its_code(payload: Any, code: str, named: str) -> None:
    with pytest.raises(BadProfile, match=named) as caught:
        read_request(payload)
    assert caught.value.code == code
