"""Whether whoever started a rollout may still set the mode there."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Coalesce

from accounts.permissions import ROLES, Action
from chargers.models import Delivery
from installations.models import Grant


def revoked_rollouts(deliveries: Iterable[Delivery], now: datetime) -> set[int]:
    """Rollouts whose starter may not set the mode there any more; one nobody started stands. One query."""
    rollouts = {delivery.rollout_id: delivery.rollout for delivery in deliveries}
    authors = {rollout.created_by_id for rollout in rollouts.values()}
    in_force = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    own = Q(user__in=authors) | Q(organisation__memberships__user__in=authors)
    grants = set(
        Grant.objects.filter(
            in_force,
            own,
            installation__in={rollout.installation_id for rollout in rollouts.values()},
            role__in=ROLES[Action.SET_AUTHENTICATION],
        ).values_list("installation_id", Coalesce("user_id", "organisation__memberships__user_id"))
    )
    return {
        pk
        for pk, rollout in rollouts.items()
        if rollout.created_by is not None
        and not (rollout.created_by.is_active and rollout.created_by.is_staff)
        and not (rollout.created_by.is_active and (rollout.installation_id, rollout.created_by_id) in grants)
    }
