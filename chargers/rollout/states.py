"""Delivery and rollout states as closed enums and one transition table; a miss in the table is the error. Pure."""

from enum import StrEnum


class DeliveryState(StrEnum):
    WAITING = "waiting"
    PUSHING = "pushing"
    VERIFYING = "verifying"
    UNKNOWN = "unknown"
    APPLIED = "applied"
    HANDED_OVER = "handed_over"
    REJECTED = "rejected"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class WaitReason(StrEnum):
    OFFLINE = "offline"
    BUSY = "busy"
    WINDOW = "window"
    PAUSED = "paused"
    BACKOFF = "backoff"
    WAVE = "wave"
    TOGETHER = "together"
    PACE = "pace"
    DRIFT = "drift"


class PauseCause(StrEnum):
    """Why a rollout is paused: somebody did it, too many failed, or who saved it may not set the mode any more."""

    PERSON = "person"
    FAILURES = "failures"
    REVOKED = "revoked"


class RolloutState(StrEnum):
    """``paused`` is never stored: it is shown while an unfinished rollout has a time of pause."""

    OPENING = "opening"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


S = DeliveryState

OPEN_STATES = frozenset({S.WAITING, S.PUSHING, S.VERIFYING, S.UNKNOWN})
FINAL_STATES = frozenset(S) - OPEN_STATES
RETRIABLE_STATES = frozenset({S.REJECTED, S.FAILED, S.UNSUPPORTED, S.CANCELLED})
POSITIVE_STATES = frozenset({S.APPLIED, S.HANDED_OVER})
# What the engine may claim when it is due.
WATCHED_STATES = OPEN_STATES | POSITIVE_STATES
# The engine leaves no final state but the positive ones, and people only RETRIABLE_STATES. A change of the charger
# itself (its own URL, its installation) makes what it must hold another thing: then its delivery starts anew from any.
REOPENED_BY_A_CHANGE = FINAL_STATES

TRANSITIONS: dict[DeliveryState, frozenset[DeliveryState]] = {
    S.WAITING: frozenset({S.WAITING, S.PUSHING, S.APPLIED, S.UNSUPPORTED, S.FAILED, S.SUPERSEDED, S.CANCELLED}),
    S.PUSHING: frozenset(
        {S.WAITING, S.VERIFYING, S.UNKNOWN, S.APPLIED, S.HANDED_OVER, S.REJECTED, S.FAILED, S.SUPERSEDED, S.CANCELLED}
    ),
    S.VERIFYING: frozenset({S.VERIFYING, S.APPLIED, S.HANDED_OVER, S.REJECTED, S.FAILED, S.SUPERSEDED, S.CANCELLED}),
    S.UNKNOWN: frozenset(
        {S.UNKNOWN, S.PUSHING, S.APPLIED, S.HANDED_OVER, S.REJECTED, S.FAILED, S.SUPERSEDED, S.CANCELLED}
    ),
    **{state: frozenset({S.WAITING}) for state in RETRIABLE_STATES},
    # A charger that comes back is looked at again, and what has drifted may be brought once more.
    S.APPLIED: frozenset({S.APPLIED, S.WAITING}),
    S.HANDED_OVER: frozenset({S.HANDED_OVER, S.WAITING, S.FAILED}),
    S.SUPERSEDED: frozenset(),
}


class ImpossibleTransition(ValueError):
    """The table has no such transition: a fault in the engine, never to be written."""


def check_transition(before: DeliveryState, after: DeliveryState) -> None:
    if after not in TRANSITIONS[before]:
        raise ImpossibleTransition(f"{before} → {after}")
