"""When an event is tried again, and when a webhook is given up. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta

# After the first, second … failed attempt. What fails after the last one has failed for good.
DELAYS = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
MOST_ATTEMPTS = len(DELAYS) + 1
# Never earlier than the table says, and up to so much later, so that events that failed together come apart.
JITTER = 0.2
LONGEST_WISH_SECONDS = 3600
# A webhook that has taken nothing for so long is switched off.
FAILING = timedelta(days=5)


def delay_seconds(attempts: int, draw: Callable[[], float], *, wished: int = 0) -> float | None:
    """After ``attempts`` failed ones; None: it was the last. ``wished``: what the receiver's Retry-After asks for."""
    if not 1 <= attempts < MOST_ATTEMPTS:
        return None
    planned = DELAYS[attempts - 1] * (1 + JITTER * draw())
    return max(planned, float(min(max(wished, 0), LONGEST_WISH_SECONDS)))


def is_hopeless(failing_since: datetime | None, now: datetime) -> bool:
    return failing_since is not None and now - failing_since >= FAILING
