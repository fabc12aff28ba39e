"""Creates, edits and deletes circuits; the tree of fuses never has a loop, whoever edits at the same time."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Who
from accounts.refusals import Conflict, Invalid
from installations.doorbell import ring_supply_changed
from installations.models import Circuit, Installation

EDITABLE = ("name", "max_current", "parent")


@transaction.atomic
def create_circuit(
    *,
    installation: Installation,
    actor: Who,
    name: str,
    max_current: Decimal,
    parent: int | None = None,
    reason: str = "",
) -> Circuit:
    """``parent`` is a circuit's id. Raises Invalid."""
    _lock(installation)
    _check_name(installation, name)
    circuit = Circuit(installation=installation, name=name, max_current=max_current)
    circuit.parent = _find_parent(installation, circuit, parent)
    circuit.save()
    _record(actor, "circuit_created", circuit, after=_facts(circuit), reason=reason)
    return circuit


@transaction.atomic
def update_circuit(*, circuit: Circuit, actor: Who, changes: Mapping[str, Any], reason: str = "") -> Circuit:
    """Set ``name``, ``max_current`` or ``parent`` (a circuit's id or None). Raises Invalid, also for a loop."""
    _lock(circuit.installation)
    circuit.refresh_from_db()
    before = _facts(circuit)
    if "name" in changes:
        _check_name(circuit.installation, changes["name"], apart_from=circuit)
        circuit.name = changes["name"]
    if "max_current" in changes:
        circuit.max_current = changes["max_current"]
    if "parent" in changes:
        circuit.parent = _find_parent(circuit.installation, circuit, changes["parent"])
    after = _facts(circuit)
    if before != after:
        circuit.save(update_fields=[*EDITABLE])
        _record(actor, "circuit_changed", circuit, before=before, after=after, reason=reason)
    return circuit


@transaction.atomic
def delete_circuit(*, circuit: Circuit, actor: Who, reason: str = "") -> None:
    """Raises Conflict while circuits or chargers hang on it."""
    _lock(circuit.installation)
    if circuit.children.exists():
        raise Conflict("has_circuits", _("Other circuits hang on this one: move them first."))
    if circuit.chargers.exists():
        raise Conflict("has_chargers", _("Chargers hang on this circuit: move them first."))
    _record(actor, "circuit_deleted", circuit, before=_facts(circuit), reason=reason)
    circuit.delete()


def _lock(installation: Installation) -> None:
    """Edits of one installation's tree wait for each other: two half loops cannot close a whole one."""
    Installation.objects.select_for_update(no_key=True, of=("self",)).get(pk=installation.pk)


def _find_parent(installation: Installation, circuit: Circuit, parent_id: int | None) -> Circuit | None:
    if parent_id is None:
        return None
    tree = {row.pk: row for row in Circuit.objects.filter(installation=installation)}
    if parent_id not in tree:
        raise Invalid("unknown_circuit", _("There is no such circuit in this installation."), pointer="/parent")
    above: int | None = parent_id
    while above is not None:
        if above == circuit.pk:
            raise Invalid(
                "circuit_loop", _("A circuit cannot hang on itself or on a circuit behind it."), pointer="/parent"
            )
        above = tree[above].parent_id
    return tree[parent_id]


def _check_name(installation: Installation, name: str, apart_from: Circuit | None = None) -> None:
    namesakes = Circuit.objects.filter(installation=installation, name=name)
    if apart_from is not None:
        namesakes = namesakes.exclude(pk=apart_from.pk)
    if namesakes.exists():
        raise Invalid("name_taken", _("Another circuit of this installation has this name."), pointer="/name")


def _facts(circuit: Circuit) -> dict[str, Any]:
    fuse = str(Decimal(circuit.max_current).quantize(Decimal("0.1")))
    return {"name": circuit.name, "max_current": fuse, "parent": circuit.parent_id}


def _record(actor: Who, action: str, circuit: Circuit, **facts: Any) -> None:
    audit.record(actor, action, circuit, installation_id=circuit.installation_id, **facts)
    ring_supply_changed(circuit.installation)
