"""Orders and outcomes as plain JSON values, for the bus and for ``PushRecord``. Unknown members are ignored."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from chargers.links.base import PushOrder, PushOutcome, WriteResult


def order_to_plain(order: PushOrder) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(order)
    return plain


def order_from_plain(plain: Mapping[str, Any]) -> PushOrder:
    """Raises ValueError when it is not an order."""
    return msgspec.convert(dict(plain), PushOrder)


def outcome_to_plain(outcome: PushOutcome) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(outcome)
    return plain


def outcome_from_plain(plain: Mapping[str, Any]) -> PushOutcome:
    """Raises ValueError when it is not an outcome."""
    return msgspec.convert(dict(plain), PushOutcome)


def steps_to_results(steps: Iterable[Mapping[str, Any]]) -> tuple[WriteResult, ...]:
    """``PushRecord.steps``: ``{"key", "status"}`` after each answered write, ``{"action": "Reset"}`` before a reset."""
    return tuple(
        WriteResult(str(step.get("key") or step.get("action")), str(step.get("status", "")))
        for step in steps
        if step.get("key") or step.get("action")
    )
