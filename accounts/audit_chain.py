"""Makes the audit trail hard to change unseen: entries are sealed into a chain of digests that can be verified.

Writers do not wait for each other: an entry is written without a seal, in the writer's own transaction. ``seal`` gives
what was committed since, in the order of the ids, the next positions and digests; one process at a time (an advisory
lock), every few seconds by beat.

Promised: the database refuses UPDATE and DELETE of entries, but for sealing and for ``prune``; and whoever gets around
that is found by ``verify``: a sealed entry that was changed, taken out, put in or moved breaks the chain where it was
done. Not promised: an entry that is changed between its commit and its seal (seconds, while a worker runs); somebody
who owns the database and computes the whole chain anew, or cuts off its end. Against that, note now and then the head
that ``manage.py verify_audit`` prints, somewhere else, and give it back with ``--head``.
"""

import hashlib
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry

# Any number, as long as nothing else locks by it.
LOCK = 0x61756469
CHUNK = 1000
START = bytes(32)
PRUNED = "audit_pruned"
LATE = timedelta(hours=1)
SEAL = """
UPDATE accounts_auditentry AS entry SET position = sealed.position, digest = sealed.digest
FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[]) AS sealed (id, position, digest) WHERE entry.id = sealed.id
"""


@dataclass(frozen=True)
class Head:
    """The end of the chain. Position 0: nothing is sealed."""

    position: int = 0
    digest: bytes = START

    def __str__(self) -> str:
        return f"{self.position}:{self.digest.hex()}"


class Break(StrEnum):
    """CHANGED: the content does not fit the digest. MISSING: positions before this one are gone. HEAD: the digest
    noted earlier is another. CUT: the chain ends before the head noted earlier."""

    CHANGED = "changed"
    MISSING = "missing"
    HEAD = "head"
    CUT = "cut"


@dataclass(frozen=True)
class Verdict:
    """``broken`` None: the chain is whole up to ``head``. ``waiting``: not sealed yet; ``late``: since an hour."""

    head: Head
    checked: int
    waiting: int
    late: int
    broken: Break | None = None
    entry_id: int | None = None
    position: int = 0


def facts_of(entry: AuditEntry) -> dict[str, Any]:
    """What an entry says: what is sealed, and what the API and the download show."""
    return {
        "id": entry.pk,
        "at": entry.at,
        "actor": entry.actor_id,
        "actor_label": entry.actor_label,
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "object_label": entry.object_label,
        "installation": entry.installation_id,
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
        "request_id": entry.request_id,
        "remote_address": entry.remote_address,
    }


def digest_of(entry: AuditEntry, position: int, previous: bytes) -> bytes:
    """SHA-256 of the content as JSON: names sorted, no spaces, ASCII; times in UTC with microseconds."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    content = {**facts_of(entry), "at": at, "position": position, "previous": previous.hex()}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).digest()


def seal(*, most: int = 20 * CHUNK) -> int:
    """Seal what waits, ``most`` entries at most; says how many. 0 as well while another process seals."""
    sealed = 0
    while sealed < most:
        done = _seal_some()
        sealed += done
        if done < CHUNK:
            break
    return sealed


@transaction.atomic
def _seal_some() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        head = _head()
        entries = list(AuditEntry.objects.filter(position__isnull=True).order_by("id")[:CHUNK])
        digests, previous = [], head.digest
        for position, entry in enumerate(entries, head.position + 1):
            previous = digest_of(entry, position, previous)
            digests.append(previous)
        positions = list(range(head.position + 1, head.position + 1 + len(entries)))
        if entries:
            cursor.execute(SEAL, [[entry.pk for entry in entries], positions, digests])
    return len(entries)


def verify(*, known: Head | None = None) -> Verdict:
    """Go through the whole chain, from what was pruned last. ``known``: a head noted earlier, which it must hold."""
    head = started_at = _pruned()
    waiting = AuditEntry.objects.filter(position__isnull=True)
    late = waiting.filter(at__lt=timezone.now() - LATE).count()
    checked, count = 0, waiting.count()

    def verdict(broken: Break | None, entry_id: int | None = None, position: int = 0) -> Verdict:
        return Verdict(head, checked, count, late, broken, entry_id, position)

    sealed = AuditEntry.objects.filter(position__isnull=False).order_by("position")
    for entry in sealed.iterator(chunk_size=2 * CHUNK):
        position = entry.position or 0
        if position != head.position + 1:
            return verdict(Break.MISSING, entry.pk, position)
        if bytes(entry.digest or b"") != digest_of(entry, position, head.digest):
            return verdict(Break.CHANGED, entry.pk, position)
        head = Head(position, bytes(entry.digest or b""))
        checked += 1
        if known is not None and known.position == position and known != head:
            return verdict(Break.HEAD, entry.pk, position)
    if known is not None and known.position > head.position:
        return verdict(Break.CUT, None, known.position)
    if known is not None and known.position == started_at.position != 0 and known != started_at:
        return verdict(Break.HEAD, None, known.position)
    return verdict(None)


@transaction.atomic
def prune(*, before: datetime) -> int:
    """The one way to remove entries: the oldest sealed ones, all from ``before`` that time; says how many.

    What was removed is told by an entry of its own, from which the chain is verified afterwards.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        sealed = AuditEntry.objects.filter(position__isnull=False).order_by("position")
        kept = sealed.filter(at__gte=before).first() or sealed.last()
        last = None if kept is None else sealed.filter(position__lt=kept.position).last()
        if last is None:
            return 0
        gone = sealed.filter(position__lte=last.position)
        count = gone.count()
        after = {"entries": count, "position": last.position, "digest": bytes(last.digest or b"").hex()}
        audit.record(None, PRUNED, last, after=after)
        seal(most=sys.maxsize)
        cursor.execute("SELECT set_config('portal.audit_retention', 'on', true)")
        gone._raw_delete(gone.db)
        cursor.execute("SELECT set_config('portal.audit_retention', '', true)")
    return count


def _head() -> Head:
    last = AuditEntry.objects.filter(position__isnull=False).order_by("-position").first()
    return Head() if last is None else Head(last.position or 0, bytes(last.digest or b""))


def _pruned() -> Head:
    """Where the chain begins, as the last pruning tells."""
    told = AuditEntry.objects.filter(action=PRUNED, position__isnull=False).order_by("position").last()
    return Head() if told is None else Head(told.after["position"], bytes.fromhex(told.after["digest"]))
