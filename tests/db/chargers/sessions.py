"""Rows of charging sessions for tests of pages and API."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from chargers.models import Charger, MeterValue, Transaction

TEN = datetime(2026, 3, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def session(
    charger: Charger, at: datetime = TEN, *, hours: float | None = 1, wh: int | None = 5000, **more: Any
) -> Transaction:
    """A session from a register of 1,000 Wh; ``hours`` None: it runs."""
    ended = {} if hours is None else {
        "stopped_at": at + hours * HOUR, "stop_received_at": at + hours * HOUR, "stop_reason": "Local",
        "meter_stop": None if wh is None else 1000 + wh,
    }  # fmt: skip
    start = {"connector": 1, "id_tag": "CARD0", "meter_start": 1000, "started_at": at, "start_received_at": at}
    return Transaction.objects.create(charger=charger, **{**start, **ended, **more})


def orphan(charger: Charger, at: datetime = TEN, **more: Any) -> Transaction:
    row = {"connector": 0, "orphan": True, "foreign_id": -1, "stopped_at": at, "stop_received_at": at, "meter_stop": 9}
    return Transaction.objects.create(charger=charger, **{**row, **more})


def read(row: Transaction, minutes: float, wh: float, *more: dict[str, Any]) -> MeterValue:
    """What the charger told at ``minutes`` after the session's begin: its register, and ``more``."""
    at = row.began_at + timedelta(minutes=minutes)
    values = [{"value": str(wh), "unit": "Wh"}, *more]
    return MeterValue.objects.create(
        charger=row.charger, connector=row.connector, transaction=row, sampled_at=at, received_at=at,
        sampled_values=values, digest=hashlib.sha256(f"{row.pk} {at} {values}".encode()).digest(),
    )  # fmt: skip
