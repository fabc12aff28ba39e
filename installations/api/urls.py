"""Addresses of circuits, access, charge cards, webhooks and the audit trail, below /api/v1/."""

from django.urls import path

from installations.api.access import AccessView, GrantView
from installations.api.audit import AuditView
from installations.api.card_import import CardImportView
from installations.api.cards import CardsView, CardView
from installations.api.circuits import CircuitsView, CircuitView
from installations.api.webhooks import (
    WebhookDeliveriesView,
    WebhookDeliveryView,
    WebhookRedeliverView,
    WebhookSecretView,
    WebhooksView,
    WebhookTestView,
    WebhookView,
)

SITE = "installations/<id:installation_id>"
HOOK = "webhooks/<id:webhook_id>"

urlpatterns = [
    path(f"{SITE}/circuits/", CircuitsView.as_view(), name="api-circuits"),
    path(f"{SITE}/circuits/<id:circuit_id>/", CircuitView.as_view(), name="api-circuit"),
    path(f"{SITE}/access/", AccessView.as_view(), name="api-access"),
    path(f"{SITE}/access/<id:grant_id>/", GrantView.as_view(), name="api-grant"),
    path("id-tags/", CardsView.as_view(), name="api-id-tags"),
    path("id-tags/import/", CardImportView.as_view(), name="api-id-tags-import"),
    path("id-tags/<id:card_id>/", CardView.as_view(), name="api-id-tag"),
    path("webhooks/", WebhooksView.as_view(), name="api-webhooks"),
    path(f"{HOOK}/", WebhookView.as_view(), name="api-webhook"),
    path(f"{HOOK}/rotate-secret/", WebhookSecretView.as_view(), name="api-webhook-secret"),
    path(f"{HOOK}/test/", WebhookTestView.as_view(), name="api-webhook-test"),
    path(f"{HOOK}/deliveries/", WebhookDeliveriesView.as_view(), name="api-webhook-deliveries"),
    path(f"{HOOK}/deliveries/<id:delivery_id>/", WebhookDeliveryView.as_view(), name="api-webhook-delivery"),
    path(
        f"{HOOK}/deliveries/<id:delivery_id>/redeliver/", WebhookRedeliverView.as_view(), name="api-webhook-redeliver"
    ),
    path("audit/", AuditView.as_view(), name="api-audit"),
]
