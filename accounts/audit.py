"""The audit trail: who did what to which object. Never give it a secret; it stores what it is given."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from accounts.actor import Actor, Who
from accounts.models import AuditEntry


@dataclass(frozen=True)
class Origin:
    """The request an entry belongs to; empty outside requests (commands, tasks)."""

    request_id: str = ""
    remote_address: str = ""


NOWHERE = Origin()
origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


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
    actor = None if who is None else Actor.of(who)
    where = origin.get()
    return AuditEntry.objects.create(
        actor=actor.user if actor else None,
        actor_label=actor.label if actor else "portal",
        action=action,
        object_type=target._meta.model_name or "",
        object_id=str(target.pk),
        installation_id=installation_id,
        before=dict(before or {}),
        after=dict(after or {}),
        reason=reason[:500],
        request_id=where.request_id,
        remote_address=where.remote_address,
    )
