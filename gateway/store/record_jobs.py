"""What sessions record of boots, statuses and jobs."""

from datetime import datetime

from django.db import connection

from gateway.ocpp16.records import Boot, DiagnosticsStatus, FirmwareStatus, Status
from gateway.store import diagnostics_jobs
from gateway.store.jobs import Recorded

BOOT_CHARGER = """
UPDATE chargers_charger c SET vendor = t.vendor, model = t.model, firmware = t.firmware, serial_number = t.serial
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[]) AS t(id, vendor, model, firmware, serial)
WHERE c.id = t.id
"""

BOOT_LINK = """
UPDATE chargers_chargerlink l SET boot_accepted = true, boot_number = t.number, booted_at = t.at,
    firmware_status = '', diagnostics_status = ''
FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[]) AS t(id, number, at) WHERE l.charger_id = t.id
"""

STATUS = """
INSERT INTO chargers_connector (charger_id, number, status, error_code, info, status_at, reported_at, boot_number)
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
                     %s::timestamptz[], %s::int[])
ON CONFLICT (charger_id, number) DO UPDATE SET status = excluded.status, error_code = excluded.error_code,
    info = excluded.info, status_at = excluded.status_at, reported_at = excluded.reported_at,
    boot_number = excluded.boot_number,
    ordered_out_at = CASE WHEN excluded.status NOT IN ('Available', 'Preparing', 'Reserved')
        THEN chargers_connector.ordered_out_at END,
    remote_start_at = CASE WHEN excluded.status = 'Preparing' THEN chargers_connector.remote_start_at END
"""

STATUS_LINK = """
UPDATE chargers_chargerlink l SET connector_count = greatest(l.connector_count, t.count),
    clock_offset_seconds = coalesce(t.clock, l.clock_offset_seconds)
FROM unnest(%s::bigint[], %s::int[], %s::float8[]) AS t(id, count, clock) WHERE l.charger_id = t.id
"""

SEEN = """
UPDATE chargers_chargerlink l SET last_seen_at = t.at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS t(id, at)
WHERE l.charger_id = t.id AND (l.last_seen_at IS NULL OR l.last_seen_at < t.at - interval '5 seconds')
"""


def boot(jobs: list[Recorded]) -> list[None]:
    ids = [job.charger_id for job in jobs]
    boots: list[Boot] = [job.record for job in jobs]  # type: ignore[misc]  # apply groups jobs by record
    with connection.cursor() as cursor:
        cursor.execute(
            BOOT_CHARGER,
            [
                ids,
                [one.vendor for one in boots],
                [one.model for one in boots],
                [one.firmware for one in boots],
                [one.serial_number for one in boots],
            ],
        )
        cursor.execute(BOOT_LINK, [ids, [one.boot_number for one in boots], [one.received_at for one in boots]])
    return [None] * len(jobs)


def status(jobs: list[Recorded]) -> list[None]:
    ids = [job.charger_id for job in jobs]
    statuses: list[Status] = [job.record for job in jobs]  # type: ignore[misc]  # apply groups jobs by record
    with connection.cursor() as cursor:
        cursor.execute(
            STATUS,
            [
                ids,
                [one.connector for one in statuses],
                [one.status for one in statuses],
                [one.error_code for one in statuses],
                [one.info for one in statuses],
                [one.received_at for one in statuses],
                [one.reported_at for one in statuses],
                [one.boot_number for one in statuses],
            ],
        )
        counts = [one.connector_count for one in statuses]
        cursor.execute(STATUS_LINK, [ids, counts, [one.clock_offset_seconds for one in statuses]])
    return [None] * len(jobs)


def firmware_status(jobs: list[Recorded]) -> list[None]:
    texts: list[FirmwareStatus] = [job.record for job in jobs]  # type: ignore[misc]  # apply groups jobs by record
    return _job_status("firmware_status", jobs, [one.status for one in texts])


def diagnostics_status(jobs: list[Recorded]) -> list[None]:
    texts: list[DiagnosticsStatus] = [job.record for job in jobs]  # type: ignore[misc]  # apply groups jobs by record
    diagnostics_jobs.hear([job.charger_id for job in jobs], [one.status for one in texts])
    return _job_status("diagnostics_status", jobs, [one.status for one in texts])


def _job_status(column: str, jobs: list[Recorded], texts: list[str]) -> list[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE chargers_chargerlink l SET {column} = t.status"  # noqa: S608  a column of ours
            " FROM unnest(%s::bigint[], %s::text[]) AS t(id, status) WHERE l.charger_id = t.id",
            [[job.charger_id for job in jobs], texts],
        )
    return [None] * len(jobs)


def seen(jobs: list[Recorded]) -> None:
    """Every record proves life; written at most every few seconds per charger."""
    latest: dict[int, datetime] = {}
    for job in jobs:
        latest[job.charger_id] = job.record.received_at
    if latest:
        with connection.cursor() as cursor:
            cursor.execute(SEEN, [list(latest), list(latest.values())])
