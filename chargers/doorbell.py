"""Rings for the engine. A ring may be lost, doubled or late: the sweep finds what it was for."""

import structlog
from celery import current_app

log = structlog.get_logger(__name__)


def _send(task: str, *arguments: int) -> bool:
    """False: the broker is away; nothing is lost but time, and a save never fails for it."""
    try:
        current_app.send_task(task, args=list(arguments), retry=False, ignore_result=True)
    except Exception as error:
        log.warning("the doorbell is out of order", task=task, error=type(error).__name__)
        return False
    return True


def ring_rollout(rollout_id: int) -> bool:
    return _send("chargers.open_deliveries", rollout_id)


def ring_engine() -> bool:
    return _send("chargers.reconcile")
