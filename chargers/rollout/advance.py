"""What only the whole rollout can tell: the next wave, the stop, the common start, the revoked author. Level-triggered.

Doubling or losing a call changes nothing but the delay: the sweep calls again.
"""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from accounts import audit
from chargers.models import Delivery, Rollout
from chargers.rollout.admission import NOBODY, tallies
from chargers.rollout.policy import Policy, Start
from chargers.rollout.record import Move
from chargers.rollout.states import FINAL_STATES, DeliveryState, PauseCause, RolloutState, WaitReason
from chargers.rollout.waves import Tally, Verdict, judge_wave, places_left

BOUND = 200


def concerned(moves: Iterable[Move]) -> set[int]:
    """Rollouts that one of these moves may bring a step on."""
    return {move.snapshot.rollout.rollout_id for move in moves if _matters(move)}


def _matters(move: Move) -> bool:
    rollout = move.snapshot.rollout
    if rollout.held_together:
        return True
    if not rollout.policy.waves:
        return False
    if move.state is DeliveryState.WAITING and move.reason == WaitReason.WAVE:
        # The wave may have ended between the look at its places and this record: nobody else rings for it then.
        return True
    if rollout.wave >= len(rollout.policy.waves):
        return move.state in {DeliveryState.REJECTED, DeliveryState.FAILED} or move.lost
    had_a_place = move.snapshot.wave is not None or move.snapshot.state is DeliveryState.PUSHING
    return move.state in FINAL_STATES or (move.gives_way and had_a_place)


def advance(rollout_ids: Collection[int]) -> int:
    """Bring each rollout one step on; how many deliveries were rung."""
    if not rollout_ids:
        return 0
    rung = 0
    with transaction.atomic():
        rows = Rollout.objects.select_for_update(no_key=True).filter(
            pk__in=rollout_ids, paused_at__isnull=True, opened_at__isnull=False, state=RolloutState.RUNNING
        )
        rollouts = list(rows.order_by("pk"))
        counted = tallies([rollout.pk for rollout in rollouts])
        for rollout in rollouts:
            rung += _advance(rollout, counted.get(rollout.pk, NOBODY))
    return rung


def advance_all() -> int:
    """For the sweep: whatever a killed worker left undone. Bounded."""
    in_waves = ~Q(policy__waves=[]) & Q(policy__has_key="waves")
    together = Q(policy__start=Start.TOGETHER, released_at__isnull=True)
    rows = Rollout.objects.filter(in_waves | together, state=RolloutState.RUNNING, paused_at__isnull=True)
    return advance(list(rows.order_by("?").values_list("pk", flat=True)[:BOUND]))


def _advance(rollout: Rollout, tally: Tally) -> int:
    policy = Policy.of(rollout.policy)
    rung = 0
    if policy.start is Start.TOGETHER and rollout.released_at is None:
        if not _all_ready(rollout):
            return 0
        rung += release(rollout)
    if not policy.waves:
        return rung
    match judge_wave(policy.waves, rollout.wave, tally):
        case Verdict.STOP:
            pause([rollout.pk], PauseCause.FAILURES, {"attempted": tally.attempted, "failed": tally.failed})
        case Verdict.NEXT_WAVE:
            rung += next_wave(rollout)
        case Verdict.GO:
            places = places_left(policy.waves, rollout.wave, tally)
            rung += _ring_waiting(rollout, WaitReason.WAVE, most=places)
    return rung


def next_wave(rollout: Rollout) -> int:
    """Its deliveries are rung; they take their places as they are found ready."""
    Rollout.objects.filter(pk=rollout.pk).update(wave=F("wave") + 1)
    return _ring_waiting(rollout, WaitReason.WAVE)


def release(rollout: Rollout) -> int:
    Rollout.objects.filter(pk=rollout.pk, released_at__isnull=True).update(released_at=Now())
    return _ring_waiting(rollout, WaitReason.TOGETHER)


def pause(rollout_ids: Collection[int], cause: PauseCause, facts: dict[str, int] | None = None) -> None:
    """By the portal itself, in the audit trail. Those paused already stay as they are."""
    running = Rollout.objects.select_for_update(no_key=True).filter(pk__in=rollout_ids, paused_at__isnull=True)
    with transaction.atomic():
        for rollout in running.order_by("pk"):
            Rollout.objects.filter(pk=rollout.pk).update(paused_at=Now(), pause_cause=cause)
            after = {"cause": str(cause), **(facts or {})}
            audit.record(None, "rollout_paused", rollout, installation_id=rollout.installation_id, after=after)


def _all_ready(rollout: Rollout) -> bool:
    """Every delivery that is still to be sent was online and idle when it was last looked at."""
    open_ones = Delivery.objects.filter(rollout=OuterRef("pk"), state=DeliveryState.WAITING)
    ready = Q(reason=WaitReason.TOGETHER)
    return Rollout.objects.filter(
        Exists(open_ones.filter(ready)), ~Exists(open_ones.filter(~ready)), pk=rollout.pk
    ).exists()


def _ring_waiting(rollout: Rollout, reason: WaitReason, *, most: int | None = None) -> int:
    rows = Delivery.objects.filter(rollout=rollout, state=DeliveryState.WAITING, reason=reason)
    if most is not None:
        rows = Delivery.objects.filter(pk__in=list(rows.order_by("?").values_list("pk", flat=True)[:most]))
    return rows.update(due_at=Now())
