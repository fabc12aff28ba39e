"""The pure heart of the engine: a snapshot and the time in, one action out. No clock, no ORM, no I/O."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chargers.links.base import PushOrder, PushOutcome, PushResult
from chargers.rollout.retry import MOST_ATTEMPTS, next_delay
from chargers.rollout.snapshot import Snapshot
from chargers.rollout.states import DeliveryState, WaitReason
from chargers.settings_diff import differences

S = DeliveryState
VERIFY_TIME = timedelta(minutes=15)


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


def plan(snapshot: Snapshot, now: datetime, draw: Draw) -> Action:
    """What to do next with one claimed delivery. ``draw`` yields numbers from 0 to 1 for the jitter."""
    if snapshot.state is S.PUSHING:
        return _after_lost_push(snapshot, now, draw)
    if snapshot.cancelled:
        return Finish(S.CANCELLED)
    if snapshot.superseded:
        return Finish(S.SUPERSEDED)
    if snapshot.state is S.VERIFYING:
        return _verify(snapshot, now)
    if snapshot.state is S.UNKNOWN:
        return _unknown(snapshot, now)
    return _waiting(snapshot, now)


def _waiting(snapshot: Snapshot, now: datetime) -> Action:
    target, link = snapshot.target, snapshot.link
    if snapshot.identified and target.unsupported is not None:
        return Finish(S.UNSUPPORTED, target.unsupported.code, {"explanation": str(target.unsupported.detail)})
    if not link.online:
        return Stay(S.WAITING, WaitReason.OFFLINE)
    if snapshot.next_attempt_at is not None and snapshot.next_attempt_at > now:
        return Stay(
            S.WAITING, WaitReason.BACKOFF, due_at=snapshot.next_attempt_at, next_attempt_at=snapshot.next_attempt_at
        )
    if target.must_read_first:
        return ReadBack(_order(snapshot, read_only=True))
    if not target.writes:
        return Finish(S.APPLIED, "nothing_to_write")
    if link.busy is not None:
        return Stay(S.WAITING, WaitReason.BUSY, detail={"busy": str(link.busy)})
    return Push(_order(snapshot))


def _unknown(snapshot: Snapshot, now: datetime) -> Action:
    """A call went out and its answer was lost. The next push reads first and writes only what did not arrive."""
    link, push = snapshot.link, snapshot.push
    if not link.online:
        if push is not None and snapshot.target.leaves and push.reset_begun and _away(snapshot, now):
            return Finish(S.HANDED_OVER, "left", secret_delivered=True)
        return Stay(S.UNKNOWN, WaitReason.OFFLINE, due_at=_look_again(snapshot, now))
    if snapshot.next_attempt_at is not None and snapshot.next_attempt_at > now:
        return Stay(
            S.UNKNOWN, WaitReason.BACKOFF, due_at=snapshot.next_attempt_at, next_attempt_at=snapshot.next_attempt_at
        )
    if link.busy is not None:
        return Stay(S.UNKNOWN, WaitReason.BUSY, detail={"busy": str(link.busy)})
    order = _order(snapshot)
    if push is not None:
        proven = _proven_by_login(snapshot)
        writes = tuple(write for write in order.writes if write.key not in proven)
        rebooted = link.boot_number > push.boot_number
        order = replace(order, writes=writes, force_reset=snapshot.target.reset and not rebooted)
    return Push(order)


def _proven_by_login(snapshot: Snapshot) -> frozenset[str]:
    """Secret keys that a later login, or the stored answer, proves to be at the charger already."""
    push, link = snapshot.push, snapshot.link
    assert push is not None
    secret_keys = {write.key for write in snapshot.target.writes if write.secret_id is not None}
    logged_in = link.connected_at is not None and link.connected_at > push.begun_at
    by_login = {
        write.key
        for write in snapshot.target.writes
        if write.candidate_login and logged_in and link.authenticated_with == "candidate"
    }
    return frozenset(by_login | (secret_keys & push.written))


def _verify(snapshot: Snapshot, now: datetime) -> Action:
    push, link = snapshot.push, snapshot.link
    assert push is not None
    deadline = snapshot.deadline_at or now
    if snapshot.target.leaves:
        if _returned(snapshot):
            return Finish(S.FAILED, "came_back", {"came_back": True})
        if _away(snapshot, now):
            return Finish(S.HANDED_OVER, "left", secret_delivered=True)
    elif link.online and link.boot_number > push.boot_number:
        return ReadBack(_order(snapshot, read_only=True))
    if now >= deadline:
        return Finish(S.FAILED, "did_not_leave" if snapshot.target.leaves else "no_reboot")
    return Stay(S.VERIFYING, "leaving" if snapshot.target.leaves else "reboot", _look_again(snapshot, now), deadline)


def _away(snapshot: Snapshot, now: datetime) -> bool:
    """Gone from us since the push for as long as its profile asks."""
    link, push = snapshot.link, snapshot.push
    assert push is not None
    if link.online or link.disconnected_at is None or link.disconnected_at < push.begun_at:
        return False
    return now >= link.disconnected_at + timedelta(seconds=snapshot.leave_seconds)


def _returned(snapshot: Snapshot) -> bool:
    link, push = snapshot.link, snapshot.push
    assert push is not None
    return link.online and link.epoch != push.epoch and link.boot_number > push.boot_number


def _look_again(snapshot: Snapshot, now: datetime) -> datetime | None:
    """When time alone may decide: a charger that left becomes "handed over"; else the deadline."""
    link = snapshot.link
    if snapshot.target.leaves and not link.online and link.disconnected_at is not None:
        return max(now + timedelta(seconds=1), link.disconnected_at + timedelta(seconds=snapshot.leave_seconds))
    return snapshot.deadline_at


def _order(snapshot: Snapshot, *, read_only: bool = False) -> PushOrder:
    target, link = snapshot.target, snapshot.link
    return PushOrder(
        delivery_id=snapshot.delivery_id,
        fencing=snapshot.fencing,
        charger_id=snapshot.charger_id,
        device_id=snapshot.device_id,
        node=link.node,
        epoch=link.epoch,
        writes=() if read_only else target.writes,
        read_keys=target.read_keys,
        read_only=read_only,
        fence=target.fence,
        reset=target.reset and not read_only,
        reopen=target.reopen,
    )


def _after_lost_push(snapshot: Snapshot, now: datetime, draw: Draw) -> Action:
    """The lease of a push is over and nobody recorded its outcome: the gateway's own record decides."""
    push = snapshot.push
    begun = push is not None and (snapshot.pushed_at is None or push.begun_at >= snapshot.pushed_at)
    if push is None or not begun:
        return Stay(S.WAITING, due_at=now)
    if push.outcome is None:
        return Stay(S.UNKNOWN, due_at=now)
    return judge(snapshot, push.outcome, now, draw)


def judge(snapshot: Snapshot, outcome: PushOutcome, now: datetime, draw: Draw) -> Action:
    """What an outcome means for the delivery it belongs to."""
    detail = _outcome_detail(outcome)
    match outcome.result:
        case PushResult.DONE:
            return _done(snapshot, outcome, now, detail)
        case PushResult.READ:
            return _judge_reading(snapshot, outcome, now)
        case PushResult.MISMATCH:
            return Finish(S.REJECTED, "not_kept", detail)
        case PushResult.REJECTED | PushResult.NOT_SUPPORTED:
            return Finish(S.REJECTED, str(outcome.result), detail)
        case PushResult.NO_ANSWER:
            return _failed_attempt(snapshot, S.UNKNOWN, "no_answer", now, draw)
        case PushResult.BUSY:
            return Stay(S.WAITING, WaitReason.BUSY, detail={"busy": outcome.detail})
        case PushResult.OFFLINE | PushResult.STALE:
            return Stay(S.WAITING, WaitReason.OFFLINE, due_at=now + timedelta(seconds=2))


def _done(snapshot: Snapshot, outcome: PushOutcome, now: datetime, detail: dict[str, Any]) -> Action:
    if outcome.reset_status == "Rejected":
        return Finish(S.REJECTED, "reset_rejected", detail)
    if outcome.reset_status or snapshot.target.leaves:
        reason = "leaving" if snapshot.target.leaves else "reboot"
        return Stay(S.VERIFYING, reason, now + timedelta(seconds=5), now + VERIFY_TIME, detail=detail)
    return Finish(S.APPLIED, "observed", detail, secret_delivered=True)


def _judge_reading(snapshot: Snapshot, outcome: PushOutcome, now: datetime) -> Action:
    if snapshot.state is S.WAITING:
        if snapshot.target.must_read_first and not any(outcome.observed.values()):
            return Finish(S.UNSUPPORTED, "unreadable", _outcome_detail(outcome))
        return Stay(S.WAITING, due_at=now)
    wrong = differences(snapshot.target.expected, outcome.observed)
    if wrong:
        return Finish(S.REJECTED, "not_kept", {"differs": {key: list(pair) for key, pair in wrong.items()}})
    return Finish(S.APPLIED, "observed", {"observed": dict(outcome.observed)}, secret_delivered=True)


def _failed_attempt(snapshot: Snapshot, state: DeliveryState, reason: str, now: datetime, draw: Draw) -> Action:
    delay = next_delay(snapshot.attempts + 1, draw)
    if delay is None:
        return Finish(S.FAILED, reason, {"attempts": MOST_ATTEMPTS})
    return Stay(state, reason, due_at=now + delay, next_attempt_at=now + delay, failed_attempt=True)


def _outcome_detail(outcome: PushOutcome) -> dict[str, Any]:
    """What the timeline tells; values of readable keys only, never a secret."""
    full = {
        "writes": [[write.key, write.status] for write in outcome.writes],
        "failed_key": outcome.failed_key,
        "restored": list(outcome.restored),
        "kept": list(outcome.kept),
        "reset": outcome.reset_status,
        "detail": outcome.detail,
    }
    return {key: value for key, value in full.items() if value}
