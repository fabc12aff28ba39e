"""Who of those that could be written to now may be: places in the wave and turns at the pace, across all workers."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from chargers.models import Delivery, PaceBucket, Rollout
from chargers.rollout.actions import Stay
from chargers.rollout.pacing import take_turns
from chargers.rollout.policy import Policy
from chargers.rollout.snapshot import Snapshot
from chargers.rollout.states import DeliveryState, WaitReason
from chargers.rollout.waves import Tally, places_left

TALLY = """
SELECT d.rollout_id,
    count(*) FILTER (WHERE d.state NOT IN ('unsupported', 'superseded', 'cancelled')),
    count(*) FILTER (WHERE d.wave IS NOT NULL),
    count(*) FILTER (WHERE d.wave IS NOT NULL AND d.state IN ('waiting', 'pushing', 'verifying', 'unknown')),
    count(*) FILTER (WHERE d.pushed_at > coalesce(r.watched_from, '-infinity')
                     AND d.state NOT IN ('waiting', 'superseded', 'cancelled')),
    count(*) FILTER (WHERE d.pushed_at > coalesce(r.watched_from, '-infinity')
                     AND (d.state IN ('rejected', 'failed') OR d.reason = 'drift'))
FROM chargers_delivery d JOIN chargers_rollout r ON r.id = d.rollout_id
WHERE d.rollout_id = ANY(%s) GROUP BY d.rollout_id
"""
NOBODY = Tally(0, 0, 0, 0, 0)
WHOLE_PORTAL = "all"


def tallies(rollout_ids: Iterable[int]) -> dict[int, Tally]:
    """One query, whatever the number of rollouts and deliveries."""
    with connection.cursor() as cursor:
        cursor.execute(TALLY, [list(rollout_ids)])
        return {row[0]: Tally(*row[1:]) for row in cursor.fetchall()}


def admit(ready: Sequence[Snapshot], now: datetime) -> dict[int, Stay]:
    """What those have to wait for that may not be written to now, by delivery id; the others may."""
    new = [snapshot for snapshot in ready if snapshot.state is DeliveryState.WAITING]
    waved = [snapshot for snapshot in new if _needs_place(snapshot)]
    waits: dict[int, Stay] = {}
    if waved:
        with transaction.atomic():
            waits = _places(waved)
    paced = [snapshot for snapshot in new if snapshot.delivery_id not in waits and _needs_turn(snapshot, now)]
    if paced:
        with transaction.atomic():
            waits |= _turns(paced, now)
    return waits


def _needs_place(snapshot: Snapshot) -> bool:
    return snapshot.wave is None and snapshot.rollout.wave < len(snapshot.rollout.policy.waves)


def _places(waved: Sequence[Snapshot]) -> dict[int, Stay]:
    """Places in the wave under way, drawn by lot; its rollout stays locked until they are taken."""
    asking: dict[int, list[Snapshot]] = defaultdict(list)
    for snapshot in waved:
        asking[snapshot.rollout.rollout_id].append(snapshot)
    rollouts = list(Rollout.objects.select_for_update(no_key=True).filter(pk__in=asking).order_by("pk"))
    counted = tallies(asking)
    admitted: dict[int, list[int]] = defaultdict(list)
    for rollout in rollouts:
        waves = Policy.of(rollout.policy).waves
        places = places_left(waves, rollout.wave, counted.get(rollout.pk, NOBODY))
        ids = [snapshot.delivery_id for snapshot in asking[rollout.pk]]
        random.shuffle(ids)
        admitted[rollout.wave] += ids if places is None else ids[:places]
    for wave, ids in admitted.items():
        Delivery.objects.filter(pk__in=ids, wave=None).update(wave=wave)
    inside = {pk for ids in admitted.values() for pk in ids}
    return {
        snapshot.delivery_id: Stay(DeliveryState.WAITING, WaitReason.WAVE)
        for snapshot in waved
        if snapshot.delivery_id not in inside
    }


def _needs_turn(snapshot: Snapshot, now: datetime) -> bool:
    """Whoever waited for its turn has it now."""
    has_turn = snapshot.reason == WaitReason.PACE and snapshot.next_attempt_at is not None
    limited = snapshot.rollout.policy.per_minute is not None or settings.ROLLOUT_PACE_PER_MINUTE is not None
    return limited and not has_turn


def _turns(paced: Sequence[Snapshot], now: datetime) -> dict[int, Stay]:
    """Each gets the later of its turns at the installation's and at the portal's pace."""
    turns: dict[int, datetime] = {}
    asking: dict[int, list[Snapshot]] = defaultdict(list)
    for snapshot in paced:
        if snapshot.rollout.policy.per_minute is not None:
            asking[snapshot.rollout.installation_id].append(snapshot)
    paces = {str(pk): (rows[0].rollout.policy.per_minute or 1, rows) for pk, rows in asking.items()}
    if settings.ROLLOUT_PACE_PER_MINUTE is not None:
        paces[WHOLE_PORTAL] = (settings.ROLLOUT_PACE_PER_MINUTE, list(paced))
    for name, free_at in _buckets(paces, now).items():
        pace, rows = paces[name]
        taken = take_turns(free_at, pace, len(rows), now)
        PaceBucket.objects.filter(pk=name).update(free_at=taken.free_at)
        for snapshot, at in zip(rows, taken.at, strict=True):
            turns[snapshot.delivery_id] = max(at, turns.get(snapshot.delivery_id, at))
    return {
        pk: Stay(DeliveryState.WAITING, WaitReason.PACE, due_at=at, next_attempt_at=at)
        for pk, at in turns.items()
        if at > now
    }


def _buckets(names: Mapping[str, object], now: datetime) -> dict[str, datetime]:
    """Locked in the order of their names, so that two workers never wait for each other."""
    PaceBucket.objects.bulk_create([PaceBucket(name=name, free_at=now) for name in names], ignore_conflicts=True)
    rows = PaceBucket.objects.select_for_update().filter(pk__in=list(names)).order_by("pk")
    return dict(rows.values_list("name", "free_at"))
