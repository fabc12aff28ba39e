"""How many chargers may be written to next, and when a rollout has to stop. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

# A rollout stops when more than this share of the chargers attempted has failed. Those offline do not count: they
# would hide a bad setting.
MOST_FAILED = 0.2


@dataclass(frozen=True)
class Tally:
    """``total``: deliveries that can take the setting. ``admitted``: given leave to be written to, in any wave.

    ``unsettled``: admitted and not final yet. ``attempted`` and ``failed`` count from the last time a person let the
    rollout go on; who was found busy at the last moment and waits again was not attempted.
    """

    total: int
    admitted: int
    unsettled: int
    attempted: int
    failed: int


class Verdict(StrEnum):
    GO = "go"
    NEXT_WAVE = "next_wave"
    STOP = "stop"


def reach(waves: Sequence[str], wave: int, total: int) -> int | None:
    """How many chargers in all wave number ``wave`` (from 0) reaches; None: all that are left."""
    if wave >= len(waves):
        return None
    reaches = [_size(one, total) for one in waves[: wave + 1]]
    return min(max(reaches), total)


def _size(wave: str, total: int) -> int:
    if wave.endswith("%"):
        return max(1, math.ceil(total * int(wave[:-1]) / 100))
    return int(wave)


def judge_wave(waves: Sequence[str], wave: int, tally: Tally) -> Verdict:
    """STOP goes first: a wave that has failed is never followed by the next."""
    if tally.failed and tally.failed > MOST_FAILED * tally.attempted:
        return Verdict.STOP
    limit = reach(waves, wave, tally.total)
    if limit is not None and tally.admitted >= limit and not tally.unsettled:
        return Verdict.NEXT_WAVE
    return Verdict.GO


def places_left(waves: Sequence[str], wave: int, tally: Tally) -> int | None:
    """How many more may be admitted now; None: any number."""
    limit = reach(waves, wave, tally.total)
    return None if limit is None else max(0, limit - tally.admitted)
