"""How rows look in answers of the API."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from chargers.alarm_rows import alarms_of_charger
from chargers.backend_limits import limits_of
from chargers.backends import left_behind, upstream_of
from chargers.explain import explain, explain_delivery, explain_pause
from chargers.models import Charger, Delivery, Rollout
from chargers.rollout.policy import Policy
from chargers.selectors import connectors_of, delivery_counts, link_of, link_state_of


def show_charger(row: Charger) -> dict[str, Any]:
    """For rows of ``list_chargers`` (``with_limits``) or ``find_charger``."""
    link, state = link_of(row), link_state_of(row)
    on_its_way: list[Delivery] = getattr(row, "open_deliveries", [])
    return {
        "device_id": row.device_id,
        "name": row.name,
        "installation": row.installation_id,
        "circuit": row.circuit_id,
        "server_url": row.server_url,
        "max_current": float(row.max_current),
        "phase_rotation": row.phase_rotation,
        "charging_priority": row.charging_priority,
        "never_pause": row.never_pause,
        "link_state": state.value,
        "online": state.online,
        "last_seen_at": link.last_seen_at if link else None,
        "connectors": [
            {
                "number": connector.number,
                "status": connector.status,
                "error_code": connector.error_code,
                "info": connector.info,
                "status_at": connector.status_at,
                "current": current,
            }
            for connector, current in connectors_of(row)
        ],
        "vendor": row.vendor,
        "model": row.model,
        "firmware": row.firmware,
        "applied_revision": row.applied_revision.number if row.applied_revision else None,
        "applied_at": row.applied_at,
        "delivery": _open_delivery(on_its_way[0]) if on_its_way else None,
        "upstream": show_upstream(row),
        "left_behind": {"messages": left.left_count, "at": left.left_at} if (left := left_behind(row)) else None,
        "alarms": [
            {"code": alarm.code.value, "since": alarm.since, "detail": alarm.detail} for alarm in alarms_of_charger(row)
        ],
        "backend_limits": [asdict(limit) for limit in limits_of(row, timezone.now())],
        "created_at": row.created_at,
    }


def show_upstream(row: Charger) -> dict[str, Any] | None:
    upstream = upstream_of(row)
    if upstream is None:
        return None
    facts = upstream.facts
    return {
        "url": facts.url,
        "state": upstream.state.value,
        "since": facts.since,
        "connected_since": upstream.connected_since,
        "fault": facts.fault,
        "fault_detail": str(upstream.fault),
        "http_status": facts.http_status or None,
        "failures": facts.failures,
        "retry_at": facts.retry_at,
        "queued": facts.queued,
        "oldest_queued_at": facts.oldest_at,
    }


def _open_delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.pk,
        "rollout": row.rollout_id,
        "revision": row.revision.number,
        "state": row.state,
        "reason": row.reason,
    }


def show_rollouts(rows: Sequence[Rollout]) -> list[dict[str, Any]]:
    """One more query for all rows together."""
    counts = delivery_counts([row.pk for row in rows])
    return [
        {
            "id": row.pk,
            "installation": row.installation_id,
            "revision": row.revision.number,
            "mode": row.revision.mode,
            "state": row.shown_state.value,
            "policy": Policy.of(row.policy).plain(),
            "wave": row.wave,
            "released_at": row.released_at,
            "paused_at": row.paused_at,
            "pause_cause": row.pause_cause,
            "explanation": explain_pause(row.pause_cause) if row.paused_at else "",
            "created_by": row.revision.author_label,
            "created_at": row.created_at,
            "opened_at": row.opened_at,
            "finished_at": row.finished_at,
            "total": sum(count for _state, _reason, count in counts[row.pk]),
            "by_state": _summed(counts[row.pk]),
            "by_reason": [
                {"state": state, "reason": reason, "count": count} for state, reason, count in counts[row.pk]
            ],
        }
        for row in rows
    ]


def _summed(counts: Sequence[tuple[str, str, int]]) -> Mapping[str, int]:
    summed: dict[str, int] = {}
    for state, _reason, count in counts:
        summed[state] = summed.get(state, 0) + count
    return summed


def show_delivery(row: Delivery) -> dict[str, Any]:
    """For rows of ``list_deliveries``."""
    return {
        "id": row.pk,
        "device_id": row.charger.device_id,
        "name": row.charger.name,
        "state": row.state,
        "reason": row.reason,
        "explanation": explain_delivery(row),
        "attempts": row.attempts,
        "due_at": row.due_at,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "timeline": [
            {
                "at": event.at,
                "from_state": event.from_state,
                "to_state": event.to_state,
                "reason": event.reason,
                "explanation": explain(event.to_state, event.reason, event.detail),
                "detail": event.detail,
            }
            for event in row.events.all()
        ],
    }
