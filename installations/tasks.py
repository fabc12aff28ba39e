"""Celery tasks of the webhooks, on a queue of their own. Every one may be lost, doubled or late."""

from celery import shared_task

from installations.webhooks import keeping, sender
from installations.webhooks.ring import ring_sender


@shared_task(name="webhooks.deliver")
def deliver() -> None:
    if sender.deliver():
        ring_sender()


@shared_task(name="webhooks.tidy")
def tidy() -> None:
    keeping.tidy()
