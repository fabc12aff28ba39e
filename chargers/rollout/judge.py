"""What an outcome means for the delivery it belongs to. Pure."""

from datetime import datetime, timedelta
from typing import Any

from chargers.links.base import PushOutcome, PushResult
from chargers.rollout.actions import MOMENT, Action, Draw, Finish, Stay, attempt_failed
from chargers.rollout.drift import judge_again
from chargers.rollout.snapshot import Snapshot
from chargers.rollout.states import POSITIVE_STATES, DeliveryState, WaitReason
from chargers.settings_diff import differences

S = DeliveryState
VERIFY_TIME = timedelta(minutes=15)
# How soon a charger that was not to be had after all is looked at again.
AGAIN = timedelta(seconds=2)
# How soon a charger that holds its setting is asked again when it did not answer.
LATER = timedelta(minutes=5)


def judge(snapshot: Snapshot, outcome: PushOutcome, now: datetime, draw: Draw) -> Action:
    """What an outcome means for the delivery it belongs to."""
    detail = _outcome_detail(outcome)
    if snapshot.state is not S.PUSHING and outcome.result is not PushResult.READ:
        return _unread(snapshot, now)
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
            return attempt_failed(snapshot, S.UNKNOWN, "no_answer", now, draw, detail)
        case PushResult.BUSY:
            return Stay(S.WAITING, WaitReason.BUSY, detail={"busy": outcome.detail})
        case PushResult.OFFLINE | PushResult.STALE:
            return Stay(S.WAITING, WaitReason.OFFLINE, due_at=now + AGAIN)


def _unread(snapshot: Snapshot, now: datetime) -> Action:
    """A reading that could not be made now: nothing was sent, so nothing changed. Deadlines go on."""
    soon = LATER if snapshot.state in POSITIVE_STATES else AGAIN
    return Stay(
        snapshot.state, snapshot.reason, now + soon, snapshot.deadline_at, snapshot.next_attempt_at
    )  # fmt: skip


def _done(snapshot: Snapshot, outcome: PushOutcome, now: datetime, detail: dict[str, Any]) -> Action:
    if outcome.reset_status == "Rejected":
        return Finish(S.REJECTED, "reset_rejected", detail)
    if outcome.reset_status or snapshot.target.leaves:
        reason = "leaving" if snapshot.target.leaves else "reboot"
        return Stay(S.VERIFYING, reason, now + timedelta(seconds=5), now + VERIFY_TIME, detail=detail)
    reason = "observed" if snapshot.target.writes else "nothing_to_write"
    return Finish(S.APPLIED, reason, detail, secret_delivered=True)


def _judge_reading(snapshot: Snapshot, outcome: PushOutcome, now: datetime) -> Action:
    if snapshot.state in POSITIVE_STATES:
        return judge_again(snapshot, outcome, now)
    if snapshot.state is S.WAITING:
        if snapshot.target.must_read_first and not any(outcome.observed.values()):
            return Finish(S.UNSUPPORTED, "unreadable", _outcome_detail(outcome))
        return Stay(S.WAITING, due_at=now + MOMENT)
    wrong = differences(snapshot.target.expected, outcome.observed)
    if wrong:
        return Finish(S.REJECTED, "not_kept", {"differs": {key: list(pair) for key, pair in wrong.items()}})
    return Finish(S.APPLIED, "observed", {"observed": dict(outcome.observed)}, secret_delivered=True)


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
