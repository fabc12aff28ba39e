"""Writes what was decided: one conditional update for a whole batch, a row per transition, nothing for stale claims."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from chargers.links.base import PushOutcome
from chargers.models import DeliveryEvent
from chargers.rollout.due import LEASE_SECONDS
from chargers.rollout.plan import Action, Finish, Push, Stay
from chargers.rollout.snapshot import Snapshot
from chargers.rollout.states import OPEN_STATES, POSITIVE_STATES, DeliveryState, check_transition

# A ring that came while the lease was held made ``due_at`` earlier than ``lease_until``: it must not be forgotten.
MOVE = """
WITH wanted AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::jsonb[],
                         %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::int[])
    AS t(id, fencing, from_state, to_state, reason, detail, due_at, deadline_at, next_attempt_at, failed)
)
UPDATE chargers_delivery d SET
    state = t.to_state, reason = t.reason, detail = t.detail, attempts = d.attempts + t.failed,
    deadline_at = t.deadline_at, next_attempt_at = t.next_attempt_at,
    lease_until = CASE WHEN t.to_state = 'pushing' THEN now() + make_interval(secs => %s) END,
    pushed_at = CASE WHEN t.to_state = 'pushing' THEN now() ELSE d.pushed_at END,
    finished_at = CASE WHEN t.to_state = ANY(%s) THEN NULL ELSE now() END,
    due_at = CASE WHEN t.to_state = 'pushing' THEN now() + make_interval(secs => %s)
                  WHEN NOT t.to_state = ANY(%s) THEN NULL
                  WHEN d.due_at < d.lease_until THEN d.due_at
                  ELSE t.due_at END
FROM wanted t
WHERE d.id = t.id AND d.fencing = t.fencing AND d.state = t.from_state
RETURNING d.id, d.rollout_id
"""

APPLY = """
WITH done AS (
    SELECT * FROM unnest(%s::bigint[], %s::boolean[], %s::boolean[]) AS t(delivery_id, positive, secret)
)
UPDATE chargers_charger c SET
    applied_revision_id = CASE WHEN t.positive THEN d.revision_id ELSE c.applied_revision_id END,
    applied_at = CASE WHEN t.positive THEN now() ELSE c.applied_at END,
    told_url = CASE WHEN t.positive AND r.mode = 'native' THEN '' ELSE c.told_url END,
    delivered_secret_id = CASE WHEN r.mode <> 'ocpp_direct' AND t.positive THEN NULL
                               WHEN t.secret THEN r.secret_id ELSE c.delivered_secret_id END
FROM done t
JOIN chargers_delivery d ON d.id = t.delivery_id
JOIN installations_authenticationrevision r ON r.id = d.revision_id
WHERE c.id = d.charger_id
"""

FINISH_ROLLOUTS = """
UPDATE chargers_rollout r SET state = 'finished', finished_at = now()
WHERE r.id = ANY(%s) AND r.state = 'running' AND r.opened_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM chargers_delivery d WHERE d.rollout_id = r.id AND d.state = ANY(%s))
"""

TELL = """
UPDATE chargers_charger c SET told_url = t.url
FROM unnest(%s::bigint[], %s::text[]) AS t(id, url) WHERE c.id = t.id
"""

OPEN = sorted(OPEN_STATES)


@dataclass(frozen=True)
class Move:
    """One decided transition. ``outcome`` is what led to it, if a charger was asked."""

    snapshot: Snapshot
    state: DeliveryState
    reason: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    deadline_at: datetime | None = None
    next_attempt_at: datetime | None = None
    failed: bool = False
    secret_delivered: bool = False

    @classmethod
    def of(cls, snapshot: Snapshot, action: Action, outcome: PushOutcome | None = None) -> "Move":
        """Raises ImpossibleTransition where the table has no such step."""
        told = _secret_told(snapshot, outcome)
        match action:
            case Push():
                move = cls(snapshot, DeliveryState.PUSHING)
            case Stay():
                move = cls(
                    snapshot, action.state, str(action.reason), action.detail, action.due_at, action.deadline_at,
                    action.next_attempt_at, action.failed_attempt, told,
                )  # fmt: skip
            case Finish():
                move = cls(
                    snapshot, action.state, action.reason, action.detail,
                    secret_delivered=told or action.secret_delivered,
                )  # fmt: skip
            case _:
                raise TypeError(f"{action} is not a transition")
        check_transition(snapshot.state, move.state)
        return move


def _secret_told(snapshot: Snapshot, outcome: PushOutcome | None) -> bool:
    """Whether the charger is known to hold the password, by its answer or by the gateway's record of a lost one."""
    keys = {write.key for write in snapshot.target.writes if write.secret_id is not None}
    if outcome is None:
        return snapshot.push is not None and not keys.isdisjoint(snapshot.push.written)
    held = {"Accepted", "RebootRequired", "Unchanged"}
    return any(write.key in keys and write.status in held for write in outcome.writes)


def record(moves: Sequence[Move]) -> set[int]:
    """Write the transitions whose claim still stands; answers the delivery ids that moved. One transaction."""
    if not moves:
        return set()
    moves = sorted(moves, key=lambda move: move.snapshot.delivery_id)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(MOVE, [*_columns(moves), LEASE_SECONDS, OPEN, LEASE_SECONDS, OPEN])
            rows = cursor.fetchall()
            moved = {row[0] for row in rows}
            _tell_chargers(cursor, [move for move in moves if move.snapshot.delivery_id in moved])
            finished = {row[1] for row in rows}
            if any(move.state not in OPEN_STATES for move in moves):
                cursor.execute(FINISH_ROLLOUTS, [list(finished), OPEN])
        DeliveryEvent.objects.bulk_create(
            DeliveryEvent(
                delivery_id=move.snapshot.delivery_id,
                from_state=move.snapshot.state,
                to_state=move.state,
                reason=move.reason,
                detail=move.detail,
            )
            for move in moves
            if move.snapshot.delivery_id in moved and _worth_telling(move)
        )
    return moved


def _worth_telling(move: Move) -> bool:
    """A look that changed neither state nor reason leaves no row: the timeline tells transitions, not glances."""
    return move.state != move.snapshot.state or move.reason != move.snapshot.reason


def _columns(moves: Sequence[Move]) -> list[list[Any]]:
    return [
        [move.snapshot.delivery_id for move in moves],
        [move.snapshot.fencing for move in moves],
        [str(move.snapshot.state) for move in moves],
        [str(move.state) for move in moves],
        [move.reason for move in moves],
        [json.dumps(move.detail) for move in moves],
        [move.due_at for move in moves],
        [move.deadline_at for move in moves],
        [move.next_attempt_at for move in moves],
        [int(move.failed) for move in moves],
    ]


def _tell_chargers(cursor: Any, moves: Sequence[Move]) -> None:
    concerned = [move for move in moves if move.state in POSITIVE_STATES or move.secret_delivered]
    if concerned:
        cursor.execute(
            APPLY,
            [
                [move.snapshot.delivery_id for move in concerned],
                [move.state in POSITIVE_STATES for move in concerned],
                [move.secret_delivered for move in concerned],
            ],
        )
    sent = [move for move in moves if move.state is DeliveryState.PUSHING and move.snapshot.target.leaves]
    urls = [(move.snapshot.charger_id, move.snapshot.target.url_value) for move in sent]
    if urls:
        cursor.execute(TELL, [[pk for pk, _url in urls], [url for _pk, url in urls]])
