"""What the page of one charger shows besides the charger itself; each list is bounded."""

from django.conf import settings

from chargers.models import Charger, Delivery, ReportedSetting, Transaction

SHOWN = 10
MOST_SETTINGS = 100


def gateway_address(device_id: str) -> str:
    """The URL to enter at the charger."""
    return f"{settings.GATEWAY_PUBLIC_URL.rstrip('/')}/{device_id}"


def recent_deliveries(charger: Charger) -> list[Delivery]:
    rows = Delivery.objects.filter(charger=charger).select_related("revision", "rollout").prefetch_related("events")
    return list(rows.order_by("-id")[:SHOWN])


def recent_transactions(charger: Charger) -> list[Transaction]:
    return list(Transaction.objects.filter(charger=charger).order_by("-id")[:SHOWN])


def reported_rows(charger: Charger) -> list[ReportedSetting]:
    return list(ReportedSetting.objects.filter(charger=charger).order_by("key")[:MOST_SETTINGS])
