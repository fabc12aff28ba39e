"""What the plan can decide for one delivery, as plain values. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chargers.links.base import PushOrder
from chargers.rollout.retry import MOST_ATTEMPTS, next_delay
from chargers.rollout.snapshot import Snapshot
from chargers.rollout.states import DeliveryState

# The least pause between two looks at one delivery.
MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class Stay:
    """Move to (or stay in) a state. ``due_at`` None: only an event wakes the delivery again.

    ``failed_attempt`` counts an attempt; offline and busy never do.
    """

    state: DeliveryState
    reason: str = ""
    due_at: datetime | None = None
    deadline_at: datetime | None = None
    next_attempt_at: datetime | None = None
    failed_attempt: bool = False
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Push:
    """Lease the charger and send the order; the gateway reads before it writes."""

    order: PushOrder


@dataclass(frozen=True)
class ReadBack:
    """Ask for the keys and judge them; nothing is written."""

    order: PushOrder


@dataclass(frozen=True)
class Finish:
    state: DeliveryState
    reason: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    secret_delivered: bool = False


Action = Stay | Push | ReadBack | Finish
Draw = Callable[[], float]


def attempt_failed(
    snapshot: Snapshot,
    state: DeliveryState,
    reason: str,
    now: datetime,
    draw: Draw,
    detail: Mapping[str, Any] | None = None,
) -> Stay | Finish:
    facts = dict(detail or {})
    delay = next_delay(snapshot.attempts + 1, draw)
    if delay is None:
        return Finish(DeliveryState.FAILED, reason, {**facts, "attempts": MOST_ATTEMPTS})
    later = now + delay
    return Stay(state, reason, later, snapshot.deadline_at, later, failed_attempt=True, detail=facts)
