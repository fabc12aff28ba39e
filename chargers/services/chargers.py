"""Edits, moves and deletes registered chargers; never in the middle of a push."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Who
from accounts.refusals import Conflict, Invalid
from chargers import doorbell
from chargers.models import BackendProfile, Charger, Delivery, DeliveryEvent, Rollout
from chargers.rollout.states import OPEN_STATES, REOPENED_BY_A_CHANGE, DeliveryState, RolloutState
from chargers.services import rollouts
from chargers.services.balancing import site_changed
from chargers.services.charger_input import url_check
from chargers.services.registration import facts_of
from installations.authentication import NATIVE
from installations.doors import configured_doors
from installations.models import Circuit, Installation
from installations.services.installations import check_version

# How the site's load balancing reckons with it.
SUPPLY = frozenset({"max_current", "phase_rotation", "charging_priority", "never_pause"})
SUPPLY_FACTS = SUPPLY | {"circuit"}
IN_FLIGHT = OPEN_STATES - {DeliveryState.WAITING}


@transaction.atomic
def update_charger(
    *, charger: Charger, actor: Who, changes: Mapping[str, Any], expected_version: int | None = None, reason: str = ""
) -> Charger:
    """Set ``name``, ``server_url``, ``circuit`` (an id or None), fields of SUPPLY, or ``installation``: move it there.

    Raises Invalid, Conflict (a push is under way) and Stale. The caller has checked the rights on both installations.
    """
    locked = Charger.objects.select_for_update(no_key=True, of=("self",)).select_related("installation__revision")
    row = locked.get(pk=charger.pk)
    check_version(row.version, expected_version)
    before = facts_of(row)
    moved = _move(row, changes.get("installation"))
    if "name" in changes:
        row.name = changes["name"].strip()
    if "circuit" in changes:
        row.circuit = _circuit(row.installation, changes["circuit"])
    for name in SUPPLY & changes.keys():
        setattr(row, name, changes[name])
    url_changed = "server_url" in changes and _set_url(row, changes["server_url"])
    after = facts_of(row)
    changed = sorted(
        [*(name for name in before if before[name] != after[name]), *(["server_url"] if url_changed else [])]
    )
    if not changed:
        return row
    row.version += 1
    row.directory_at = timezone.now()
    row.save()
    if moved or (url_changed and _own_url_counts(row.installation)):
        _deliver_again(row)
    if moved or SUPPLY_FACTS & set(changed):
        site_changed(row.installation)
    audit.record(
        actor,
        "charger_moved" if moved else "charger_changed",
        row,
        installation_id=row.installation_id,
        before=before,
        after={**after, "changed": changed},
        reason=reason,
    )
    return row


@transaction.atomic
def delete_charger(*, charger: Charger, actor: Who, reason: str = "") -> None:
    """Raises Conflict while a push is under way, and for chargers whose charging sessions are on record."""
    row = Charger.objects.select_for_update(of=("self",)).get(pk=charger.pk)
    if row.transactions.exists():
        raise Conflict("has_sessions", _("Charging sessions of this charger are on record: it cannot be deleted."))
    _end_waiting(row)
    audit.record(
        actor, "charger_deleted", row, installation_id=row.installation_id, before=facts_of(row), reason=reason
    )
    row.delete()


def _move(row: Charger, target: Installation | None) -> bool:
    if target is None or target.pk == row.installation_id:
        return False
    # Held until the end, so that a save over there sees the charger or the charger sees the save.
    locked = Installation.objects.select_for_update(no_key=True, of=("self",)).select_related("revision")
    row.installation = locked.get(pk=target.pk)
    _end_waiting(row)
    row.circuit = None
    row.applied_revision = None
    row.applied_at = None
    BackendProfile.objects.filter(charger=row, closed_at=None).update(closed_at=timezone.now())
    return True


def _end_waiting(row: Charger) -> None:
    """A delivery that only waits is superseded; one that is under way refuses the whole change."""
    waiting = Delivery.objects.select_for_update().filter(charger=row, state__in=sorted(OPEN_STATES)).first()
    if waiting is None:
        return
    if waiting.state in IN_FLIGHT:
        raise Conflict("push_running", _("A setting is being pushed to this charger just now: try again in a minute."))
    waiting.finished_at = timezone.now()
    was, waiting.state, waiting.reason, waiting.due_at = waiting.state, DeliveryState.SUPERSEDED, "moved", None
    waiting.fencing += 1
    waiting.save(update_fields=["state", "reason", "due_at", "finished_at", "fencing"])
    DeliveryEvent.objects.create(delivery=waiting, from_state=was, to_state=waiting.state, reason="moved")
    rollouts.finish_if_done(waiting.rollout_id)


def _deliver_again(row: Charger) -> None:
    """What the charger must hold has changed: a delivery of its own, or the standing one looked at anew."""
    standing = Delivery.objects.select_for_update().filter(
        charger=row, revision=row.installation.revision_id, rollout__revision=row.installation.revision_id
    )
    delivery = standing.first()
    if delivery is None:
        rollouts.add_charger(row)
        return
    now = timezone.now()
    if delivery.state not in REOPENED_BY_A_CHANGE:
        standing.update(due_at=now)
    else:
        DeliveryEvent.objects.create(
            delivery=delivery, from_state=delivery.state, to_state=DeliveryState.WAITING, reason="charger_changed"
        )
        standing.update(
            state=DeliveryState.WAITING,
            reason="",
            detail={},
            attempts=0,
            due_at=now,
            deadline_at=None,
            finished_at=None,
        )
        reopened = Rollout.objects.filter(pk=delivery.rollout_id, state=RolloutState.FINISHED)
        reopened.update(state=RolloutState.RUNNING, finished_at=None)
    transaction.on_commit(doorbell.ring_engine)


def _circuit(installation: Installation, circuit_id: int | None) -> Circuit | None:
    if circuit_id is None:
        return None
    circuit = Circuit.objects.filter(installation=installation, pk=circuit_id).first()
    if circuit is None:
        raise Invalid("unknown_circuit", _("There is no such circuit in this installation."), pointer="/circuit")
    return circuit


def _set_url(row: Charger, text: str) -> bool:
    canonical, faults = url_check(text, doors=configured_doors())
    if faults:
        raise Invalid(faults[0].code, faults[0].detail, faults=faults)
    changed = canonical != row.server_url
    row.server_url = canonical
    return changed


def _own_url_counts(installation: Installation) -> bool:
    revision = installation.revision
    return revision is not None and revision.mode != NATIVE and not revision.server_url
