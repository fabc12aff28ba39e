"""A token bucket as one time: when the next token is there. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# Tokens that nobody used are kept for this long.
BURST = timedelta(seconds=10)


@dataclass(frozen=True)
class Turns:
    """``at``: when each of those who asked has its turn, in their order. ``free_at``: the bucket afterwards."""

    at: tuple[datetime, ...]
    free_at: datetime


def take_turns(free_at: datetime, per_minute: int, count: int, now: datetime) -> Turns:
    """Turns for ``count`` more; those that are not after ``now`` go at once."""
    every = timedelta(minutes=1) / per_minute
    first = max(free_at, now - BURST)
    return Turns(tuple(first + every * place for place in range(count)), first + every * count)
