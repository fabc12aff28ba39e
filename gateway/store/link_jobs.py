"""Connections: epochs, who is here, fences, link passwords, what chargers report of their configuration."""

import json
from collections import defaultdict
from typing import Any

from django.db import connection

from gateway.directory import Backend
from gateway.store import link_password_jobs
from gateway.store.jobs import (
    CloseFence,
    Connect,
    Disconnect,
    KeepCandidate,
    KeepReported,
    KeepReservations,
    LinkFacts,
    OrderOut,
    Raise,
)

CONNECT = """
INSERT INTO chargers_chargerlink (charger_id, node, epoch, connected_at, disconnected_at, last_seen_at,
    authenticated_with, remote_address, boot_accepted, boot_number, connector_count, firmware_status,
    diagnostics_status, alarm)
SELECT c.id, t.node, 1, t.at, NULL, t.at, t.slot, t.address, false, 0, 0, '', '', ''
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[]) AS t(id, node, slot, address, at)
JOIN chargers_charger c ON c.id = t.id
ON CONFLICT (charger_id) DO UPDATE SET
    node = excluded.node, epoch = chargers_chargerlink.epoch + 1, connected_at = excluded.connected_at,
    disconnected_at = NULL, last_seen_at = excluded.last_seen_at,
    authenticated_with = excluded.authenticated_with, remote_address = excluded.remote_address
RETURNING charger_id, epoch, boot_accepted, boot_number, connector_count, firmware_status, diagnostics_status,
    CASE WHEN fence_closed_at IS NULL THEN '{}' ELSE coalesce(fence_connectors, '{0}') END, reservations::text
"""

PROMOTE = """
UPDATE chargers_charger SET key_digest = candidate_key_digest, candidate_key_digest = NULL, directory_at = now()
WHERE id = ANY(%s) AND candidate_key_digest IS NOT NULL
"""

DISCONNECT = """
UPDATE chargers_chargerlink l SET disconnected_at = t.at
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS t(id, epoch, at)
WHERE l.charger_id = t.id AND l.epoch = t.epoch AND l.disconnected_at IS NULL
"""

REPORTED = """
INSERT INTO chargers_reportedsetting (charger_id, key, value, read_only, reported_at)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::boolean[], %s::timestamptz[])
ON CONFLICT (charger_id, key) DO UPDATE SET
    value = excluded.value, read_only = excluded.read_only, reported_at = excluded.reported_at
"""


def connect(jobs: list[Connect]) -> list[LinkFacts | None]:
    """Results are None for chargers deleted meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(
            CONNECT,
            [
                [job.charger_id for job in jobs],
                [job.node for job in jobs],
                [job.slot for job in jobs],
                [job.remote_address for job in jobs],
                [job.at for job in jobs],
            ],
        )
        links = {row[0]: row[1:] for row in cursor.fetchall()}
        shown = [job.charger_id for job in jobs if job.slot == "candidate"]
        if shown:
            cursor.execute(PROMOTE, [shown])
        link_password_jobs.logged_in(list(links), shown)
        connectors: dict[int, dict[int, str]] = defaultdict(dict)
        ordered_out: dict[int, set[int]] = defaultdict(set)
        cursor.execute(
            "SELECT c.charger_id, c.number, c.status, l.boot_number = c.boot_number, c.ordered_out_at IS NOT NULL"
            " FROM chargers_connector c JOIN chargers_chargerlink l ON l.charger_id = c.charger_id"
            " WHERE c.charger_id = ANY(%s)",
            [list(links)],
        )
        for charger_id, number, status, of_this_boot, out in cursor.fetchall():
            if of_this_boot:
                connectors[charger_id][number] = status
            if out and number:
                ordered_out[charger_id].add(number)
        running: dict[int, dict[int, int]] = defaultdict(dict)
        cursor.execute(
            "SELECT charger_id, id, connector FROM chargers_transaction"
            " WHERE charger_id = ANY(%s) AND stop_received_at IS NULL AND NOT orphan",
            [list(links)],
        )
        for charger_id, pk, connector in cursor.fetchall():
            running[charger_id][pk] = connector
        cursor.execute(
            'SELECT charger_id, url, "user", initial_id FROM chargers_upstreamlink'
            " WHERE charger_id = ANY(%s) AND url <> ''",
            [list(links)],
        )
        routes = {charger_id: Backend(*route) for charger_id, *route in cursor.fetchall()}
    ids = [job.charger_id for job in jobs]
    return [_facts(links.get(pk), connectors[pk], ordered_out[pk], running[pk], routes.get(pk)) for pk in ids]


def _facts(
    row: Any, connectors: dict[int, str], ordered_out: set[int], running: dict[int, int], route: Backend | None
) -> LinkFacts | None:
    if row is None:
        return None
    epoch, boot_accepted, boot_number, count, firmware, diagnostics, fence, reserved = row
    return LinkFacts(
        epoch, boot_accepted, boot_number, count, connectors, running, firmware, diagnostics, tuple(fence),
        frozenset(ordered_out), {int(number): until for number, until in json.loads(reserved or "{}").items()}, route,
    )  # fmt: skip


def disconnect(jobs: list[Disconnect]) -> list[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            DISCONNECT, [[job.charger_id for job in jobs], [job.epoch for job in jobs], [job.at for job in jobs]]
        )
    return [None] * len(jobs)


def raise_alarm(jobs: list[Raise]) -> list[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chargers_chargerlink l SET alarm = t.alarm, alarm_at = t.at"
            " FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS t(id, alarm, at) WHERE l.charger_id = t.id",
            [[job.charger_id for job in jobs], [job.alarm for job in jobs], [job.at for job in jobs]],
        )
    return [None] * len(jobs)


def close_fence(jobs: list[CloseFence]) -> list[bool]:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chargers_chargerlink l SET fence_closed_at = CASE WHEN t.numbers <> '{}' THEN now() END,"
            " fence_connectors = t.numbers::smallint[]"
            " FROM unnest(%s::bigint[], %s::text[]) AS t(id, numbers) WHERE l.charger_id = t.id",
            [[job.charger_id for job in jobs], ["{" + ",".join(map(str, job.connectors)) + "}" for job in jobs]],
        )
    return [True] * len(jobs)


def order_out(jobs: list[OrderOut]) -> list[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chargers_connector c SET ordered_out_at = CASE WHEN t.out THEN t.at END"
            " FROM unnest(%s::bigint[], %s::int[], %s::boolean[], %s::timestamptz[]) AS t(id, number, out, at)"
            " WHERE c.charger_id = t.id AND (t.number = 0 OR c.number = t.number)",
            [
                [job.charger_id for job in jobs],
                [job.connector for job in jobs],
                [job.out for job in jobs],
                [job.at for job in jobs],
            ],
        )
    return [None] * len(jobs)


def keep_reservations(jobs: list[KeepReservations]) -> list[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chargers_chargerlink l SET reservations = t.held"
            " FROM unnest(%s::bigint[], %s::jsonb[]) AS t(id, held) WHERE l.charger_id = t.id",
            [[job.charger_id for job in jobs], [json.dumps(dict(job.reservations)) for job in jobs]],
        )
    return [None] * len(jobs)


def keep_candidate(jobs: list[KeepCandidate]) -> list[bool]:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chargers_charger c SET candidate_key_digest = t.digest, directory_at = now()"
            " FROM unnest(%s::bigint[], %s::bytea[]) AS t(id, digest) WHERE c.id = t.id",
            [[job.charger_id for job in jobs], [job.digest for job in jobs]],
        )
    return [True] * len(jobs)


def keep_reported(jobs: list[KeepReported]) -> list[None]:
    rows = {
        (job.charger_id, key[:100]): (value[:1000] if value is not None else None, read_only, job.at)
        for job in jobs
        for key, (value, read_only) in job.settings.items()
    }
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                REPORTED,
                [
                    [charger_id for charger_id, _key in rows],
                    [key for _id, key in rows],
                    [value for value, _read_only, _at in rows.values()],
                    [read_only for _value, read_only, _at in rows.values()],
                    [at for _value, _read_only, at in rows.values()],
                ],
            )
    return [None] * len(jobs)
