"""When to try again after a transient fault: 30 s, doubling, at most 6 h, full jitter, 8 attempts. Pure."""

from collections.abc import Callable
from datetime import timedelta

FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=6)
MOST_ATTEMPTS = 8


def next_delay(attempts: int, draw: Callable[[], float]) -> timedelta | None:
    """The pause after ``attempts`` failed ones (1 or more); None: no attempt is left. ``draw`` yields 0 to 1."""
    if attempts >= MOST_ATTEMPTS:
        return None
    ceiling: timedelta = min(FIRST * 2 ** (attempts - 1), LONGEST)
    return max(timedelta(seconds=1), ceiling * draw())
