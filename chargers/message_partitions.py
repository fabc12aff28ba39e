"""The days of the message log: partitions made ahead of time, and dropped as a whole when they are old.

Making and dropping one needs the whole table for a moment: it waits no longer than a second for it, and whoever comes
next tries again.
"""

from datetime import UTC, date, datetime, timedelta

from django.db import OperationalError, connection, transaction

TABLE = "chargers_message"
DAYS_AHEAD = 3
LOCK = 0x6D657373  # one maker at a time

STANDING = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass
"""


def partition_name(day: date) -> str:
    return f"{TABLE}_{day:%Y%m%d}"


def ensure_partition(day: date) -> None:
    """Make the partition of a UTC day unless it stands. Raises OperationalError when the table is in use too long."""
    if partition_name(day) in _standing():
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '1s'")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {partition_name(day)} PARTITION OF {TABLE}"
            f" FOR VALUES FROM ('{day:%Y-%m-%d} 00:00+00') TO ('{day + timedelta(days=1):%Y-%m-%d} 00:00+00')"
        )


def keep_partitions(*, days: int) -> list[str]:
    """The next days' partitions stand, those older than ``days`` full days are gone; answers the names of the dropped.

    ``days`` 0: nothing is kept.
    """
    today = datetime.now(UTC).date()
    oldest = partition_name(today - timedelta(days=days)) if days else ""
    standing = _standing()
    wanted = {partition_name(today + timedelta(days=n)): n for n in range(DAYS_AHEAD + 1)} if days else {}
    old = sorted(name for name in standing if (not days or name < oldest))
    dropped = []
    try:
        for name, n in wanted.items():
            if name not in standing:
                ensure_partition(today + timedelta(days=n))
        for name in old:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '1s'")
                cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(name)}")
            dropped.append(name)
    except OperationalError:  # somebody reads for longer than that: the next sweep does it
        return dropped
    return dropped


def _standing() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [TABLE])
        return {row[0] for row in cursor.fetchall()}
