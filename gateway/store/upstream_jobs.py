"""What goes up to backends: queued in the transaction that keeps the record, ended when the backend has answered."""

import hashlib
from collections.abc import Container, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from gateway.bridge.offline import TAKEN, judge_offline
from gateway.ocpp16.records import Meter, Start, StartStored, Stop, TagAnswer
from gateway.store.jobs import (
    EndMessages,
    KeepTag,
    Lifted,
    MapTransaction,
    Recorded,
    Reroute,
    TellUpstream,
    Upward,
)
from installations.id_tag import normal_id_tag

DURABLE = (Start, Stop, Meter)
SAME = {
    "StartTransaction": ("connectorId", "idTag", "timestamp", "meterStart"),
    "StopTransaction": ("transactionId", "timestamp", "meterStop"),
}
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode

# Dependents of a session that was told to another backend, or to none, are nothing for this one ("left"). ``fresh``:
# the session's start is in this very batch.
QUEUE = """
INSERT INTO chargers_upstreammessage
    (charger_id, url, action, payload, transaction_id, digest, queued_at, ended_at, outcome)
SELECT t.charger_id, t.url, t.action, t.payload, x.id, t.digest, t.at, CASE WHEN s.foreign THEN now() END,
       CASE WHEN s.foreign THEN 'left' ELSE '' END
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::jsonb[], %s::int[], %s::bytea[], %s::timestamptz[], %s::boolean[])
    WITH ORDINALITY AS t(charger_id, url, action, payload, transaction_id, digest, at, fresh, place)
LEFT JOIN chargers_transaction x ON x.id = t.transaction_id AND x.charger_id = t.charger_id AND NOT x.orphan
CROSS JOIN LATERAL (SELECT x.id IS NOT NULL AND NOT t.fresh AND NOT EXISTS (
    SELECT 1 FROM chargers_upstreammessage m
    WHERE m.transaction_id = x.id AND m.action = 'StartTransaction' AND m.url = t.url) AS foreign) s
ORDER BY t.place
ON CONFLICT (charger_id, digest) DO NOTHING
RETURNING CASE WHEN ended_at IS NULL THEN id ELSE 0 END, charger_id, digest, transaction_id
"""

OFFLINE = """
SELECT t.place, i.offline_authorization, upper(coalesce(a.default_id_tag, '')) = t.id_tag AND t.id_tag <> '',
       b.status, b.expires_at, b.parent_id_tag
FROM unnest(%s::int[], %s::bigint[], %s::text[]) AS t(place, charger_id, id_tag)
JOIN chargers_charger c ON c.id = t.charger_id
JOIN installations_installation i ON i.id = c.installation_id
LEFT JOIN chargers_upstreamlink u ON u.charger_id = c.id
LEFT JOIN installations_authenticationrevision a ON a.id = coalesce(c.applied_revision_id, u.revision_id)
LEFT JOIN chargers_backendtag b ON b.installation_id = i.id AND b.id_tag = t.id_tag
"""

TELL = """
UPDATE chargers_upstreamlink u SET state = t.state, fault = t.fault, http_status = t.status, failures = t.failures,
    retry_at = t.retry_at, since = CASE WHEN u.state = t.state AND u.fault = t.fault THEN u.since ELSE now() END,
    secret_id = CASE WHEN t.state = 'connected' THEN coalesce(t.shown, u.secret_id) ELSE u.secret_id END,
    candidate_id = CASE WHEN t.state = 'connected' AND u.candidate_id = t.shown THEN NULL ELSE u.candidate_id END
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::timestamptz[], %s::bigint[])
    AS t(id, holder, state, fault, status, failures, retry_at, shown)
WHERE u.charger_id = t.id AND u.holder = t.holder
"""

REROUTE = """
WITH wanted AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
    AS t(id, url, login, initial_id, revision_id)
), gone AS (
    UPDATE chargers_upstreammessage m SET ended_at = now(), outcome = 'left' FROM wanted t
    WHERE m.charger_id = t.id AND m.ended_at IS NULL AND m.url <> t.url RETURNING m.charger_id
), lost AS (SELECT charger_id, count(*) AS messages FROM gone GROUP BY charger_id)
INSERT INTO chargers_upstreamlink (charger_id, url, "user", initial_id, revision_id, left_count, left_at, state, since,
    fault, http_status, failures, holder, key_url)
SELECT t.id, t.url, t.login, t.initial_id, t.revision_id, coalesce(l.messages, 0),
    CASE WHEN l.messages > 0 THEN now() END, 'closed', now(), '', 0, 0, '', t.url
FROM wanted t JOIN chargers_charger c ON c.id = t.id LEFT JOIN lost l ON l.charger_id = t.id
ON CONFLICT (charger_id) DO UPDATE SET url = excluded.url, "user" = excluded."user", initial_id = excluded.initial_id,
    revision_id = excluded.revision_id, left_count = excluded.left_count, left_at = excluded.left_at,
    state = 'closed', since = now(), fault = '', http_status = 0, failures = 0, retry_at = NULL
"""

END = """
UPDATE chargers_upstreammessage m SET ended_at = now(), outcome = t.outcome
FROM unnest(%s::bigint[], %s::text[]) AS t(id, outcome) WHERE m.id = t.id AND m.ended_at IS NULL
"""

MAP = """
INSERT INTO chargers_upstreamtransaction (transaction_id, url, backend_id, status)
SELECT * FROM unnest(%s::int[], %s::text[], %s::bigint[], %s::text[])
ON CONFLICT (transaction_id) DO UPDATE SET url = excluded.url, backend_id = excluded.backend_id,
    status = excluded.status
"""

# Why the charger is told to stop, beside the session itself.
REFUSED = """
UPDATE chargers_transaction SET flags = flags || jsonb_build_array('refused_by_backend')
WHERE id = ANY(%s) AND NOT flags @> '["refused_by_backend"]'
"""

TAG = """
INSERT INTO chargers_backendtag (installation_id, id_tag, status, expires_at, parent_id_tag, answered_at)
SELECT DISTINCT ON (c.installation_id, t.id_tag) c.installation_id, t.id_tag, t.status, t.expires_at, t.parent, now()
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::boolean[])
    WITH ORDINALITY AS t(charger_id, id_tag, status, expires_at, parent, ordered, place)
JOIN chargers_charger c ON c.id = t.charger_id
LEFT JOIN chargers_backendtag b ON b.installation_id = c.installation_id AND b.id_tag = t.id_tag
WHERE NOT t.ordered OR b.id IS NULL OR b.status <> 'Accepted' OR b.expires_at <= now()
ORDER BY c.installation_id, t.id_tag, t.place DESC
ON CONFLICT (installation_id, id_tag) DO UPDATE SET status = excluded.status, expires_at = excluded.expires_at,
    parent_id_tag = excluded.parent_id_tag, answered_at = excluded.answered_at
"""


def queue(jobs: Sequence[Any], results: list[Any]) -> None:
    """Beside the records just applied: their messages, each once by content. Results become ``Lifted``."""
    places = [
        place for place, job in enumerate(jobs)
        if isinstance(job, Recorded) and job.upward is not None and isinstance(job.record, DURABLE)
    ]  # fmt: skip
    if not places:
        return
    begun = {results[place].transaction_id for place in places if isinstance(results[place], StartStored)}
    rows = [_row(jobs[place], results[place], begun) for place in places]
    with connection.cursor() as cursor:
        cursor.execute(QUEUE, [list(column) for column in zip(*rows, strict=True)])
        new = {(row[1], bytes(row[2])): (row[0], row[3]) for row in cursor.fetchall()}
    for place, row in zip(places, rows, strict=True):
        number, transaction_id = new.pop((row[0], row[5]), (0, None))
        results[place] = Lifted(results[place], number, transaction_id)


def _row(
    job: Recorded, result: Any, begun: Container[int | None]
) -> tuple[int, str, str, str, int | None, bytes, datetime, bool]:
    upward = job.upward
    assert upward is not None
    number = result.transaction_id if isinstance(result, StartStored) else getattr(job.record, "transaction_id", None)
    digest = hashlib.sha256(f"{upward.url}\0{upward.action}\0".encode() + _content(upward)).digest()
    at = job.record.received_at
    return job.charger_id, upward.url, upward.action, upward.payload.decode(), number, digest, at, number in begun


def _content(upward: Upward) -> bytes:
    """What makes a message the same one when a charger repeats it."""
    payload = _decode(upward.payload)
    names = SAME.get(upward.action)
    return _encode([payload.get(name) for name in names] if names else payload)


def judge(asked: Sequence[tuple[Recorded, str, datetime]]) -> list[TagAnswer]:
    """Without the backend: by what it said before and by the installation's choice."""
    with connection.cursor() as cursor:
        cursor.execute(
            OFFLINE,
            [
                list(range(len(asked))),
                [job.charger_id for job, _tag, _at in asked],
                [normal_id_tag(tag) for _job, tag, _at in asked],
            ],
        )
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    answers = []
    for place, (job, _tag, at) in enumerate(asked):
        policy, is_default, status, expires_at, parent = rows[place]
        known = TagAnswer(status, expires_at, parent) if status else None
        connected = job.upward is not None and job.upward.connected
        answers.append(judge_offline(policy, known, is_default=is_default, backend_will_say=connected, at=at))
    return answers


def reroute(jobs: list[Reroute]) -> list[bool]:
    rows = []
    for job in jobs:
        route = (job.backend.url, job.backend.user, job.backend.secret_id) if job.backend else ("", "", None)
        rows.append((job.charger_id, *route, job.revision_id))
    with connection.cursor() as cursor:
        cursor.execute(REROUTE, [list(column) for column in zip(*rows, strict=True)])
    return [True] * len(jobs)


def tell(jobs: list[TellUpstream]) -> list[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            TELL,
            [
                [job.charger_id for job in jobs], [job.holder for job in jobs], [job.state for job in jobs],
                [job.fault for job in jobs], [job.status for job in jobs], [job.failures for job in jobs],
                [job.retry_at for job in jobs], [job.shown for job in jobs],
            ],
        )  # fmt: skip
    return [None] * len(jobs)


def end_messages(jobs: list[EndMessages]) -> list[None]:
    pairs = [(number, job.outcome) for job in jobs for number in job.ids]
    with connection.cursor() as cursor:
        cursor.execute(END, [[number for number, _outcome in pairs], [outcome for _number, outcome in pairs]])
    return [None] * len(jobs)


def map_transaction(jobs: list[MapTransaction]) -> list[None]:
    """The mapping and the end of the message that brought it, in one transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            MAP,
            [
                [job.transaction_id for job in jobs], [job.url for job in jobs], [job.backend_id for job in jobs],
                [job.status for job in jobs],
            ],
        )  # fmt: skip
        refused = [job.transaction_id for job in jobs if job.status not in TAKEN]
        if refused:
            cursor.execute(REFUSED, [refused])
        ends = [(job.message_id, "delivered" if job.backend_id is not None else "refused") for job in jobs]
        cursor.execute(END, [[number for number, _outcome in ends], [outcome for _number, outcome in ends]])
    return [None] * len(jobs)


def keep_tag(jobs: list[KeepTag]) -> list[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            TAG,
            [
                [job.charger_id for job in jobs], [normal_id_tag(job.id_tag) for job in jobs],
                [job.tag.status for job in jobs], [job.tag.expires_at for job in jobs],
                [job.tag.parent_id_tag for job in jobs], [job.ordered for job in jobs],
            ],
        )  # fmt: skip
    return [None] * len(jobs)
