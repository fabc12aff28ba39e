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


class RolloutState(StrEnum):
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
# The engine never leaves a final state, and people only RETRIABLE_STATES. A change of the charger itself (its own URL,
# its installation) makes what it must hold another thing: then its delivery starts anew from any of these.
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
    S.APPLIED: frozenset(),
    S.HANDED_OVER: frozenset(),
    S.SUPERSEDED: frozenset(),
}


class ImpossibleTransition(ValueError):
    """The table has no such transition: a fault in the engine, never to be written."""


def check_transition(before: DeliveryState, after: DeliveryState) -> None:
    if after not in TRANSITIONS[before]:
        raise ImpossibleTransition(f"{before} → {after}")
