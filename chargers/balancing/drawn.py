"""What a car really takes, from its meter, and what may be kept for it because of that. Pure."""

from datetime import datetime
from typing import Any

from chargers.balancing.site import LEAST
from chargers.sessions.readings import read_moment

MEASURAND = "Current.Import"
# Tenths of an ampere: a car this close to its set-point would take more; one this far below it leaves the rest free.
CLOSE = 10
FAR = 50
SPARE = 30


def drawn_amps(at: datetime, sampled_values: Any) -> float | None:
    """The largest current of any phase; None: the charger does not tell currents."""
    outlet = [
        float(reading.value)
        for reading in read_moment(at, sampled_values).readings
        if reading.measurand == MEASURAND and reading.location == "Outlet" and reading.phase != "N"
    ]
    return max(outlet, default=None)


def need_of(most: int, granted: int | None, drawn: float | None) -> int:
    """Up to ``most``: a car that takes much less than it was granted keeps that and a little, so that others get more.

    ``drawn`` in A, measured while ``granted`` was in force. The two margins keep it from going to and fro.
    """
    if drawn is None or not granted:
        return most
    tenths = round(drawn * 10)
    if tenths >= granted - CLOSE:
        return most
    if tenths >= granted - FAR:
        return min(granted, most)
    return max(LEAST, min(tenths + SPARE, most))
