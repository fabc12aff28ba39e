"""Creates, edits and deletes installations."""

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor, Who
from accounts.refusals import Conflict, Invalid, Stale
from installations.authentication import NATIVE, Draft
from installations.doorbell import ring_supply_changed
from installations.models import DriftPolicy, Grant, Installation, NetworkType, OfflineAuthorization, Role, Secret
from installations.services.authentication import publish_revision

EDITABLE = (
    "name", "address", "time_zone", "network_type", "main_fuse_current", "load_balancing", "reserved_current",
    "unbalance_limit", "drift_policy", "offline_authorization", "backend_maintenance",
)  # fmt: skip
SUPPLY = frozenset({"network_type", "main_fuse_current", "load_balancing", "reserved_current", "unbalance_limit"})
TECHNICAL = SUPPLY
# IEC 61851-1: with less no car charges.
LEAST_FOR_A_CAR = 6


@transaction.atomic
def create_installation(
    *,
    actor: Who,
    name: str,
    address: str = "",
    time_zone: str = "UTC",
    network_type: str = NetworkType.TN,
    main_fuse_current: Decimal | None = None,
    load_balancing: bool = True,
    reserved_current: Decimal = Decimal(0),
    unbalance_limit: Decimal | None = None,
    drift_policy: str = DriftPolicy.CORRECT,
    offline_authorization: str = OfflineAuthorization.KNOWN,
    backend_maintenance: bool = False,
    reason: str = "",
) -> Installation:
    """A new site in native mode (revision 1); its maker becomes owner and service. Raises Invalid."""
    _check_room(main_fuse_current, reserved_current)
    installation = Installation.objects.create(
        name=name,
        address=address,
        time_zone=time_zone,
        network_type=network_type,
        main_fuse_current=main_fuse_current,
        load_balancing=load_balancing,
        reserved_current=reserved_current,
        unbalance_limit=unbalance_limit,
        drift_policy=drift_policy,
        offline_authorization=offline_authorization,
        backend_maintenance=backend_maintenance,
    )
    person = Actor.of(actor).user
    Grant.objects.bulk_create(
        Grant(installation=installation, role=role, user=person, created_by=person)
        for role in (Role.OWNER, Role.SERVICE)
    )
    after = _facts(installation)
    audit.record(
        actor, "installation_created", installation, installation_id=installation.pk, after=after, reason=reason
    )
    publish_revision(installation=installation, draft=Draft(NATIVE), actor=actor, expected_number=0, ring=False)
    return installation


@transaction.atomic
def update_installation(
    *,
    installation: Installation,
    actor: Who,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
    reason: str = "",
) -> Installation:
    """Set fields out of EDITABLE. ``expected_version`` None: whoever comes last wins. Raises Stale, Invalid."""
    locked = Installation.objects.select_for_update(no_key=True, of=("self",)).get(pk=installation.pk)
    check_version(locked.version, expected_version)
    before = _facts(locked)
    for name in EDITABLE:
        if name in changes:
            setattr(locked, name, changes[name])
    after = _facts(locked)
    changed = [name for name in EDITABLE if before[name] != after[name]]
    if not changed:
        return locked
    if {"main_fuse_current", "reserved_current"} & set(changed):
        _check_room(locked.main_fuse_current, locked.reserved_current)
    locked.version += 1
    locked.save(update_fields=[*changed, "version"])
    if SUPPLY & set(changed):
        ring_supply_changed(locked)
    audit.record(
        actor,
        "installation_changed",
        locked,
        installation_id=locked.pk,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
        reason=reason,
    )
    return locked


@transaction.atomic
def delete_installation(*, installation: Installation, actor: Who, reason: str = "") -> None:
    """Raises Conflict while it has chargers, charging sessions or an unfinished rollout. The audit trail stays."""
    locked = Installation.objects.select_for_update(of=("self",)).get(pk=installation.pk)
    if locked.rollouts.filter(finished_at__isnull=True).exists():
        raise Conflict("open_rollout", _("A rollout of this installation is not finished: wait for it or cancel it."))
    if locked.chargers.exists():
        raise Conflict("has_chargers", _("This installation still has chargers: move or delete them first."))
    if locked.sessions.exists():
        raise Conflict("has_sessions", _("Charging sessions of this installation are on record: it cannot be deleted."))
    audit.record(actor, "installation_deleted", locked, installation_id=locked.pk, before=_facts(locked), reason=reason)
    secrets = list(locked.revisions.exclude(secret=None).values_list("secret_id", flat=True))
    secrets += [pk for pair in locked.webhooks.values_list("secret_id", "old_secret_id") for pk in pair if pk]
    Installation.objects.filter(pk=locked.pk).update(revision=None)
    locked.circuits.update(parent=None)
    Installation.objects.get(pk=locked.pk).delete()
    for secret in Secret.objects.filter(pk__in=secrets, revisions__isnull=True):
        with suppress(ProtectedError):  # a charger that moved away may still hold it
            secret.delete()


def _check_room(fuse: Decimal | None, reserved: Decimal) -> None:
    """What is kept free for the building must leave enough for one car."""
    if fuse is None or not reserved or fuse - reserved >= LEAST_FOR_A_CAR:
        return
    most = max(fuse - LEAST_FOR_A_CAR, Decimal(0))
    detail = _(
        "The main fuse gives %(fuse)s A; a car needs %(least)s A. Keep at most %(most)s A free, or enter a larger main"
        " fuse."
    ) % {"fuse": f"{fuse.normalize():f}", "least": LEAST_FOR_A_CAR, "most": f"{most.normalize():f}"}
    raise Invalid("no_room", detail, pointer="/reserved_current")


def check_version(current: int, expected: int | None) -> None:
    if expected is not None and expected != current:
        raise Stale("stale", _("Somebody else changed this in the meantime: read it again."), current=current)


def _facts(installation: Installation) -> dict[str, Any]:
    return {
        "name": installation.name,
        "address": installation.address,
        "time_zone": installation.time_zone,
        "network_type": str(installation.network_type),
        "main_fuse_current": _amps(installation.main_fuse_current),
        "load_balancing": installation.load_balancing,
        "reserved_current": _amps(installation.reserved_current),
        "unbalance_limit": _amps(installation.unbalance_limit),
        "drift_policy": str(installation.drift_policy),
        "offline_authorization": str(installation.offline_authorization),
        "backend_maintenance": installation.backend_maintenance,
    }


def _amps(current: Decimal | None) -> str | None:
    return None if current is None else str(Decimal(current).quantize(Decimal("0.1")))
