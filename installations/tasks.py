"""Celery tasks of the webhooks. Every one may be lost, doubled or late; what speaks to receivers has its own queue."""

from celery import shared_task

from installations.webhooks import keeping, sender
from installations.webhooks.ring import ring_if_needed, ring_sender


@shared_task(name="webhooks.ring")
def ring(watched: bool = False) -> None:
    ring_if_needed(watched=watched)


@shared_task(name="webhooks.deliver")
def deliver() -> None:
    if sender.deliver():
        ring_sender()


@shared_task(name="webhooks.tidy")
def tidy() -> None:
    keeping.tidy()
