"""Rings for the sender. A ring may be lost, doubled or late: beat has the outbox looked at every few seconds."""

import secrets

import structlog
from celery import current_app

from installations.webhooks.outbox import anybody_listens, waiting_and_overdue

log = structlog.get_logger(__name__)

# Then no process takes the rings up: they are not to fill the broker.
UNHEARD_SECONDS = 600
SELDOM = 12


def ring_sender() -> None:
    _ring("webhooks.deliver")


def ring_if_needed(*, watched: bool) -> None:
    """For beat. Where no webhook is on, nobody is rung for. ``watched``: there is something to look for as well."""
    _waiting, overdue = waiting_and_overdue()
    if overdue > UNHEARD_SECONDS and secrets.randbelow(SELDOM):
        return
    if overdue:
        ring_sender()
    if watched and anybody_listens():
        _ring("webhooks.watch")


def _ring(task: str) -> None:
    """A save never fails because the broker is away."""
    try:
        current_app.send_task(task, retry=False, ignore_result=True, expires=30)
    except Exception as error:
        log.warning("the doorbell is out of order", task=task, error=type(error).__name__)
