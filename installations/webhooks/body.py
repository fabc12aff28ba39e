"""The body of an event: the same bytes however often it is tried. Pure."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

# What an event is about, most special first, and where that stands: below /api/v1/ and among the pages.
PLACES = (
    ("session", "sessions/{session}/", "sessions/{session}/"),
    ("delivery", "rollouts/{rollout}/deliveries/{delivery}/", "rollouts/{rollout}/deliveries/{delivery}/"),
    ("rollout", "rollouts/{rollout}/", "rollouts/{rollout}/"),
    ("device_id", "chargers/{device_id}/", "chargers/{device_id}/"),
    ("webhook", "webhooks/{webhook}/", "webhooks/{webhook}/"),
    ("installation", "installations/{installation}/", "installations/{installation}/"),
)


def message_id(public_id: UUID) -> str:
    return f"evt_{public_id.hex}"


def payload_of(kind: str, at: datetime, facts: Mapping[str, Any], portal: str) -> dict[str, Any]:
    """``portal``: its public address. What is not in ``facts`` is not told: they hold ids and states, no secrets."""
    moment = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"type": kind, "timestamp": moment, "data": {**facts, "links": _links(facts, portal.rstrip("/"))}}


def body_of(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def _links(facts: Mapping[str, Any], portal: str) -> dict[str, str]:
    for name, resource, page in PLACES:
        if name in facts:
            return {
                "api": f"{portal}/api/v1/{resource.format_map(facts)}",
                "page": f"{portal}/{page.format_map(facts)}",
            }
    return {}
