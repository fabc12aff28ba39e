"""A charger that lost what it was given: brought again, or only told. Pure."""

from collections.abc import Mapping
from datetime import datetime

from chargers.links.base import PushOutcome
from chargers.rollout.actions import Stay
from chargers.rollout.snapshot import Snapshot
from chargers.rollout.states import DeliveryState, WaitReason
from chargers.settings_diff import differences

# Per charger and day; a charger that drifts more often needs a person.
MOST_CORRECTIONS = 3


def drifted(snapshot: Snapshot, differs: Mapping[str, tuple[str, str | None]], now: datetime) -> Stay:
    """``differs``: key to (wanted, observed); empty: a charger that was handed over came back."""
    detail = {"differs": {key: list(pair) for key, pair in differs.items()}} if differs else {"came_back": True}
    again = snapshot.corrects_drift and snapshot.corrections < MOST_CORRECTIONS and not snapshot.rollout.cancelled
    if again:
        return Stay(DeliveryState.WAITING, WaitReason.DRIFT, due_at=now, detail=detail)
    cause = "often" if snapshot.corrections >= MOST_CORRECTIONS else "policy"
    return Stay(snapshot.state, WaitReason.DRIFT, detail={**detail, "only_reported": cause})


def judge_again(snapshot: Snapshot, outcome: PushOutcome, now: datetime) -> Stay:
    """What a reading of a charger that holds its setting already tells. Keys it does not know tell nothing."""
    expected = {key: value for key, value in snapshot.target.expected.items() if key not in outcome.unknown_keys}
    if differs := differences(expected, outcome.observed):
        return drifted(snapshot, differs, now)
    reason = "observed" if snapshot.reason == WaitReason.DRIFT else snapshot.reason
    return Stay(snapshot.state, reason, detail={"observed": dict(outcome.observed)})


def came_back(snapshot: Snapshot) -> bool:
    """Connected to us after it was seen to have left."""
    connected, left = snapshot.link.connected_at, snapshot.finished_at
    return connected is not None and left is not None and connected > left
