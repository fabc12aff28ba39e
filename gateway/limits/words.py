"""What is said about limits: our own profiles to a charger, a composite schedule to a backend. Pure."""

from collections.abc import Sequence
from typing import Any

from chargers.charging.composite import Segment, composite, total
from chargers.charging.profile import PHASES, Purpose, Supply, Unit
from chargers.charging.set_point import HIGHEST, in_unit, lower, set_point
from gateway.clock import write_time
from gateway.limits.wanted import Site, Slot, Value, at_most, place_of, shared_amps

STACK_LEVEL = 1
# An Absolute schedule began a day ago even for a charger whose clock is some hours behind.
BEGUN_SECONDS = 86_400
LONGEST_SECONDS = 7 * 86_400


def set_request(slot: Slot, value: Value, now: float, *, unit: Unit, supply: Supply) -> dict[str, Any]:
    period: dict[str, Any] = {"startPeriod": 0, "limit": in_unit(value.amps, unit, supply, value.phases)}
    if value.phases != PHASES:
        period["numberPhases"] = value.phases
    profile: dict[str, Any] = {
        "chargingProfileId": slot.number,
        "stackLevel": STACK_LEVEL,
        "chargingProfilePurpose": str(slot.purpose),
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "startSchedule": write_time(now - BEGUN_SECONDS),
            "chargingRateUnit": str(unit),
            "chargingSchedulePeriod": [period],
        },
    }
    if slot.purpose is Purpose.TX:
        profile["transactionId"] = value.transaction_id
    return {"connectorId": slot.connector, "csChargingProfiles": profile}


def composite_answer(site: Site, connector: int, seconds: int, unit: Unit, now: float) -> dict[str, Any]:
    """GetCompositeSchedule.conf: what the charger is really held to, fuses and its share of them included."""
    begin, length = int(now), min(max(seconds, 1), LONGEST_SECONDS)
    segments = _segments(site, connector, begin, begin + length)
    periods: list[dict[str, Any]] = []
    for segment in segments:
        limit = at_most(lower(segment.limit, site.cap), shared_amps(site, connector))
        amps = HIGHEST if limit is None else limit.amps if connector == 0 else set_point(limit.amps)
        shown = in_unit(round(amps, 1), unit, site.supply, PHASES if limit is None else limit.phases)
        if not periods or periods[-1]["limit"] != shown:
            periods.append({"startPeriod": int(segment.start) - begin, "limit": shown})
    return {
        "status": "Accepted",
        "connectorId": connector,
        "scheduleStart": write_time(begin),
        "chargingSchedule": {
            "duration": length,
            "startSchedule": write_time(begin),
            "chargingRateUnit": str(unit),
            "chargingSchedulePeriod": periods,
        },
    }


def _segments(site: Site, connector: int, begin: int, end: int) -> Sequence[Segment]:
    if connector:
        return composite(site.profiles, place_of(site, connector, begin), begin, end)
    lines = [
        composite(site.profiles, place_of(site, one, begin), begin, end)
        for one in range(1, max(site.connectors, 1) + 1)
    ]
    return total(lines, composite(site.profiles, place_of(site, 0, begin), begin, end))
