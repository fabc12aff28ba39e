"""The rollouts behind a batch of deliveries, as the plan sees them."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef

from chargers.models import Delivery, DeliveryEvent, Rollout
from chargers.rollout.authors import revoked_rollouts
from chargers.rollout.policy import Policy, Start
from chargers.rollout.snapshot import RolloutView
from chargers.rollout.states import OPEN_STATES, POSITIVE_STATES, DeliveryState, RolloutState, WaitReason
from chargers.rollout.window import opens_at

CORRECTIONS_COUNT_FOR = timedelta(days=1)


def rollout_views(deliveries: Collection[Delivery], now: datetime) -> dict[int, RolloutView]:
    """By rollout id, for deliveries loaded with ``rollout__created_by`` and ``charger__installation``; two queries."""
    rollouts = {delivery.rollout_id: delivery.rollout for delivery in deliveries}
    zones = {delivery.rollout_id: delivery.charger.installation.time_zone for delivery in deliveries}
    revoked = revoked_rollouts(deliveries, now)
    landed = {delivery.rollout_id for delivery in deliveries if delivery.state in POSITIVE_STATES}
    under_way = _under_way(landed)
    return {
        pk: _view(rollout, zones[pk], pk in revoked, pk in under_way or pk not in landed, now)
        for pk, rollout in rollouts.items()
    }


def _view(rollout: Rollout, zone: str, revoked: bool, under_way: bool, now: datetime) -> RolloutView:
    policy = Policy.of(rollout.policy)
    return RolloutView(
        rollout_id=rollout.pk,
        installation_id=rollout.installation_id,
        policy=policy,
        wave=rollout.wave,
        under_way=under_way,
        cancelled=rollout.state == RolloutState.CANCELLED,
        paused=rollout.paused_at is not None,
        pause_cause=rollout.pause_cause,
        revoked=revoked,
        held_together=policy.start is Start.TOGETHER and rollout.released_at is None,
        opens_at=opens_at(policy.windows, zone, now),
    )


def _under_way(rollout_ids: Collection[int]) -> set[int]:
    """Those with an open delivery. Only asked for deliveries that have landed already."""
    if not rollout_ids:
        return set()
    open_ones = Delivery.objects.filter(rollout=OuterRef("pk"), state__in=sorted(OPEN_STATES))
    return set(Rollout.objects.filter(Exists(open_ones), pk__in=rollout_ids).values_list("pk", flat=True))


def corrections(deliveries: Iterable[Delivery], now: datetime) -> dict[int, int]:
    """How often drift was corrected lately, by charger id; one query, and none while nothing has landed."""
    chargers = [delivery.charger_id for delivery in deliveries if delivery.state in POSITIVE_STATES]
    if not chargers:
        return {}
    rows = (
        DeliveryEvent.objects.filter(
            delivery__charger__in=chargers,
            to_state=DeliveryState.WAITING,
            reason=WaitReason.DRIFT,
            at__gt=now - CORRECTIONS_COUNT_FOR,
        )
        .order_by()
        .values_list("delivery__charger_id")
        .annotate(Count("pk"))
    )
    return dict(rows)
