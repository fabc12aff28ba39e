"""One batch of the engine: claim, gather, plan, act, record. It says whether more is due."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from chargers.links.base import Link, LinkUnavailable, PushOrder, PushOutcome
from chargers.links.registry import current_link
from chargers.rollout import advance as steps
from chargers.rollout.admission import admit
from chargers.rollout.due import BATCH, claim_due, database_now, more_is_due
from chargers.rollout.gather import gather
from chargers.rollout.plan import Push, ReadBack, Stay, judge, plan
from chargers.rollout.record import Move, record
from chargers.rollout.snapshot import Snapshot
from chargers.rollout.states import DeliveryState, PauseCause

log = structlog.get_logger(__name__)

# Shorter than the lease: whoever is late finds its answer in the gateway's own record.
COLLECT_SECONDS = 35.0
Draw = Callable[[], float]


def reconcile_batch(
    link: Link | None = None,
    *,
    limit: int = BATCH,
    draw: Draw = random.random,
    call_for_help: Callable[[], object] = lambda: None,
) -> bool:
    """Bring up to ``limit`` due deliveries one step further; True: call again, more is due.

    ``call_for_help`` is called at once when the batch is full, so that others work while this one waits for answers.
    """
    claimed = claim_due(limit)
    if not claimed:
        return False
    if len(claimed) == limit:
        call_for_help()
    now = database_now()
    planned = [(snapshot, plan(snapshot, now, draw)) for snapshot in gather(claimed, now)]
    _pause_revoked([snapshot for snapshot, _action in planned])
    waits = admit([snapshot for snapshot, action in planned if isinstance(action, Push)], now)
    moves: list[Move] = []
    orders: list[tuple[Snapshot, PushOrder]] = []
    for snapshot, action in planned:
        if isinstance(action, ReadBack):
            orders.append((snapshot, action.order))
        elif isinstance(action, Push) and snapshot.delivery_id not in waits:
            moves.append(Move.of(snapshot, action))
            orders.append((replace(snapshot, state=DeliveryState.PUSHING, reason=""), action.order))
        else:
            moves.append(Move.of(snapshot, waits.get(snapshot.delivery_id, action)))
    moved = _record(moves)
    reading = {snapshot.delivery_id for snapshot, order in orders if order.read_only}
    _carry_out([pair for pair in orders if pair[0].delivery_id in moved | reading], link or current_link(), draw)
    return more_is_due()


def _carry_out(orders: Sequence[tuple[Snapshot, PushOrder]], link: Link, draw: Draw) -> None:
    """Send all orders at once and record each answer as it comes; what stays unanswered is found by its lease."""
    if not orders:
        return
    waiting = {order.delivery_id: snapshot for snapshot, order in orders}
    try:
        for outcomes in link.push([order for _snapshot, order in orders], timeout_seconds=COLLECT_SECONDS):
            now = database_now()
            known = [(waiting.pop(outcome.delivery_id, None), outcome) for outcome in outcomes]
            moves = [
                _judged(snapshot, outcome, now, draw)
                for snapshot, outcome in known
                if snapshot is not None and outcome.fencing == snapshot.fencing
            ]
            _record([move for move in moves if move is not None])
    except LinkUnavailable:
        log.warning("no gateway can be reached", orders=len(orders))
        now = database_now()
        _record([_put_back(snapshot, now) for snapshot in waiting.values()])


def _record(moves: Sequence[Move]) -> set[int]:
    moved = record(moves)
    steps.advance(steps.concerned(moves))
    return moved


def _pause_revoked(snapshots: Sequence[Snapshot]) -> None:
    """Who answers for a rollout may not set the mode any more: it stops until somebody who may takes over."""
    rollouts = [snapshot.rollout for snapshot in snapshots]
    if revoked := {rollout.rollout_id for rollout in rollouts if rollout.revoked and not rollout.paused}:
        steps.pause(revoked, PauseCause.REVOKED)


def _judged(snapshot: Snapshot, outcome: PushOutcome, now: datetime, draw: Draw) -> Move | None:
    """None: a fault of ours, logged; the others of the batch go on, and the lease brings this one back."""
    try:
        return Move.of(snapshot, judge(snapshot, outcome, now, draw), outcome)
    except Exception:
        log.exception("an outcome could not be judged", delivery=snapshot.delivery_id, result=str(outcome.result))
        return None


def _before_push(snapshot: Snapshot) -> DeliveryState:
    return DeliveryState.WAITING if snapshot.state is DeliveryState.PUSHING else snapshot.state


def _put_back(snapshot: Snapshot, now: datetime) -> Move:
    """Nothing was sent at all: look again soon, without an attempt."""
    retry = Stay(
        _before_push(snapshot), snapshot.reason, due_at=now + timedelta(seconds=5),
        deadline_at=snapshot.deadline_at, next_attempt_at=snapshot.next_attempt_at,
    )  # fmt: skip
    return Move.of(snapshot, retry)
