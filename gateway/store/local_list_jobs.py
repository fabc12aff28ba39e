"""What chargers' local lists hold, as they accepted it."""

import json

from django.db import connection

from gateway.store.jobs import KeepLocalList

# What failed is tried again after ten minutes, then ever later, at most after a day.
KEEP = """
INSERT INTO chargers_locallist AS l (charger_id, state, version, entries, digest, cards, left_out, firmware, changed_at,
    failures, retry_at)
SELECT t.*, CASE WHEN t.state = 'failed' THEN 1 ELSE 0 END,
       CASE WHEN t.state = 'failed' THEN t.at + interval '10 min' END
FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::jsonb[], %s::bytea[], %s::int[], %s::int[], %s::text[],
            %s::timestamptz[]) AS t(charger_id, state, version, entries, digest, cards, left_out, firmware, at)
JOIN chargers_charger c ON c.id = t.charger_id
ON CONFLICT (charger_id) DO UPDATE SET
    state = excluded.state, version = excluded.version, entries = excluded.entries, digest = excluded.digest,
    cards = excluded.cards, left_out = excluded.left_out, firmware = excluded.firmware,
    changed_at = excluded.changed_at,
    failures = CASE excluded.state WHEN 'failed' THEN l.failures + 1 WHEN 'sending' THEN l.failures ELSE 0 END,
    retry_at = CASE WHEN excluded.state = 'failed'
        THEN excluded.changed_at + least(interval '10 min' * power(2, least(l.failures, 8)), interval '1 day')
        ELSE excluded.retry_at END
"""


def keep(jobs: list[KeepLocalList]) -> list[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            [
                [job.charger_id for job in jobs],
                [job.state for job in jobs],
                [job.version for job in jobs],
                [json.dumps(job.entries) for job in jobs],
                [job.digest for job in jobs],
                [len(job.entries) for job in jobs],
                [job.left_out for job in jobs],
                [job.firmware for job in jobs],
                [job.at for job in jobs],
            ],
        )
    return [None] * len(jobs)
