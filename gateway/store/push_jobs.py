"""The gateway's own record of a push: intent before the first call, every answer, the outcome."""

import json

from django.db import connection

from chargers.rollout.due import LEASE_SECONDS
from gateway.store.jobs import BeginPush, EndPush, StepPush

BEGIN = """
INSERT INTO chargers_pushrecord (delivery_id, fencing, epoch, boot_number, begun_at, steps, result, outcome)
SELECT d.id, t.fencing, t.epoch, t.boot_number, clock_timestamp(), '[]', '', '{}'
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[]) AS t(id, fencing, epoch, boot_number)
JOIN chargers_delivery d ON d.id = t.id AND d.fencing = t.fencing AND d.state = 'pushing' AND d.lease_until > now()
JOIN chargers_rollout r ON r.id = d.rollout_id AND r.paused_at IS NULL AND r.state <> 'cancelled'
JOIN installations_installation i ON i.id = r.installation_id AND i.revision_id = d.revision_id
ON CONFLICT (delivery_id, fencing) DO NOTHING
RETURNING delivery_id
"""

STEP = """
UPDATE chargers_pushrecord p SET steps = p.steps || t.step
FROM unnest(%s::bigint[], %s::bigint[], %s::jsonb[]) AS t(id, fencing, step)
WHERE p.delivery_id = t.id AND p.fencing = t.fencing AND p.ended_at IS NULL
"""

# A ring keeps its earlier ``due_at``; without one it stays at the end of the lease.
LONGER = """
UPDATE chargers_delivery d SET lease_until = now() + make_interval(secs => %s),
    due_at = CASE WHEN d.due_at < d.lease_until THEN d.due_at ELSE now() + make_interval(secs => %s) END
FROM unnest(%s::bigint[], %s::bigint[]) AS t(id, fencing)
WHERE d.id = t.id AND d.fencing = t.fencing AND d.state = 'pushing'
RETURNING d.id
"""

END = """
UPDATE chargers_pushrecord p SET outcome = t.outcome, result = t.result, ended_at = clock_timestamp()
FROM unnest(%s::bigint[], %s::bigint[], %s::jsonb[], %s::text[]) AS t(id, fencing, outcome, result)
WHERE p.delivery_id = t.id AND p.fencing = t.fencing AND p.ended_at IS NULL
"""

GRACE_SECONDS = 5


def begin(jobs: list[BeginPush]) -> list[bool]:
    with connection.cursor() as cursor:
        cursor.execute(
            BEGIN,
            [
                [job.delivery_id for job in jobs],
                [job.fencing for job in jobs],
                [job.epoch for job in jobs],
                [job.boot_number for job in jobs],
            ],
        )
        begun = {row[0] for row in cursor.fetchall()}
    return [job.delivery_id in begun for job in jobs]


def step(jobs: list[StepPush]) -> list[bool]:
    ids, fencings = [job.delivery_id for job in jobs], [job.fencing for job in jobs]
    with connection.cursor() as cursor:
        cursor.execute(STEP, [ids, fencings, [json.dumps([dict(job.step)]) for job in jobs]])
        cursor.execute(LONGER, [LEASE_SECONDS, LEASE_SECONDS, ids, fencings])
        standing = {row[0] for row in cursor.fetchall()}
    return [job.delivery_id in standing for job in jobs]


def end(jobs: list[EndPush]) -> list[None]:
    ids, fencings = [job.delivery_id for job in jobs], [job.fencing for job in jobs]
    with connection.cursor() as cursor:
        outcomes = [json.dumps(dict(job.outcome)) for job in jobs]
        cursor.execute(END, [ids, fencings, outcomes, [str(job.outcome["result"]) for job in jobs]])
        cursor.execute(LONGER, [GRACE_SECONDS, GRACE_SECONDS, ids, fencings])
    return [None] * len(jobs)
