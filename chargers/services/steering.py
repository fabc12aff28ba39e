"""What people do with a rollout: pause, resume, proceed, cancel, retry. Each is audited and safe to repeat."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor, Who
from accounts.refusals import Conflict
from chargers import doorbell
from chargers.models import Delivery, DeliveryEvent, Rollout
from chargers.rollout import advance
from chargers.rollout.due import database_now
from chargers.rollout.policy import Policy, Start
from chargers.rollout.states import (
    OPEN_STATES,
    RETRIABLE_STATES,
    DeliveryState,
    PauseCause,
    RolloutState,
    WaitReason,
)

OPEN = sorted(OPEN_STATES)
RETRIABLE = sorted(RETRIABLE_STATES)
ENDED = (RolloutState.FINISHED, RolloutState.CANCELLED)
FAILED = (DeliveryState.REJECTED, DeliveryState.FAILED)
HELD = (WaitReason.PAUSED, WaitReason.WAVE)


@transaction.atomic
def pause(*, rollout: Rollout, actor: Who, reason: str = "") -> Rollout:
    """Nothing more is sent until somebody resumes it; what is being sent finishes. Raises Conflict."""
    locked = _locked(rollout)
    if locked.paused_at is not None:
        raise Conflict("paused_already", _("This rollout is paused already."))
    locked.paused_at, locked.pause_cause = database_now(), PauseCause.PERSON
    locked.save(update_fields=["paused_at", "pause_cause"])
    _audit(actor, "rollout_paused", locked, {"cause": str(PauseCause.PERSON)}, reason)
    return locked


@transaction.atomic
def resume(*, rollout: Rollout, actor: Who, reason: str = "") -> int:
    """Go on; how many deliveries were held. Raises Conflict.

    Failures so far are accepted and their places in the wave are free again. ``actor`` answers for it from now on.
    """
    locked = _locked(rollout)
    if locked.paused_at is None:
        raise Conflict("not_paused", _("This rollout is not paused."))
    cause = locked.pause_cause
    locked.paused_at, locked.pause_cause, locked.watched_from = None, "", database_now()
    locked.created_by = Actor.of(actor).user
    locked.save(update_fields=["paused_at", "pause_cause", "watched_from", "created_by"])
    Delivery.objects.filter(rollout=locked, state__in=FAILED).update(wave=None)
    held = Delivery.objects.filter(rollout=locked, state__in=OPEN, reason__in=HELD).update(due_at=Now())
    _audit(actor, "rollout_resumed", locked, {"cause": cause, "deliveries": held}, reason)
    transaction.on_commit(doorbell.ring_engine)
    return held


@transaction.atomic
def proceed(*, rollout: Rollout, actor: Who, reason: str = "") -> int:
    """Do not wait for the others: start with those that are ready, or begin the next wave. Raises Conflict."""
    locked = _locked(rollout)
    policy = Policy.of(locked.policy)
    if policy.start is Start.TOGETHER and locked.released_at is None:
        rung = advance.release(locked)
    elif locked.wave < len(policy.waves):
        rung = advance.next_wave(locked)
    else:
        raise Conflict("nothing_to_proceed", _("This rollout does not wait for other chargers."))
    _audit(actor, "rollout_proceeded", locked, {"deliveries": rung}, reason)
    transaction.on_commit(doorbell.ring_engine)
    return rung


@transaction.atomic
def retry(*, rollout: Rollout, actor: Who, device_ids: list[str] | None = None, reason: str = "") -> int:
    """Try final, unsuccessful deliveries again (all, or those of some chargers); how many. Raises Conflict.

    A cancelled rollout goes on. ``actor`` answers for it from now on.
    """
    locked = Rollout.objects.select_for_update(of=("self",)).select_related("installation").get(pk=rollout.pk)
    if locked.installation.revision_id != locked.revision_id:
        raise Conflict("superseded", _("A newer setting replaced this one: retry the newest rollout."))
    rows = Delivery.objects.select_for_update().filter(rollout=locked, state__in=RETRIABLE)
    if device_ids is not None:
        rows = rows.filter(charger__device_id__in=[text.upper() for text in device_ids])
    busy = Delivery.objects.filter(charger=OuterRef("charger"), state__in=OPEN)
    again = list(rows.filter(~Exists(busy)))
    if not again:
        raise Conflict("nothing_to_retry", _("No delivery of this rollout can be tried again."))
    _move(again, DeliveryState.WAITING, "retried")
    Delivery.objects.filter(pk__in=[one.pk for one in again]).update(
        state=DeliveryState.WAITING, reason="", detail={}, attempts=0, due_at=Now(), next_attempt_at=None,
        deadline_at=None, finished_at=None, lease_until=None, pushed_at=None, wave=None,
    )  # fmt: skip
    Rollout.objects.filter(pk=locked.pk).update(
        state=RolloutState.RUNNING, finished_at=None, created_by=Actor.of(actor).user
    )
    _audit(actor, "rollout_retried", locked, {"deliveries": len(again)}, reason)
    transaction.on_commit(doorbell.ring_engine)
    return len(again)


@transaction.atomic
def cancel(*, rollout: Rollout, actor: Who, reason: str = "") -> int:
    """Cancel what was not pushed yet; what is being pushed finishes. Raises Conflict when it has ended already."""
    locked = _locked(rollout)
    waiting = list(Delivery.objects.select_for_update().filter(rollout=locked, state=DeliveryState.WAITING))
    now = database_now()
    _move(waiting, DeliveryState.CANCELLED)
    Delivery.objects.filter(pk__in=[one.pk for one in waiting]).update(
        state=DeliveryState.CANCELLED, reason="", due_at=None, lease_until=None, finished_at=now,
        fencing=F("fencing") + 1,
    )  # fmt: skip
    Rollout.objects.filter(pk=locked.pk).update(
        state=RolloutState.CANCELLED, finished_at=now, paused_at=None, pause_cause=""
    )
    _audit(actor, "rollout_cancelled", locked, {"deliveries": len(waiting)}, reason)
    return len(waiting)


def can_proceed(rollout: Rollout) -> Promise | None:
    """What "proceed" would do now, in words; None: nothing."""
    policy = Policy.of(rollout.policy)
    if rollout.state in ENDED or rollout.paused_at is not None:
        return None
    if policy.start is Start.TOGETHER and rollout.released_at is None:
        return _("Start with those that are ready")
    return _("Begin the next wave now") if rollout.wave < len(policy.waves) else None


def _locked(rollout: Rollout) -> Rollout:
    locked = Rollout.objects.select_for_update(of=("self",)).get(pk=rollout.pk)
    if locked.state in ENDED:
        raise Conflict("rollout_ended", _("This rollout has ended already."))
    return locked


def _move(rows: list[Delivery], state: DeliveryState, reason: str = "") -> None:
    DeliveryEvent.objects.bulk_create(
        DeliveryEvent(delivery=one, from_state=one.state, to_state=state, reason=reason) for one in rows
    )


def _audit(actor: Who, action: str, rollout: Rollout, after: Mapping[str, Any], reason: str) -> None:
    audit.record(actor, action, rollout, installation_id=rollout.installation_id, after=after, reason=reason)
