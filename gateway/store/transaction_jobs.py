"""Charging sessions: stored once by content, whatever a charger repeats; and who may charge."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from gateway.central.authorize import Card, judge_tag
from gateway.ocpp16.records import Authorize, Meter, Sample, Start, StartStored, Stop, TagAnswer
from gateway.store import refused_tags, upstream_jobs
from gateway.store.jobs import Recorded
from installations.id_tag import normal_id_tag

# LIMIT keeps the planner from joining the whole view: each tag is an index look-up.
TAGS = """
SELECT t.place, coalesce(r.authorization_required, true), g.card_id IS NOT NULL, g.blocked, g.expires_at,
       g.parent_id_tag
FROM unnest(%s::int[], %s::bigint[], %s::text[]) AS t(place, charger_id, id_tag)
JOIN chargers_charger c ON c.id = t.charger_id
JOIN installations_installation i ON i.id = c.installation_id
LEFT JOIN installations_authenticationrevision r ON r.id = i.revision_id
LEFT JOIN LATERAL (
    SELECT * FROM installations_decidingcard d WHERE d.installation_id = i.id AND d.id_tag = t.id_tag LIMIT 1
) AS g ON true
"""

# The update of a conflict changes nothing but makes RETURNING answer the row that was there first.
START = """
INSERT INTO chargers_transaction (charger_id, connector, id_tag, id_tag_status, reservation_id, meter_start,
    started_at, start_received_at, stop_reason, stop_id_tag, orphan, flags)
SELECT t.*, '', '', false, '[]' FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::int[], %s::bigint[],
    %s::timestamptz[], %s::timestamptz[]) AS t
ON CONFLICT (charger_id, connector, id_tag, started_at, meter_start) WHERE NOT orphan
DO UPDATE SET connector = excluded.connector
RETURNING id, charger_id, connector, stop_received_at IS NULL
"""

# A new session on a connector ends what was still open there: its stop was lost.
END_OLDER = """
UPDATE chargers_transaction o SET stop_received_at = t.at, stop_reason = '', flags = o.flags || '["stop_lost"]'
FROM unnest(%s::int[], %s::bigint[], %s::int[], %s::timestamptz[]) AS t(id, charger_id, connector, at)
WHERE o.charger_id = t.charger_id AND o.connector = t.connector AND o.id < t.id
  AND o.stop_received_at IS NULL AND NOT o.orphan
"""

STOP = """
UPDATE chargers_transaction x SET meter_stop = t.meter_stop, stopped_at = t.stopped_at, stop_received_at = t.at,
    stop_reason = t.reason, stop_id_tag = t.id_tag, flags = x.flags || t.flags
FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[],
            %s::jsonb[]) AS t(id, charger_id, meter_stop, stopped_at, at, reason, id_tag, flags)
WHERE x.id = t.id AND x.charger_id = t.charger_id AND NOT x.orphan
  AND (x.stop_received_at IS NULL OR x.flags @> '["stop_lost"]')
"""

ORPHAN = """
INSERT INTO chargers_transaction (charger_id, connector, id_tag, id_tag_status, meter_stop, stopped_at,
    stop_received_at, stop_reason, stop_id_tag, foreign_id, orphan, flags)
SELECT t.charger_id, 0, '', '', t.meter_stop, t.stopped_at, t.at, t.reason, t.id_tag, t.foreign_id, true, t.flags
FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[],
            %s::jsonb[]) AS t(foreign_id, charger_id, meter_stop, stopped_at, at, reason, id_tag, flags)
WHERE NOT EXISTS (SELECT 1 FROM chargers_transaction x
                  WHERE x.id = t.foreign_id AND x.charger_id = t.charger_id AND NOT x.orphan)
ON CONFLICT (charger_id, foreign_id, stopped_at, meter_stop) WHERE orphan DO NOTHING
"""

METER = """
INSERT INTO chargers_metervalue (charger_id, connector, transaction_id, sampled_at, received_at, sampled_values, digest)
SELECT t.charger_id, coalesce(x.connector, t.connector), x.id, t.sampled_at, t.at, t.sampled, t.digest
FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::timestamptz[], %s::timestamptz[], %s::jsonb[], %s::bytea[])
    AS t(charger_id, connector, transaction_id, sampled_at, at, sampled, digest)
LEFT JOIN chargers_transaction x ON x.id = t.transaction_id AND x.charger_id = t.charger_id
ON CONFLICT (charger_id, digest) DO NOTHING
"""


def _judge_all(asked: Sequence[tuple[Recorded, str, datetime]]) -> list[TagAnswer]:
    """By the installation's cards, or where a backend authorises by what it said before."""
    native = [(job.charger_id, tag, at) for job, tag, at in asked if job.upward is None]
    bridged = [one for one in asked if one[0].upward is not None]
    by_cards, by_backend = iter(_judge(native) if native else ()), iter(upstream_jobs.judge(bridged) if bridged else ())
    return [next(by_cards if job.upward is None else by_backend) for job, _tag, _at in asked]


def _remember_refused(asked: Sequence[tuple[Recorded, str, datetime]], answers: Sequence[TagAnswer]) -> None:
    """Cards that could be added here; a backend's cards are the backend's."""
    pairs = [(one, answer) for one, answer in zip(asked, answers, strict=True) if one[0].upward is None]
    refused_tags.remember(
        [(job.charger_id, tag, at) for (job, tag, at), _answer in pairs], [answer for _one, answer in pairs]
    )


def _judge(pairs: Sequence[tuple[int, str, datetime]]) -> list[TagAnswer]:
    """For (charger, tag, time): what the installation says of the tag."""
    with connection.cursor() as cursor:
        cursor.execute(
            TAGS,
            [
                list(range(len(pairs))),
                [charger for charger, _tag, _at in pairs],
                [normal_id_tag(tag) for _charger, tag, _at in pairs],
            ],
        )
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    answers = []
    for place, (_charger, _tag, at) in enumerate(pairs):
        required, listed, blocked, expires_at, parent = rows.get(place, (True, False, None, None, None))
        card = Card(blocked, expires_at, parent or "") if listed else None
        answers.append(judge_tag(required=required, card=card, at=at))
    return answers


def authorize(jobs: list[Recorded]) -> list[TagAnswer]:
    asked: list[Authorize] = [job.record for job in jobs]  # type: ignore[misc]  # apply groups jobs by record
    questions = [(job, one.id_tag, one.received_at) for job, one in zip(jobs, asked, strict=True)]
    answers = _judge_all(questions)
    _remember_refused(questions, answers)
    return answers


def start(jobs: list[Recorded]) -> list[StartStored]:
    starts: list[Start] = [job.record for job in jobs]  # type: ignore[misc]  # apply groups jobs by record
    questions = [(job, one.id_tag, one.received_at) for job, one in zip(jobs, starts, strict=True)]
    tags = _judge_all(questions)
    _remember_refused(questions, tags)
    with connection.cursor() as cursor:
        cursor.execute(
            START,
            [
                [job.charger_id for job in jobs],
                [one.connector for one in starts],
                [one.id_tag for one in starts],
                [tag.status for tag in tags],
                [one.reservation_id for one in starts],
                [one.meter_start for one in starts],
                [one.started_at for one in starts],
                [one.received_at for one in starts],
            ],
        )
        # One job per charger in a wave: the charger tells the rows apart.
        rows = {row[1]: row for row in cursor.fetchall()}
        stored = [
            StartStored(rows[job.charger_id][0], tag, rows[job.charger_id][3])
            for job, tag in zip(jobs, tags, strict=True)
        ]
        opened = [(job, one) for job, one in zip(jobs, stored, strict=True) if one.open]
        cursor.execute(
            END_OLDER,
            [
                [one.transaction_id for _job, one in opened],
                [job.charger_id for job, _one in opened],
                [job.record.connector for job, _one in opened],  # type: ignore[union-attr]
                [job.record.received_at for job, _one in opened],
            ],
        )
    return stored


def stop(jobs: list[Recorded]) -> list[TagAnswer | None]:
    stops: list[Stop] = [job.record for job in jobs]  # type: ignore[misc]  # apply groups jobs by record
    columns: list[Any] = [
        [one.transaction_id for one in stops],
        [job.charger_id for job in jobs],
        [one.meter_stop for one in stops],
        [one.stopped_at for one in stops],
        [one.received_at for one in stops],
        [one.reason for one in stops],
        [one.id_tag for one in stops],
        [json.dumps(one.flags) for one in stops],
    ]
    with connection.cursor() as cursor:
        cursor.execute(STOP, columns)
        cursor.execute(ORPHAN, columns)
    _keep_samples(
        [
            (job.charger_id, 0, one.transaction_id, one.received_at, one.samples)
            for job, one in zip(jobs, stops, strict=True)
        ]
    )
    asked = [(job, one.id_tag, one.received_at) for job, one in zip(jobs, stops, strict=True) if one.id_tag]
    answers = iter(_judge_all(asked) if asked else [])
    return [next(answers) if one.id_tag else None for one in stops]


def meter(jobs: list[Recorded]) -> list[None]:
    meters: list[Meter] = [job.record for job in jobs]  # type: ignore[misc]  # apply groups jobs by record
    _keep_samples(
        [
            (job.charger_id, one.connector, one.transaction_id, one.received_at, one.samples)
            for job, one in zip(jobs, meters, strict=True)
        ]
    )
    return [None] * len(jobs)


def _keep_samples(rows: Sequence[tuple[int, int, int | None, datetime, Sequence[Sample]]]) -> None:
    flat = [
        (charger, connector, transaction, sample.sampled_at, at, sample.sampled_values, sample.digest)
        for charger, connector, transaction, at, samples in rows
        for sample in samples
    ]
    if flat:
        with connection.cursor() as cursor:
            cursor.execute(METER, [list(column) for column in zip(*flat, strict=True)])
