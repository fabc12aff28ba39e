"""Security events of chargers: each once, and only the newest of every charger."""

from django.db import connection

from gateway.ocpp16.records import SecurityEvent
from gateway.store.jobs import Recorded

MOST_OF_A_CHARGER = 100

KEEP = """
INSERT INTO chargers_securityevent (charger_id, kind, info, at, reported_at)
SELECT c.id, t.kind, t.info, t.at, t.reported
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
    AS t(id, kind, info, at, reported)
JOIN chargers_charger c ON c.id = t.id
ON CONFLICT (charger_id, kind, reported_at) DO NOTHING
"""

FORGET = """
DELETE FROM chargers_securityevent WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY charger_id ORDER BY id DESC) AS place
        FROM chargers_securityevent WHERE charger_id = ANY(%s)
    ) AS mine WHERE place > %s
)
"""


def keep(jobs: list[Recorded]) -> list[None]:
    events: list[SecurityEvent] = [job.record for job in jobs]  # type: ignore[misc]  # apply groups jobs by record
    ids = [job.charger_id for job in jobs]
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            [
                ids,
                [one.kind for one in events],
                [one.info for one in events],
                [one.received_at for one in events],
                [one.reported_at for one in events],
            ],
        )
        cursor.execute(FORGET, [ids, MOST_OF_A_CHARGER])
    return [None] * len(jobs)
