"""Where a charger may upload its diagnostics, opened at the last moment, and what it tells of the upload."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from chargers.models import DiagnosticsUpload, GatewayRequest
from chargers.services.diagnostics import digest_token

OPEN_FOR, LONGEST = timedelta(hours=1), timedelta(hours=24)
TOLD = ("Uploading", "Uploaded", "UploadFailed")

STATUS = """
UPDATE chargers_diagnosticsupload u SET status = t.status, status_at = clock_timestamp(),
    ended_at = CASE WHEN t.status = 'Uploaded' AND u.received_at IS NOT NULL THEN clock_timestamp() END
FROM unnest(%s::bigint[], %s::text[]) AS t(charger, status)
WHERE u.id = (SELECT max(n.id) FROM chargers_diagnosticsupload n
              WHERE n.charger_id = t.charger AND n.ended_at IS NULL AND n.expires_at > now())
"""

CLOSE = """
UPDATE chargers_diagnosticsupload SET ended_at = clock_timestamp() WHERE request_id = ANY(%s) AND ended_at IS NULL
"""


def open_upload(request_id: int) -> str:
    """The address for one request's file. Its token exists in this answer and at the charger only."""
    request = GatewayRequest.objects.get(pk=request_id)
    assert request.charger_id is not None
    asked = request.payload["call"]
    longer = timedelta(seconds=asked.get("retries", 0) * asked.get("retryInterval", 0))
    token = secrets.token_urlsafe(32)
    DiagnosticsUpload.objects.create(
        request=request,
        charger_id=request.charger_id,
        digest=digest_token(token),
        expires_at=timezone.now() + min(OPEN_FOR + longer, LONGEST),
    )
    return f"{settings.DIAGNOSTICS_UPLOAD_URL.rstrip('/')}/diagnostics/{token}"


def close(request_ids: Sequence[int]) -> None:
    """The charger was never asked, or has refused."""
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, [list(request_ids)])


def hear(charger_ids: Sequence[int], statuses: Sequence[str]) -> None:
    """The word of a charger counts for the newest upload it was asked for."""
    told = [pair for pair in zip(charger_ids, statuses, strict=True) if pair[1] in TOLD]
    if told:
        with connection.cursor() as cursor:
            cursor.execute(STATUS, [[charger_id for charger_id, _status in told], [status for _id, status in told]])
