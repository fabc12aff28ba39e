"""Writes what was decided: one conditional update for a whole batch, a row per transition, nothing for stale claims."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts import audit
from chargers.links.base import PushOutcome
from chargers.models import Charger, DeliveryEvent
from chargers.rollout.due import LEASE_SECONDS
from chargers.rollout.plan import Action, Finish, Push, Stay
from chargers.rollout.snapshot import Snapshot
from chargers.rollout.states import OPEN_STATES, POSITIVE_STATES, DeliveryState, WaitReason, check_transition

# A ring that came while the lease was held made ``due_at`` earlier than ``lease_until``: it must not be forgotten.
MOVE = """
WITH wanted AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::jsonb[],
                         %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::int[], %s::boolean[],
                         %s::boolean[])
    AS t(id, fencing, from_state, to_state, reason, detail, due_at, deadline_at, next_attempt_at, failed, gives_way,
         anew)
)
UPDATE chargers_delivery d SET
    state = t.to_state, reason = t.reason, detail = t.detail,
    attempts = CASE WHEN t.anew THEN 0 ELSE d.attempts + t.failed END,
    deadline_at = t.deadline_at, next_attempt_at = t.next_attempt_at,
    wave = CASE WHEN t.gives_way THEN NULL ELSE d.wave END,
    lease_until = CASE WHEN t.to_state = 'pushing' THEN now() + make_interval(secs => %s) END,
    pushed_at = CASE WHEN t.to_state = 'pushing' THEN now() WHEN t.anew THEN NULL ELSE d.pushed_at END,
    finished_at = CASE WHEN t.to_state = ANY(%s) THEN NULL WHEN t.to_state = t.from_state THEN d.finished_at
                       ELSE now() END,
    due_at = CASE WHEN t.to_state = 'pushing' THEN now() + make_interval(secs => %s)
                  WHEN NOT t.to_state = ANY(%s) THEN t.due_at
                  WHEN d.due_at < d.lease_until THEN d.due_at
                  ELSE t.due_at END
FROM wanted t
WHERE d.id = t.id AND d.fencing = t.fencing AND d.state = t.from_state
  AND NOT (t.anew AND EXISTS (SELECT 1 FROM chargers_delivery o
                              WHERE o.charger_id = d.charger_id AND o.state = ANY(%s)))
RETURNING d.id, d.rollout_id
"""

APPLY = """
WITH done AS (
    SELECT * FROM unnest(%s::bigint[], %s::boolean[], %s::boolean[], %s::boolean[])
    AS t(delivery_id, positive, secret, lost)
)
UPDATE chargers_charger c SET directory_at = now(),
    applied_revision_id = CASE WHEN t.positive THEN d.revision_id WHEN t.lost THEN NULL
                               ELSE c.applied_revision_id END,
    applied_at = CASE WHEN t.positive THEN now() WHEN t.lost THEN NULL ELSE c.applied_at END,
    told_url = CASE WHEN t.positive AND r.mode <> 'ocpp_direct' THEN '' ELSE c.told_url END,
    delivered_secret_id = CASE WHEN r.mode <> 'ocpp_direct' AND t.positive THEN NULL
                               WHEN t.secret THEN r.secret_id ELSE c.delivered_secret_id END
FROM done t
JOIN chargers_delivery d ON d.id = t.delivery_id
JOIN installations_authenticationrevision r ON r.id = d.revision_id
WHERE c.id = d.charger_id
"""

# A backend that a charger has left for another mode limits it no more.
LEAVE_LIMITS = """
UPDATE chargers_backendprofile p SET closed_at = now()
FROM chargers_delivery d JOIN installations_authenticationrevision r ON r.id = d.revision_id
WHERE d.id = ANY(%s) AND r.mode <> 'ocpp_cloud' AND p.charger_id = d.charger_id AND p.closed_at IS NULL
"""

FINISH_ROLLOUTS = """
UPDATE chargers_rollout r SET state = 'finished', finished_at = now()
WHERE r.id = ANY(%s) AND r.state = 'running' AND r.opened_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM chargers_delivery d WHERE d.rollout_id = r.id AND d.state = ANY(%s))
"""

REOPEN_ROLLOUTS = """
UPDATE chargers_rollout SET state = 'running', finished_at = NULL WHERE id = ANY(%s) AND state = 'finished'
"""

TELL = """
UPDATE chargers_charger c SET told_url = t.url
FROM unnest(%s::bigint[], %s::text[]) AS t(id, url) WHERE c.id = t.id
"""

OPEN = sorted(OPEN_STATES)
KEEPS_ITS_PLACE = {WaitReason.PACE, WaitReason.BACKOFF, "fault", ""}


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

    @property
    def lost(self) -> bool:
        """The charger was seen to hold something else than it was given."""
        return self.reason == WaitReason.DRIFT or (
            self.state is DeliveryState.FAILED and self.snapshot.state in POSITIVE_STATES
        )

    @property
    def positive(self) -> bool:
        """Seen to hold the setting now; a look at one that held it before changes nothing."""
        known = self.snapshot.state in POSITIVE_STATES and self.snapshot.reason != WaitReason.DRIFT
        return self.state in POSITIVE_STATES and not self.lost and not known

    @property
    def anew(self) -> bool:
        """What an earlier push did says nothing about the next one."""
        return self.snapshot.state in POSITIVE_STATES and self.state is DeliveryState.WAITING

    @property
    def gives_way(self) -> bool:
        """It could not use its place in the wave: another charger may."""
        return self.state is DeliveryState.WAITING and self.reason not in KEEPS_ITS_PLACE

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
            cursor.execute(MOVE, [*_columns(moves), LEASE_SECONDS, OPEN, LEASE_SECONDS, OPEN, OPEN])
            rows = cursor.fetchall()
            moved = {row[0] for row in rows}
            _tell_chargers(cursor, [move for move in moves if move.snapshot.delivery_id in moved])
            finished = {row[1] for row in rows}
            if any(move.state not in OPEN_STATES for move in moves):
                cursor.execute(FINISH_ROLLOUTS, [list(finished), OPEN])
            if any(move.anew for move in moves):
                cursor.execute(REOPEN_ROLLOUTS, [list(finished)])
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
        for move in moves:
            if move.lost and move.snapshot.delivery_id in moved and _worth_telling(move):
                _audit_drift(move)
    return moved


def _audit_drift(move: Move) -> None:
    charger = Charger.objects.get(pk=move.snapshot.charger_id)
    after = {"state": str(move.state), **move.detail}
    audit.record(None, "drift_found", charger, installation_id=charger.installation_id, after=after)


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
        [move.gives_way for move in moves],
        [move.anew for move in moves],
    ]


def _tell_chargers(cursor: Any, moves: Sequence[Move]) -> None:
    concerned = [move for move in moves if move.positive or move.secret_delivered or move.lost]
    if concerned:
        cursor.execute(
            APPLY,
            [
                [move.snapshot.delivery_id for move in concerned],
                [move.positive for move in concerned],
                [move.secret_delivered for move in concerned],
                [move.lost for move in concerned],
            ],
        )
    if landed := [move.snapshot.delivery_id for move in moves if move.positive]:
        cursor.execute(LEAVE_LIMITS, [landed])
    sent = [move for move in moves if move.state is DeliveryState.PUSHING and move.snapshot.target.leaves]
    urls = [(move.snapshot.charger_id, move.snapshot.target.url_value) for move in sent]
    if urls:
        cursor.execute(TELL, [[pk for pk, _url in urls], [url for _pk, url in urls]])
