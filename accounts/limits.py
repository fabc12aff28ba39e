"""Counts how often somebody comes, in fixed windows; one atomic statement, so that parallel processes share it."""

import secrets
from dataclasses import dataclass

from django.db import connection

COUNT = """
INSERT INTO accounts_ratewindow AS standing (subject, started_at, count) VALUES (%(subject)s, clock_timestamp(), 1)
ON CONFLICT (subject) DO UPDATE SET
  count = CASE WHEN standing.started_at <= clock_timestamp() - make_interval(secs => %(window)s)
               THEN 1 ELSE LEAST(standing.count + 1, 2000000000) END,
  started_at = CASE WHEN standing.started_at <= clock_timestamp() - make_interval(secs => %(window)s)
                    THEN clock_timestamp() ELSE standing.started_at END
RETURNING count, CEIL(EXTRACT(EPOCH FROM started_at + make_interval(secs => %(window)s) - clock_timestamp()))::int
"""
FORGET = "DELETE FROM accounts_ratewindow WHERE started_at < clock_timestamp() - interval '1 day'"

LOOK = """
SELECT count, CEIL(EXTRACT(EPOCH FROM started_at + make_interval(secs => %(window)s) - clock_timestamp()))::int
FROM accounts_ratewindow
WHERE subject = %(subject)s AND started_at > clock_timestamp() - make_interval(secs => %(window)s)
"""


@dataclass(frozen=True)
class Verdict:
    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int


def hit(subject: str, *, limit: int, window_seconds: int) -> Verdict:
    """Count one more for ``subject`` (100 characters at most). Call it outside a transaction: its row stays locked."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"subject": subject[:100], "window": window_seconds})
        count, reset = cursor.fetchone()
        if count == 1 and secrets.randbelow(500) == 0:
            cursor.execute(FORGET)
    return Verdict(count <= limit, limit, max(0, limit - count), max(1, reset))


def look(subject: str, *, limit: int, window_seconds: int) -> Verdict:
    """What ``hit`` would say, without counting."""
    with connection.cursor() as cursor:
        cursor.execute(LOOK, {"subject": subject[:100], "window": window_seconds})
        count, reset = cursor.fetchone() or (0, window_seconds)
    return Verdict(count < limit, limit, max(0, limit - count), max(1, reset))


def forget(subject: str) -> None:
    """Begin anew for ``subject``: it has shown itself worthy."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_ratewindow WHERE subject = %s", [subject[:100]])
