"""Webhooks: list, make, read, change, delete, give a new secret, try out; what they sent, and once more."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paging import ReasonQuery, page_of
from accounts.api.view import ResourceView, expected_version, tagged
from accounts.permissions import Action
from accounts.refusals import Invalid
from installations.access import require_scope
from installations.api.webhook_serializers import (
    NewlyMadeWebhookSerializer,
    NewWebhookSerializer,
    ReasonSerializer,
    WebhookChangeSerializer,
    WebhookDeliveryQuery,
    WebhookDeliverySerializer,
    WebhookQuery,
    WebhookSecretSerializer,
    WebhookSerializer,
    WholeWebhookDeliverySerializer,
)
from installations.selectors import find_installation
from installations.webhook_models import Webhook, WebhookDelivery
from installations.webhooks.access import (
    WEBHOOK_ORDER,
    Owner,
    find_webhook,
    list_webhooks,
    own_organisations,
    owner_of,
    require_webhooks,
)
from installations.webhooks.body import message_id, payload_of
from installations.webhooks.faults import SENTENCES
from installations.webhooks.managing import (
    DELIVERY_ORDER,
    create_webhook,
    delete_webhook,
    list_deliveries,
    rotate_secret,
    send_again,
    send_test,
    update_webhook,
)


class WebhookScopedView(ResourceView):
    def need(self, action: Action) -> None:
        require_scope(self.actor, Action.VIEW_WEBHOOKS)
        require_scope(self.actor, action)

    def webhook(self, action: Action = Action.VIEW_WEBHOOKS) -> Webhook:
        """The webhook of the address. 404 when foreign or absent, 403 when ``action`` is not allowed."""
        self.need(action)
        found = self.found(find_webhook(self.actor, self.kwargs["webhook_id"]))
        require_webhooks(self.actor, owner_of(found), action)
        return found

    def delivery(self, action: Action = Action.VIEW_WEBHOOKS) -> WebhookDelivery:
        rows = list_deliveries(self.webhook(action)).select_related("webhook")
        return self.found(rows.filter(pk=self.kwargs["delivery_id"]).first())

    def owner(self, body: Mapping[str, Any]) -> Owner:
        """The owner named in a body. A foreign one is as unknown as none."""
        if ("installation" in body) == ("organisation" in body):
            detail = _("Name either an installation or an organisation.")
            raise Invalid("one_of", detail, pointer="/installation")
        owner: Owner | None
        if "installation" in body:
            owner = find_installation(self.actor, body["installation"])
            detail, pointer = _("There is no such installation that you can see."), "/installation"
        else:
            owner = own_organisations(self.actor).filter(pk=body["organisation"]).first()
            detail, pointer = _("There is no such organisation that you can see."), "/organisation"
        if owner is None:
            raise Invalid(f"unknown_{pointer[1:]}", detail, pointer=pointer)
        require_webhooks(self.actor, owner, Action.EDIT_WEBHOOKS)
        return owner


class WebhooksView(WebhookScopedView):
    queries = {"GET": WebhookQuery}

    @extend_schema(
        parameters=[WebhookQuery], responses=page_of(WebhookSerializer), tags=["webhooks"], operation_id="webhooks"
    )
    def get(self, request: Request) -> Response:
        """The webhooks you may see: of installations where you are owner or service, of organisations you lead."""
        self.need(Action.VIEW_WEBHOOKS)
        rows = list_webhooks(self.actor)
        for name in ("installation", "organisation"):
            if (wanted := self.query.get(name)) is not None:
                rows = rows.filter(**{name: wanted})
        return self.page(rows, WEBHOOK_ORDER, lambda page: [show_webhook(row) for row in page])

    @extend_schema(
        request=NewWebhookSerializer,
        responses={201: NewlyMadeWebhookSerializer},
        tags=["webhooks"],
        operation_id="create_webhook",
    )
    def post(self, request: Request) -> Response:
        """Make a webhook of an installation or an organisation; the answer shows its secret, this once."""
        self.need(Action.EDIT_WEBHOOKS)
        return self.once(self._create)

    def _create(self) -> Response:
        body = self.read(NewWebhookSerializer)
        owner = self.owner(body)
        values = {name: value for name, value in body.items() if name not in {"installation", "organisation", "events"}}
        webhook, secret = create_webhook(owner=owner, actor=self.actor, kinds=body["events"], **values)
        location = {"Location": f"{self.request.path}{webhook.pk}/"}
        return tagged({**show_webhook(webhook), "secret": secret}, webhook.version, status=201, headers=location)


class WebhookView(WebhookScopedView):
    queries = {"DELETE": ReasonQuery}

    @extend_schema(responses=WebhookSerializer, tags=["webhooks"], operation_id="webhook")
    def get(self, request: Request, webhook_id: int) -> Response:
        """One webhook; never its secret."""
        row = self.webhook()
        return tagged(show_webhook(row), row.version)

    @extend_schema(
        request=WebhookChangeSerializer, responses=WebhookSerializer, tags=["webhooks"], operation_id="change_webhook"
    )
    def patch(self, request: Request, webhook_id: int) -> Response:
        """Change a webhook, or switch it off or on again; with If-Match only what you have read."""
        row = self.webhook(Action.EDIT_WEBHOOKS)
        changes = self.read(WebhookChangeSerializer, partial=True)
        reason = changes.pop("reason", "")
        if "events" in changes:
            changes["kinds"] = changes.pop("events")
        expected = expected_version(request, current=row.version, required=False)
        changed = update_webhook(
            webhook=row, actor=self.actor, changes=changes, expected_version=expected, reason=reason
        )
        return tagged(show_webhook(changed), changed.version)

    @extend_schema(parameters=[ReasonQuery], responses={204: None}, tags=["webhooks"], operation_id="delete_webhook")
    def delete(self, request: Request, webhook_id: int) -> Response:
        """Delete a webhook, with all that was or is to be sent."""
        delete_webhook(webhook=self.webhook(Action.EDIT_WEBHOOKS), actor=self.actor, reason=self.query["reason"])
        return Response(status=204)


class WebhookSecretView(WebhookScopedView):
    @extend_schema(
        request=ReasonSerializer,
        responses=WebhookSecretSerializer,
        tags=["webhooks"],
        operation_id="rotate_webhook_secret",
    )
    def post(self, request: Request, webhook_id: int) -> Response:
        """A new secret, shown this once. For 24 hours events are signed with the one before as well."""
        row = self.webhook(Action.EDIT_WEBHOOKS)
        return self.once(lambda: self._rotate(row))

    def _rotate(self, row: Webhook) -> Response:
        secret = rotate_secret(webhook=row, actor=self.actor, **self.read(ReasonSerializer))
        row.refresh_from_db(fields=["old_secret_until"])
        return Response({"secret": secret, "previous_secret_until": row.old_secret_until})


class WebhookTestView(WebhookScopedView):
    @extend_schema(
        request=ReasonSerializer,
        responses={202: WholeWebhookDeliverySerializer},
        tags=["webhooks"],
        operation_id="test_webhook",
    )
    def post(self, request: Request, webhook_id: int) -> Response:
        """Send a test event; follow it at the answer's Location."""
        row = self.webhook(Action.EDIT_WEBHOOKS)
        return self.once(lambda: self._test(row))

    def _test(self, row: Webhook) -> Response:
        self.read(ReasonSerializer)
        sent = send_test(webhook=row, actor=self.actor)
        place = self.request.path.removesuffix("test/") + f"deliveries/{sent.pk}/"
        return Response(show_whole(sent), status=202, headers={"Location": place})


class WebhookDeliveriesView(WebhookScopedView):
    queries = {"GET": WebhookDeliveryQuery}

    @extend_schema(
        parameters=[WebhookDeliveryQuery],
        responses=page_of(WebhookDeliverySerializer),
        tags=["webhooks"],
        operation_id="webhook_deliveries",
    )
    def get(self, request: Request, webhook_id: int) -> Response:
        """What a webhook sent or is to send, newest first."""
        rows = list_deliveries(self.webhook(), state=self.query["state"], kind=self.query["type"])
        return self.page(rows, DELIVERY_ORDER, lambda page: [show_delivery(row) for row in page])


class WebhookDeliveryView(WebhookScopedView):
    @extend_schema(responses=WholeWebhookDeliverySerializer, tags=["webhooks"], operation_id="webhook_delivery")
    def get(self, request: Request, webhook_id: int, delivery_id: int) -> Response:
        """One event on its way, with its body and every attempt."""
        return Response(show_whole(self.delivery()))


class WebhookRedeliverView(WebhookScopedView):
    @extend_schema(
        request=ReasonSerializer,
        responses={202: WholeWebhookDeliverySerializer},
        tags=["webhooks"],
        operation_id="redeliver",
    )
    def post(self, request: Request, webhook_id: int, delivery_id: int) -> Response:
        """Send the same event once more, under the same id, with all its attempts anew."""
        row = self.delivery(Action.EDIT_WEBHOOKS)
        return self.once(lambda: self._again(row))

    def _again(self, row: WebhookDelivery) -> Response:
        self.read(ReasonSerializer)
        return Response(show_whole(send_again(delivery=row, actor=self.actor)), status=202)


def show_webhook(row: Webhook) -> dict[str, Any]:
    return {
        "id": row.pk,
        "url": row.url,
        "description": row.description,
        "events": row.kinds,
        "enabled": row.enabled,
        "off_cause": row.off_cause,
        "off_at": row.off_at,
        "failing_since": row.failing_since,
        "previous_secret_until": row.old_secret_signs_until,
        "installation": row.installation_id,
        "organisation": row.organisation_id,
        "created_at": row.created_at,
    }


def show_delivery(row: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": row.pk,
        "event_id": message_id(row.event.public_id),
        "type": row.event.kind,
        "occurred_at": row.event.at,
        "state": row.state,
        "attempts": row.attempts,
        "attempted_at": row.attempted_at,
        "next_attempt_at": row.due_at,
        "status": row.status_code,
        "fault": row.fault,
        "detail": str(SENTENCES.get(row.fault, "")),
    }


def show_whole(row: WebhookDelivery) -> dict[str, Any]:
    event = row.event
    payload = payload_of(event.kind, event.at, event.facts, settings.PORTAL_PUBLIC_URL)
    return {**show_delivery(row), "payload": payload, "log": row.log}
