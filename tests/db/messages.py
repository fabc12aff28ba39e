"""Messages of a charger in the log, as the gateway would have put them there."""

from datetime import UTC, datetime, timedelta
from itertools import count as counting
from typing import Any

from chargers.message_partitions import ensure_partition
from chargers.models import Charger, Message

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
_numbers = counting(1)


def say(charger: Charger, count: int = 1, **fields: Any) -> list[Message]:
    """``count`` heartbeats, a second apart from noon on; or whatever ``fields`` say."""
    at = fields.pop("at", NOON)
    ensure_partition(at.astimezone(UTC).date())
    answered: dict[str, Any] = {
        "direction": "from_charger", "action": "Heartbeat", "message_id": "1", "outcome": "answered",
        "latency_seconds": 0.0123, "payload": "{}", "answer": '{"currentTime":"2026-01-01T00:00:00Z"}',
    }  # fmt: skip
    return Message.objects.bulk_create(
        Message(id=next(_numbers), at=at + timedelta(seconds=number), charger=charger, **{**answered, **fields})
        for number in range(count)
    )
