"""When to dial a backend again. Pure."""

import random

from gateway.bridge.dial import Fault

FIRST_SECONDS = 10.0
DOUBLINGS = 5
# Credentials do not mend themselves: asking again and again only fills the backend's log, or locks the account.
SLOW_SECONDS = 900.0
SLOW = frozenset({Fault.UNAUTHORIZED, Fault.FORBIDDEN, Fault.URL, Fault.ADDRESS_REFUSED})


def pause_seconds(failures: int, fault: Fault | None, rng: random.Random, *, first: float = FIRST_SECONDS) -> float:
    """``first`` and up to as much again by chance, doubled five times, then constant; never sooner than that.

    ``failures``: how many there were in a row, this one included. ``fault`` None: a connection that was lost.
    """
    spread = first * rng.uniform(1.0, 2.0)
    if fault in SLOW:
        return spread * SLOW_SECONDS / FIRST_SECONDS
    return spread * 2.0 ** min(max(failures - 1, 0), DOUBLINGS)
