"""The current a simulated charger keeps to, worked out from the profiles it was given, in its own way. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

WATTS_PER_AMPERE = 690
HIGHEST_STACK_LEVEL = 8
TX, DEFAULT, MAX = "TxProfile", "TxDefaultProfile", "ChargePointMaxProfile"
_ROUNDS = {"Daily": 86_400, "Weekly": 7 * 86_400}


@dataclass(frozen=True, slots=True)
class Held:
    """``session``: the charger's own number of the transaction that a TxProfile is for."""

    id: int
    connector: int
    purpose: str
    stack_level: int
    kind: str
    schedule: dict[str, Any]
    recurrency: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    session: int | None = None

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def obeyed(held: Iterable[Held], connector: int, session: int | None, began: float, now: float) -> float | None:
    """Ampere per phase at a connector; None: no profile says anything now."""
    said: dict[str, float] = {}
    for one in sorted(held, key=lambda each: (each.stack_level, each.connector)):
        here = one.connector in (0, connector) and (one.purpose != TX or one.session == session is not None)
        amps = _amps(one, began, now) if here else None
        if amps is not None:
            said[one.purpose] = amps
    own = said.get(TX, said.get(DEFAULT))
    return min((amps for amps in (own, said.get(MAX)) if amps is not None), default=None)


def _amps(one: Held, began: float, now: float) -> float | None:
    if (one.valid_from and now < _seconds(one.valid_from)) or (one.valid_to and now >= _seconds(one.valid_to)):
        return None
    schedule = one.schedule
    start = schedule.get("startSchedule")
    since = now - (began if one.kind == "Relative" or start is None else _seconds(start))
    if since >= 0 and one.kind == "Recurring":
        since %= _ROUNDS[one.recurrency or "Daily"]
    if since < 0 or since >= schedule.get("duration", float("inf")):
        return None
    amps = None
    for period in schedule["chargingSchedulePeriod"]:
        if period["startPeriod"] <= since:
            amps = float(period["limit"]) / (WATTS_PER_AMPERE if schedule["chargingRateUnit"] == "W" else 1)
    return amps


def _seconds(text: str) -> float:
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
