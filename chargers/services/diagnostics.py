"""Takes the files that chargers upload and hands them out: bound to one command each, in pieces, under a cap."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.actor import Who
from chargers.models import DiagnosticsPart, DiagnosticsUpload

PART_BYTES = 1024 * 1024

# A new attempt takes the place of one that did not end; what was received stays until the new one is complete.
BEGIN = """
UPDATE chargers_diagnosticsupload SET attempt = attempt + 1, remote_address = %s
WHERE digest = %s AND ended_at IS NULL AND expires_at > clock_timestamp() RETURNING id, attempt
"""

# Only while no other attempt has begun since.
KEEP = """
INSERT INTO chargers_diagnosticspart (upload_id, attempt, number, data)
SELECT id, attempt, %s, %s FROM chargers_diagnosticsupload WHERE id = %s AND attempt = %s AND ended_at IS NULL
"""

FINISH = """
UPDATE chargers_diagnosticsupload SET kept_attempt = attempt, size = %s, received_at = clock_timestamp()
WHERE id = %s AND attempt = %s AND ended_at IS NULL AND expires_at > clock_timestamp() - interval '10 min'
"""

LEFT_OVERS = """
DELETE FROM chargers_diagnosticspart p USING chargers_diagnosticsupload u
WHERE u.id = p.upload_id AND u.removed_at IS NULL AND u.attempt > 0 AND u.expires_at < now() - interval '15 min'
  AND u.attempt <> u.kept_attempt AND p.attempt <> u.kept_attempt
"""

TOO_OLD = """
WITH old AS (
    UPDATE chargers_diagnosticsupload SET removed_at = now() WHERE id IN (
        SELECT id FROM chargers_diagnosticsupload
        WHERE removed_at IS NULL AND attempt > 0 AND received_at < %s
          AND expires_at < least(now(), %s + interval '25 h')
        ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED
    ) RETURNING id
)
DELETE FROM chargers_diagnosticspart WHERE upload_id IN (SELECT id FROM old)
"""


class NotOpen(Exception):
    """``known`` False: no such upload. True: it is over."""

    def __init__(self, *, known: bool) -> None:
        self.known = known
        super().__init__()


class TooLarge(Exception):
    """More than DIAGNOSTICS_MAX_MIB."""


class Overtaken(Exception):
    """The same charger has begun anew, or the upload ended meanwhile."""


def digest_token(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def most_bytes() -> int:
    return int(settings.DIAGNOSTICS_MAX_MIB) * 1024 * 1024


def is_open(token: str) -> bool:
    """Whether something may be uploaded there just now."""
    rows = DiagnosticsUpload.objects.filter(digest=digest_token(token), ended_at__isnull=True)
    return rows.filter(expires_at__gt=timezone.now()).exists()


class Attempt:
    """One upload. ``write`` as it comes, then ``finish``; one that is not finished leaves what was there before."""

    def __init__(self, token: str, remote_address: str) -> None:
        """Raises NotOpen."""
        digest = digest_token(token)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BEGIN, [remote_address[:64], digest])
            row = cursor.fetchone()
            if row is not None:
                mine = DiagnosticsUpload.objects.get(pk=row[0])
                DiagnosticsPart.objects.filter(upload=mine).exclude(attempt=mine.kept_attempt).delete()
        if row is None:
            raise NotOpen(known=DiagnosticsUpload.objects.filter(digest=digest).exists())
        self._upload_id, self._number = row
        self._parts = self.size = 0
        self._held = bytearray()

    def write(self, data: bytes) -> None:
        """Raises TooLarge, Overtaken."""
        self.size += len(data)
        if self.size > most_bytes():
            raise TooLarge
        self._held += data
        while len(self._held) >= PART_BYTES:
            self._keep(bytes(self._held[:PART_BYTES]))
            del self._held[:PART_BYTES]

    def finish(self) -> None:
        """It is the file from now on. Raises Overtaken."""
        if self._held:
            self._keep(bytes(self._held))
            self._held.clear()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(FINISH, [self.size, self._upload_id, self._number])
            if not cursor.rowcount:
                raise Overtaken
            upload = DiagnosticsUpload.objects.select_related("charger", "request").get(pk=self._upload_id)
            upload.parts.exclude(attempt=self._number).delete()
            after = {"request": upload.request_id, "size": self.size}
            place = upload.request.installation_id
            audit.record(None, "diagnostics_received", upload.charger, installation_id=place, after=after)

    def drop(self) -> None:
        """Forget what was written of it. Never raises for a database that is away: the sweep finds it too."""
        with suppress(Exception):
            DiagnosticsPart.objects.filter(upload=self._upload_id, attempt=self._number).delete()

    def _keep(self, data: bytes) -> None:
        with connection.cursor() as cursor:
            cursor.execute(KEEP, [self._parts, data, self._upload_id, self._number])
            if not cursor.rowcount:
                raise Overtaken
        self._parts += 1


def hand_out(upload: DiagnosticsUpload, actor: Who) -> Iterator[bytes]:
    """The file in pieces, one in memory at a time. Who took it stands in the audit trail."""
    after = {"request": upload.request_id, "size": upload.size}
    place = upload.request.installation_id
    audit.record(actor, "diagnostics_downloaded", upload.charger, installation_id=place, after=after)
    return _pieces(upload)


def _pieces(upload: DiagnosticsUpload) -> Iterator[bytes]:
    number = 0
    while True:
        rows = DiagnosticsPart.objects.filter(upload=upload, attempt=upload.kept_attempt, number=number)
        data = rows.values_list("data", flat=True).first()
        if data is None:
            return
        yield bytes(data)
        number += 1


def remove_old_files(bound: int = 200) -> None:
    """What is kept long enough, and what unfinished uploads left behind."""
    until = timezone.now() - timedelta(days=settings.DIAGNOSTICS_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(TOO_OLD, [until, until, bound])
        cursor.execute(LEFT_OVERS)
