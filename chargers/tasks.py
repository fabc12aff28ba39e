"""Celery tasks: ids in, one service call each. Every one may be lost, doubled or late."""

import socket

from celery import shared_task
from django.utils import timezone

from chargers import doorbell
from chargers.models import WorkerHeartbeat
from chargers.rollout.reconcile import reconcile_batch
from chargers.services import changes, rollouts, sweeping, telling


@shared_task(name="chargers.open_deliveries")
def open_deliveries(rollout_id: int) -> None:
    if rollouts.open_deliveries(rollout_id):
        doorbell.ring_rollout(rollout_id)
    doorbell.ring_engine()


@shared_task(name="chargers.reconcile")
def reconcile() -> None:
    if reconcile_batch(call_for_help=doorbell.ring_engine):
        doorbell.ring_engine()


@shared_task(name="chargers.work_on_change")
def work_on_change(change_id: int) -> None:
    if changes.work_on(change_id):
        doorbell.ring_change(change_id)


@shared_task(name="chargers.sweep")
def sweep() -> None:
    WorkerHeartbeat.objects.update_or_create(name=socket.gethostname(), defaults={"seen_at": timezone.now()})
    for rollout_id in sweeping.unopened_rollouts():
        doorbell.ring_rollout(rollout_id)
    for change_id in changes.left_alone():
        doorbell.ring_change(change_id)
    sweeping.sweep()
    doorbell.ring_engine()


@shared_task(name="webhooks.watch")
def watch_for_webhooks() -> None:
    telling.tell_changes()
