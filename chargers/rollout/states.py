"""Delivery and rollout states as closed enums and one transition table; a miss in the table is the error."""

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


OPEN_STATES = frozenset({DeliveryState.WAITING, DeliveryState.PUSHING, DeliveryState.VERIFYING, DeliveryState.UNKNOWN})
