"""The audit trail: who did what to which object. Never give it a secret; it stores what it is given."""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Model

from accounts.actor import Actor, Who
from accounts.models import AuditEntry


@dataclass(frozen=True)
class Origin:
    """The request an entry belongs to; empty outside requests (commands, tasks).

    ``reason``: why the person does it, for everything that the request writes down.
    """

    request_id: str = ""
    remote_address: str = ""
    reason: str = ""


LONGEST_REASON = 500
NOWHERE = Origin()
origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


@dataclass(frozen=True)
class Happened:
    """What happened to one of many objects."""

    action: str
    target: Model
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


def give_reason(text: str) -> None:
    """For what this request writes down from now on; an entry's own reason goes before. Empty: nothing is said."""
    if told := text.replace("\0", "").strip():
        origin.set(replace(origin.get(), reason=told[:LONGEST_REASON]))


def record(
    who: Who | None,
    action: str,
    target: Model,
    *,
    installation_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Write one entry in the current transaction. ``who`` None: the portal itself."""
    entry = _entry(who, Happened(action, target, before or {}, after or {}), installation_id, reason)
    entry.save()
    return entry


def record_all(
    who: Who | None, happened: Iterable[Happened], *, installation_id: int | None = None, reason: str = ""
) -> None:
    """The same for many objects at once, in their order."""
    AuditEntry.objects.bulk_create([_entry(who, one, installation_id, reason) for one in happened], batch_size=500)


def _entry(who: Who | None, what: Happened, installation_id: int | None, reason: str) -> AuditEntry:
    actor = None if who is None else Actor.of(who)
    where = origin.get()
    return AuditEntry(
        actor=actor.user if actor else None,
        actor_label=actor.label if actor else "portal",
        action=what.action,
        object_type=what.target._meta.model_name or "",
        object_id=str(what.target.pk),
        object_label=label_of(what.target)[:200],
        installation_id=installation_id,
        before=dict(what.before),
        after=dict(what.after),
        reason=(reason or where.reason)[:LONGEST_REASON],
        request_id=where.request_id,
        remote_address=where.remote_address,
    )


def label_of(target: Model) -> str:
    """How people call the object, for the day when it is gone; empty where it has no name of its own."""
    for name in ("device_id", "email"):
        if found := getattr(target, name, ""):
            return str(found)
    return str(target) if type(target).__str__ is not Model.__str__ else ""
