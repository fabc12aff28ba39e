"""Fills a site with rows, and opens it as somebody."""

from django.test import Client
from django.utils import timezone

from accounts.models import User
from chargers.models import Charger, Connector, Delivery, DeliveryEvent, RefusedTag, Rollout
from chargers.services.rollouts import start_rollout
from installations.models import Circuit, IdTag, Installation
from installations.webhook_models import Webhook, WebhookDelivery, WebhookEvent
from installations.webhooks.managing import create_webhook
from tests.db.chargers.sessions import session
from tests.db.messages import say


def populate(site: Installation, first: int, count: int) -> Rollout:
    """Chargers with connectors, delivery, refused card and session; as many circuits, cards, messages, told events."""
    assert site.revision is not None
    rollout = Rollout.objects.filter(revision=site.revision).first() or start_rollout(site.revision, {})
    chargers = Charger.objects.bulk_create(
        Charger(device_id=f"ZCS{number:06}", installation=site, vendor="Portal Simulator", model="Keep")
        for number in range(first, first + count)
    )
    Connector.objects.bulk_create(
        Connector(charger=charger, number=number, status="Available", status_at=timezone.now())
        for charger in chargers
        for number in (0, 1)
    )
    deliveries = Delivery.objects.bulk_create(
        Delivery(rollout=rollout, charger=charger, revision=site.revision) for charger in chargers
    )
    DeliveryEvent.objects.bulk_create(DeliveryEvent(delivery=delivery, to_state="waiting") for delivery in deliveries)
    Circuit.objects.bulk_create(
        Circuit(installation=site, name=f"C{number}", max_current=32) for number in range(first, first + count)
    )
    IdTag.objects.bulk_create(
        IdTag(installation=site, id_tag=f"CARD{number}") for number in range(first, first + count)
    )
    RefusedTag.objects.bulk_create(
        RefusedTag(charger=charger, id_tag="NEW", status="Invalid", refused_at=timezone.now()) for charger in chargers
    )
    say(Charger.objects.get(device_id="ZCS000001"), count)
    webhooks(site, count)
    for number, charger in enumerate(chargers):
        session(charger, hours=None if number % 2 else 1, id_tag=f"CARD{number}")
    return rollout


def webhooks(site: Installation, count: int) -> Webhook:
    """As many; the first has told as many events, in vain."""
    kinds, actor = ["rollout.finished", "drift.found"], User.objects.earliest("pk")
    first = site.webhooks.order_by("pk").first()
    if first is None:
        first = create_webhook(owner=site, actor=actor, url="https://hooks.example.com/x", kinds=kinds)[0]
    Webhook.objects.bulk_create(
        Webhook(installation=site, url=first.url, kinds=kinds, secret_id=first.secret_id)
        for _number in range(count - 1)
    )
    now = timezone.now()
    events = WebhookEvent.objects.bulk_create(
        WebhookEvent(installation_id=site.pk, kind="webhook.test", at=now) for _number in range(count)
    )
    log = [{"at": now.isoformat(), "status": 500, "fault": "status_unexpected", "milliseconds": 30}]
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=first, event=event, state="failed", attempts=8, fault="status_unexpected", log=log)
        for event in events
    )
    return first


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
