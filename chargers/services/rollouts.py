"""Rollouts: started by a published revision, opened in chunks, taken up by chargers that come later."""

import random
from collections.abc import Mapping
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone

from chargers import doorbell
from chargers.models import Charger, Delivery, Rollout
from chargers.rollout.advance import advance
from chargers.rollout.policy import read_policy
from chargers.rollout.states import OPEN_STATES, DeliveryState, RolloutState
from installations.authentication import DIRECT
from installations.models import AuthenticationRevision, Installation

log = structlog.get_logger(__name__)

CHUNK = 1000
OPEN = sorted(OPEN_STATES)


def start_rollout(revision: AuthenticationRevision, policy: Mapping[str, Any]) -> Rollout:
    """Inside the transaction that publishes: the rollout row. After the commit: ring, so that it is opened.

    ``policy`` as ``read_policy`` takes it, without flaws; what it does not say has the default.
    """
    chargers = Charger.objects.filter(installation=revision.installation_id).count()
    agreed, _flaws = read_policy(policy, direct=revision.mode == DIRECT, chargers=chargers)
    rollout = Rollout.objects.create(
        installation=revision.installation, revision=revision, policy=agreed.plain(), created_by=revision.author
    )
    transaction.on_commit(lambda: doorbell.ring_rollout(rollout.pk))
    return rollout


def open_deliveries(rollout_id: int) -> bool:
    """Open the next chunk of deliveries; True: call again. Safe to repeat, to double and to interrupt.

    Open deliveries of older revisions are superseded in the same transaction, except those being pushed: they finish
    and are then judged against the newest revision, and their charger gets its delivery then (``take_up``).
    """
    with transaction.atomic():
        rollout = (
            Rollout.objects.select_for_update(of=("self",)).select_related("installation").filter(pk=rollout_id).first()
        )
        if rollout is None or rollout.state != RolloutState.OPENING:
            return False
        if rollout.installation.revision_id != rollout.revision_id:
            _close(rollout)
            return False
        chargers = list(_without_delivery(rollout)[:CHUNK].values_list("pk", flat=True))
        if chargers:
            _open_for(rollout, chargers)
        if len(chargers) == CHUNK:
            return True
        rollout.state = RolloutState.RUNNING
        rollout.opened_at = timezone.now()
        rollout.save(update_fields=["state", "opened_at"])
    finish_if_done(rollout.pk)
    # Its first wave may have landed before the last chunk was open.
    advance([rollout.pk])
    return False


def _without_delivery(rollout: Rollout) -> Any:
    mine = Delivery.objects.filter(rollout=rollout, charger=OuterRef("pk"))
    pushing = Delivery.objects.filter(charger=OuterRef("pk"), state=DeliveryState.PUSHING)
    return Charger.objects.filter(~Exists(mine), ~Exists(pushing), installation=rollout.installation).order_by("pk")


def _open_for(rollout: Rollout, charger_ids: list[int]) -> None:
    _supersede(charger_ids, rollout.revision_id)
    free = set(charger_ids) - set(
        Delivery.objects.filter(charger_id__in=charger_ids, state__in=OPEN).values_list("charger_id", flat=True)
    )
    Delivery.objects.bulk_create(
        (
            Delivery(rollout=rollout, charger_id=pk, revision_id=rollout.revision_id, due_at=Now())
            for pk in random.sample(sorted(free), len(free))
        ),
        ignore_conflicts=True,
    )


def _supersede(charger_ids: list[int], revision_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (UPDATE chargers_delivery SET state = 'superseded', finished_at = now(), due_at = NULL,"
            " lease_until = NULL, fencing = fencing + 1, reason = '' FROM (SELECT id AS old_id, state AS old_state FROM"
            " chargers_delivery WHERE charger_id = ANY(%s) AND state = ANY(%s) AND state <> 'pushing' AND"
            " revision_id <> %s ORDER BY id FOR UPDATE) AS old WHERE id = old_id RETURNING id, old_state, rollout_id)"
            " INSERT INTO chargers_deliveryevent (delivery_id, at, from_state, to_state, reason, detail)"
            " SELECT id, now(), old_state, 'superseded', '', '{}'::jsonb FROM gone",
            [charger_ids, OPEN, revision_id],
        )


def _close(rollout: Rollout) -> None:
    rollout.state = RolloutState.FINISHED
    rollout.opened_at = rollout.finished_at = timezone.now()
    rollout.save(update_fields=["state", "opened_at", "finished_at"])


def finish_if_done(rollout_id: int) -> None:
    open_ones = Delivery.objects.filter(rollout=OuterRef("pk"), state__in=OPEN)
    Rollout.objects.filter(~Exists(open_ones), pk=rollout_id, state=RolloutState.RUNNING).update(
        state=RolloutState.FINISHED, finished_at=timezone.now()
    )


def take_up(limit: int = CHUNK) -> int:
    """Give a delivery to every charger that a running rollout has passed by: it was being pushed, or came later."""
    with transaction.atomic():
        mine = Delivery.objects.filter(charger=OuterRef("pk"), revision=OuterRef("installation__revision"))
        open_ones = Delivery.objects.filter(charger=OuterRef("pk"), state__in=OPEN)
        rows = list(
            Charger.objects.filter(
                ~Exists(mine),
                ~Exists(open_ones),
                installation__revision__rollout__state__in=[RolloutState.RUNNING, RolloutState.FINISHED],
            )
            .order_by("pk")
            .values_list("pk", "installation__revision__rollout__pk", "installation__revision_id")[:limit]
        )
        created = Delivery.objects.bulk_create(
            (Delivery(charger_id=pk, rollout_id=rollout, revision_id=rev, due_at=Now()) for pk, rollout, rev in rows),
            ignore_conflicts=True,
        )
        _reopen({rollout for _pk, rollout, _rev in rows})
    return len(created)


def _reopen(rollout_ids: set[int]) -> None:
    Rollout.objects.filter(pk__in=rollout_ids, state=RolloutState.FINISHED).update(
        state=RolloutState.RUNNING, finished_at=None
    )


def add_charger(charger: Charger) -> None:
    """A charger registered later inherits the revision in force through a delivery of its own."""
    revision = Installation.objects.select_related("revision").get(pk=charger.installation_id).revision
    if revision is None:
        return
    rollout = Rollout.objects.filter(revision=revision).first()
    if rollout is None:
        rollout = Rollout.objects.create(
            installation_id=charger.installation_id, revision=revision, created_by=None,
            state=RolloutState.RUNNING, opened_at=timezone.now(),
        )  # fmt: skip
    if rollout.state != RolloutState.CANCELLED:
        Delivery.objects.create(rollout=rollout, charger=charger, revision=revision, due_at=Now())
        _reopen({rollout.pk})
        transaction.on_commit(doorbell.ring_engine)
