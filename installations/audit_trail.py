"""Reads the audit trail: of one installation for its owner and service, all of it for platform staff."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.actor import Who
from accounts.audit_chain import facts_of
from accounts.keyset import read_page
from accounts.models import AuditEntry
from accounts.permissions import Action
from installations.access import visible
from installations.models import Installation

AUDIT_ORDER = ("-id",)
AT_ONCE = 500


@dataclass(frozen=True)
class Wanted:
    """What to show; empty fields ask for nothing. ``person``: in the name by which the actor was recorded.

    ``charger``: its whole device id. ``until`` is exclusive.
    """

    action: str = ""
    person: str = ""
    charger: str = ""
    object_type: str = ""
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_anything(self) -> bool:
        return self != Wanted()


def list_entries(who: Who, wanted: Wanted, *, installation_id: int | None = None) -> QuerySet[AuditEntry]:
    """Entries of installations on which ``who`` may see the trail; staff see those of no installation as well."""
    rows = visible(AuditEntry.objects.all(), who, Action.VIEW_AUDIT, through="installation_id")
    if installation_id is not None:
        rows = rows.filter(installation_id=installation_id)
    for name in ("action", "object_type", "object_id"):
        if value := getattr(wanted, name):
            rows = rows.filter(**{name: value})
    if wanted.person:
        rows = rows.filter(actor_label__icontains=wanted.person)
    if wanted.charger:
        rows = rows.filter(object_type="charger", object_label=wanted.charger.upper())
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(at__lt=wanted.until)
    return rows.order_by(*AUDIT_ORDER)


def names_of(entries: list[AuditEntry]) -> dict[int, str]:
    """The names of the installations that are still there, in one query."""
    wanted = {entry.installation_id for entry in entries if entry.installation_id is not None}
    return dict(Installation.objects.filter(pk__in=wanted).values_list("pk", "name"))


def show_entry(entry: AuditEntry) -> dict[str, Any]:
    """For API and download; with ``position`` and ``digest`` the chain can be verified elsewhere."""
    digest = None if entry.digest is None else bytes(entry.digest).hex()
    return {**facts_of(entry), "position": entry.position, "digest": digest}


def write_lines(rows: QuerySet[AuditEntry]) -> Iterator[str]:
    """NDJSON, newest first, a piece for each query: nothing is held open while somebody downloads."""
    cursor: str | None = ""
    while cursor is not None:
        page = read_page(rows, order=AUDIT_ORDER, cursor=cursor, size=AT_ONCE)
        yield "".join(
            json.dumps(show_entry(entry), default=datetime.isoformat, ensure_ascii=False) + "\n" for entry in page.rows
        )
        cursor = page.next
