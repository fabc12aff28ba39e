"""The pure heart of the engine: a snapshot and the time in, one action out. No clock, no ORM, no I/O."""

from dataclasses import replace
from datetime import datetime, timedelta

from chargers.links.base import PushOrder, PushResult
from chargers.rollout.actions import MOMENT, Action, Draw, Finish, Push, ReadBack, Stay, attempt_failed
from chargers.rollout.drift import came_back, drifted
from chargers.rollout.judge import judge
from chargers.rollout.snapshot import PushView, Snapshot
from chargers.rollout.states import POSITIVE_STATES, DeliveryState, PauseCause, WaitReason

__all__ = ["Action", "Draw", "Finish", "Push", "ReadBack", "Stay", "judge", "plan"]

S = DeliveryState


def plan(snapshot: Snapshot, now: datetime, draw: Draw) -> Action:
    """What to do next with one claimed delivery. ``draw`` yields numbers from 0 to 1 for the jitter.

    A Push still has to be admitted: waves and pacing count over all deliveries of a rollout (``admission``).
    """
    if snapshot.state in POSITIVE_STATES:
        return _look_again_at(snapshot, now)
    if snapshot.broken:
        state = S.UNKNOWN if snapshot.state is S.PUSHING else snapshot.state
        return attempt_failed(snapshot, state, "fault", now, draw, {"fault": snapshot.broken})
    if snapshot.state is S.PUSHING:
        return _after_lost_push(snapshot, now, draw)
    if snapshot.superseded:
        return Finish(S.SUPERSEDED)
    if snapshot.state is S.VERIFYING:
        return _verify(snapshot, now)
    if snapshot.rollout.cancelled:
        return Finish(S.CANCELLED, "in_doubt" if snapshot.state is S.UNKNOWN else "")
    if snapshot.state is S.UNKNOWN:
        return _unknown(snapshot, now)
    return _waiting(snapshot, now)


def _waiting(snapshot: Snapshot, now: datetime) -> Action:
    target, link = snapshot.target, snapshot.link
    if snapshot.identified and target.unsupported is not None:
        return Finish(S.UNSUPPORTED, target.unsupported.code, {"explanation": str(target.unsupported.detail)})
    if not link.online:
        return Stay(S.WAITING, WaitReason.OFFLINE)
    if held := _held(snapshot, now):
        return held
    if target.must_read_first:
        return ReadBack(_order(snapshot, read_only=True))
    if not target.writes and not snapshot.switches:
        return Finish(S.APPLIED, "nothing_to_write")
    if link.busy is not None:
        return Stay(S.WAITING, WaitReason.BUSY, detail={"busy": str(link.busy)})
    if snapshot.rollout.held_together:
        return Stay(S.WAITING, WaitReason.TOGETHER)
    return Push(_push_order(snapshot))


def _held(snapshot: Snapshot, now: datetime) -> Stay | None:
    """What keeps a charger that could take the setting now from getting it."""
    rollout = snapshot.rollout
    if rollout.paused or rollout.revoked:
        cause = PauseCause.REVOKED if rollout.revoked else rollout.pause_cause
        return Stay(snapshot.state, WaitReason.PAUSED, detail={"cause": str(cause)})
    later = snapshot.next_attempt_at
    if later is not None and later > now:
        reason = WaitReason.PACE if snapshot.reason == WaitReason.PACE else WaitReason.BACKOFF
        return Stay(snapshot.state, reason, due_at=later, next_attempt_at=later)
    if rollout.opens_at is not None:
        opens = {"opens_at": rollout.opens_at.isoformat()}
        return Stay(snapshot.state, WaitReason.WINDOW, due_at=rollout.opens_at, detail=opens)
    return None


def _look_again_at(snapshot: Snapshot, now: datetime) -> Action:
    """The charger is back, or has booted: does it still hold what it was given? Reading disturbs nobody."""
    target, link = snapshot.target, snapshot.link
    as_it_was = Stay(snapshot.state, snapshot.reason)
    if snapshot.superseded or snapshot.broken or not link.online or target.unsupported is not None:
        return as_it_was
    if snapshot.state is S.HANDED_OVER:
        if not came_back(snapshot):
            return as_it_was
        if snapshot.rollout.under_way and not snapshot.rollout.cancelled:
            return Finish(S.FAILED, "came_back", {"came_back": True})
        return drifted(snapshot, {}, now)
    if not target.read_keys or target.must_read_first:
        return as_it_was
    return ReadBack(_order(snapshot, read_only=True))


def _unknown(snapshot: Snapshot, now: datetime) -> Action:
    """A call went out and its answer was lost. The next push reads first and writes only what did not arrive."""
    link, push = snapshot.link, snapshot.push
    if not link.online:
        if push is not None and snapshot.target.leaves and push.reset_begun and _away(snapshot, now):
            return Finish(S.HANDED_OVER, "left", secret_delivered=True)
        return Stay(S.UNKNOWN, WaitReason.OFFLINE, due_at=_gone_for_good(snapshot, now))
    if held := _held(snapshot, now):
        return held
    if link.busy is not None:
        return Stay(S.UNKNOWN, WaitReason.BUSY, detail={"busy": str(link.busy)})
    return Push(_push_order(snapshot))


def _push_order(snapshot: Snapshot) -> PushOrder:
    """Everything but what an earlier push of this delivery is known to have brought."""
    order, push = _order(snapshot), snapshot.push
    if push is None:
        return order
    proven = _proven(snapshot, push)
    rebooted = snapshot.link.boot_number > push.boot_number
    in_doubt = push.outcome is None or push.outcome.result is PushResult.NO_ANSWER
    return replace(
        order,
        writes=tuple(write for write in order.writes if write.key not in proven),
        force_reset=not rebooted and (order.force_reset or (order.reset and (in_doubt or bool(push.written)))),
    )


def _proven(snapshot: Snapshot, push: PushView) -> frozenset[str]:
    """Secret keys that a later login, or the stored answer, proves to be at the charger already."""
    link = snapshot.link
    secrets = [write for write in snapshot.target.writes if write.secret_id is not None]
    logged_in = link.connected_at is not None and link.connected_at > push.begun_at
    by_login = {
        write.key for write in secrets if write.candidate_login and logged_in and link.authenticated_with == "candidate"
    }
    return frozenset(by_login | ({write.key for write in secrets} & push.written))


def _verify(snapshot: Snapshot, now: datetime) -> Action:
    push, link = snapshot.push, snapshot.link
    deadline = snapshot.deadline_at or now
    if push is None:
        return Finish(S.FAILED, "no_reboot")
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


def _gone_for_good(snapshot: Snapshot, now: datetime) -> datetime | None:
    """When a charger in doubt that was told to reset has been away for long enough; None: only its return tells."""
    link, push = snapshot.link, snapshot.push
    if push is None or not push.reset_begun or not snapshot.target.leaves:
        return None
    if link.disconnected_at is None or link.disconnected_at < push.begun_at:
        return None
    return max(now + MOMENT, link.disconnected_at + timedelta(seconds=snapshot.leave_seconds))


def _returned(snapshot: Snapshot) -> bool:
    link, push = snapshot.link, snapshot.push
    assert push is not None
    return link.online and link.epoch != push.epoch and link.boot_number > push.boot_number


def _look_again(snapshot: Snapshot, now: datetime) -> datetime | None:
    """When time alone may decide: a charger that left becomes "handed over"; else the deadline."""
    gone = _gone_for_good(snapshot, now) if not snapshot.link.online else None
    return gone or snapshot.deadline_at


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
        force_reset=target.leaves and target.reset and not read_only,
        reopen=target.reopen,
        clear_charging_profiles=target.clear_charging_profiles and not read_only,
    )


def _after_lost_push(snapshot: Snapshot, now: datetime, draw: Draw) -> Action:
    """The lease of a push is over and nobody recorded its outcome: the gateway's own record decides."""
    push = snapshot.push
    begun = push is not None and (snapshot.pushed_at is None or push.begun_at >= snapshot.pushed_at)
    if push is None or not begun:
        return Stay(S.WAITING, due_at=now, next_attempt_at=snapshot.next_attempt_at)
    if push.outcome is None:
        # The gateway is gone, or the charger is slow: the first time nobody waits any longer than that took.
        again = attempt_failed(snapshot, S.UNKNOWN, "no_answer", now, draw)
        if isinstance(again, Stay) and not snapshot.attempts:
            return replace(again, due_at=now, next_attempt_at=None)
        return again
    return judge(snapshot, push.outcome, now, draw)
