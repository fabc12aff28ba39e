"""Figures for Prometheus, read from the database when asked: the same whichever process answers."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chargers.models import Charger, Delivery, GatewayNode, Transaction, WorkerHeartbeat
from chargers.rollout.states import OPEN_STATES
from chargers.selectors import online_links
from installations.models import Installation
from installations.webhooks.outbox import waiting_and_overdue


class PortalCollector(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = timezone.now()
        yield _gauge("portal_installations", "Installations.", Installation.objects.count())
        yield _gauge("portal_chargers", "Registered chargers.", Charger.objects.count())
        online = Charger.objects.filter(online_links(now)).count()
        yield _gauge("portal_chargers_online", "Chargers online and booted.", online)
        running = Transaction.objects.filter(stop_received_at__isnull=True, orphan=False).count()
        yield _gauge("portal_transactions_open", "Charging sessions running.", running)
        yield _deliveries()
        waiting, overdue = waiting_and_overdue()
        yield _gauge("portal_webhook_events_waiting", "Events on their way to a webhook.", waiting)
        yield _gauge("portal_webhook_overdue_seconds", "Age of the oldest event that nobody sends.", overdue)
        yield _ages("portal_gateway_seen_seconds", "Seconds since a gateway was heard of.", GatewayNode, now)
        yield _ages("portal_worker_seen_seconds", "Seconds since a worker did its work.", WorkerHeartbeat, now)


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, value=value)


def _deliveries() -> GaugeMetricFamily:
    family = GaugeMetricFamily("portal_deliveries_open", "Open deliveries.", labels=["state", "reason"])
    rows = Delivery.objects.filter(state__in=sorted(OPEN_STATES)).order_by().values_list("state", "reason")
    for state, reason, count in rows.annotate(count=Count("pk")):
        family.add_metric([state, reason], count)
    return family


def _ages(
    name: str, help_text: str, kind: type[GatewayNode] | type[WorkerHeartbeat], now: datetime
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=["name"])
    for row in kind._default_manager.order_by("name"):
        family.add_metric([row.name], (now - row.seen_at).total_seconds())
    return family


def registry() -> CollectorRegistry:
    found = CollectorRegistry(auto_describe=False)
    found.register(PortalCollector())
    return found
