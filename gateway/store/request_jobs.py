"""Requests of people: taken once, before their deadline, by who still may; ended once."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from accounts import keyring
from chargers.models import GatewayRequest
from chargers.request_states import ACTIONS, RequestError, RequestKind
from chargers.services.asking import seal_of
from gateway.store import diagnostics_jobs
from gateway.store.jobs import EndRequest
from gateway.store.upstream_reading import login_forms
from installations.access import may
from installations.services.secrets import reveal

CLAIM = """
UPDATE chargers_gatewayrequest SET state = 'running', begun_at = clock_timestamp(), node = %s
WHERE id = %s AND state = 'waiting' AND deadline_at > now()
RETURNING extract(epoch FROM deadline_at - clock_timestamp())::float8
"""

END = """
UPDATE chargers_gatewayrequest r SET state = t.state, error = t.error, result = t.result,
    ended_at = clock_timestamp(), sealed = NULL, sealed_by = ''
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::jsonb[]) AS t(id, state, error, result)
WHERE r.id = t.id AND r.state = 'running'
"""


@dataclass(frozen=True)
class Claimed:
    """A request that is ours alone. ``keys``: the password in the forms a login shows it, most likely first."""

    request_id: int
    kind: RequestKind
    charger_id: int | None
    device_id: str
    payload: dict[str, Any]
    seconds_left: float
    keys: tuple[bytes, ...] = field(default=(), repr=False)


def claim(request_id: int, node: str) -> Claimed | None:
    """None: somebody has it, it is over, or the asker may not any more (which ends it)."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [node, request_id])
        row = cursor.fetchone()
    if row is None:
        return None
    request = GatewayRequest.objects.select_related("asked_by", "installation", "charger", "secret").get(pk=request_id)
    kind = RequestKind(request.kind)
    if request.asked_by is None or not may(request.asked_by, request.installation, ACTIONS[kind]):
        end([EndRequest(request_id, error=RequestError.NOT_ALLOWED)])
        return None
    return Claimed(
        request_id=request_id,
        kind=kind,
        charger_id=request.charger_id,
        device_id=request.charger.device_id if request.charger else "",
        payload=request.payload,
        seconds_left=row[0],
        keys=_keys(request),
    )


def _keys(request: GatewayRequest) -> tuple[bytes, ...]:
    if request.sealed is not None:
        text = keyring.decrypt(request.sealed_by, request.sealed, associated=seal_of(request.pk)).decode()
    elif request.secret is not None:
        text = reveal(request.secret)
    else:
        return ()
    return login_forms(text)


def end(jobs: list[EndRequest]) -> list[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            END,
            [
                [job.request_id for job in jobs],
                ["failed" if job.error else "done" for job in jobs],
                [job.error for job in jobs],
                [json.dumps(dict(job.result)) for job in jobs],
            ],
        )
    not_asked = [job.request_id for job in jobs if job.error not in ("", RequestError.OUTCOME_UNKNOWN)]
    if not_asked:
        diagnostics_jobs.close(not_asked)
    return [None] * len(jobs)
