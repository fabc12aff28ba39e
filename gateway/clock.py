"""The gateway's time: the database's, in Unix seconds that never run backwards and never jump, as OCPP writes them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

SLEW = 0.05


class Clock:
    """Follows the monotonic clock, and the wall clock slowly: a correction takes at most 1/20 of the time passed.

    So a wall clock set 10 minutes forward ends no call early, and one set back holds none open. What a node writes down
    is compared with the database's clock by others: ``correct`` makes up for how far this machine's is off.
    """

    __slots__ = ("_monotonic", "_offset", "_read_at", "_value", "_wall")

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._offset = 0.0
        self._value = wall()
        self._read_at = monotonic()

    def correct(self, offset_seconds: float, *, at_once: bool = False) -> None:
        """``offset_seconds``: the right time minus this machine's. ``at_once``: only before anybody has read it."""
        self._offset = offset_seconds
        if at_once:
            self._value, self._read_at = self._wall() + offset_seconds, self._monotonic()

    def now(self) -> float:
        read_at = self._monotonic()
        passed = max(0.0, read_at - self._read_at)
        ahead = self._value + passed
        limit = passed * SLEW
        self._value = ahead + min(max(self._wall() + self._offset - ahead, -limit), limit)
        self._read_at = read_at
        return self._value


def utc(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)


def write_time(now: float) -> str:
    """Section 3.7: ISO 8601 in UTC, to the second."""
    return f"{datetime.fromtimestamp(int(now), UTC):%Y-%m-%dT%H:%M:%SZ}"


def read_time(text: str) -> datetime | None:
    """A charger's timestamp as aware UTC; without an offset it is taken for UTC. None: not a time.

    Years may be absurd (1970, 9998) but leave room at both ends, so that arithmetic and other zones cannot overflow.
    """
    try:
        read = datetime.fromisoformat(text.strip())
        if read.tzinfo is None:
            read = read.replace(tzinfo=UTC)
        elif read.tzinfo is not UTC:
            read = read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return read if 1 < read.year < 9999 else None
