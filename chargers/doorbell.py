"""Rings for the engine. A ring may be lost, doubled or late: the sweep finds what it was for."""

import time

import structlog
from celery import current_app

log = structlog.get_logger(__name__)


# When a ring last failed in this process, on the monotonic clock; 0: the last one was heard.
_failed_at = 0.0
REMEMBERED_SECONDS = 60.0


def out_of_order() -> bool:
    """The last ring of this process failed, a short while ago: what was saved starts with the next sweep."""
    return bool(_failed_at) and time.monotonic() - _failed_at < REMEMBERED_SECONDS


def _send(task: str, *arguments: int) -> bool:
    """False: the broker is away; nothing is lost but time, and a save never fails for it."""
    global _failed_at
    try:
        current_app.send_task(task, args=list(arguments), retry=False, ignore_result=True)
    except Exception as error:
        log.warning("the doorbell is out of order", task=task, error=type(error).__name__)
        _failed_at = time.monotonic()
        return False
    _failed_at = 0.0
    return True


def ring_rollout(rollout_id: int) -> bool:
    return _send("chargers.open_deliveries", rollout_id)


def ring_engine() -> bool:
    return _send("chargers.reconcile")


def ring_change(change_id: int) -> bool:
    return _send("chargers.work_on_change", change_id)
