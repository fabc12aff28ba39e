"""Webhooks of an installation or an organisation: list, make, change, try out, and what each has sent."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.keyset import BadCursor, Page, read_page
from accounts.permissions import Action
from accounts.proof import needs_proof
from accounts.refusals import Refusal
from accounts.web import actor_of, is_unchanged, page, version_tag
from installations.models import Installation
from installations.web import installation_for, show_refusal
from installations.webhook_form import WebhookForm
from installations.webhook_models import DeliveryState, Webhook, WebhookDelivery
from installations.webhooks.access import (
    Owner,
    find_webhook,
    own_organisations,
    owner_of,
    require_webhooks,
    webhooks_of,
)
from installations.webhooks.body import message_id, payload_of
from installations.webhooks.glance import attempts_of, glance_at, glances, told
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
from installations.webhooks.outbox import is_late

PAGE_SIZE = 25


@login_required
def of_installation(request: HttpRequest, pk: int) -> HttpResponse:
    return _list(request, installation_for(request, pk, Action.VIEW_WEBHOOKS))


@login_required
def of_organisation(request: HttpRequest, pk: int) -> HttpResponse:
    return _list(request, _organisation_for(request, pk, Action.VIEW_WEBHOOKS))


@login_required
@never_cache
@needs_proof()
def new_of_installation(request: HttpRequest, pk: int) -> HttpResponse:
    return _new(request, installation_for(request, pk, Action.EDIT_WEBHOOKS))


@login_required
@never_cache
@needs_proof()
def new_of_organisation(request: HttpRequest, pk: int) -> HttpResponse:
    return _new(request, _organisation_for(request, pk, Action.EDIT_WEBHOOKS))


@login_required
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for itself every few seconds: 304 while nothing that it shows changed."""
    found = _webhook_for(request, pk, Action.VIEW_WEBHOOKS)
    return _show(request, found)


@login_required
@never_cache
@needs_proof()
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = _webhook_for(request, pk)
    form = WebhookForm(request.POST or None, initial=WebhookForm.standing(found))
    if request.method == "POST" and form.is_valid():
        expected = form.cleaned_data["expected_version"]
        try:
            update_webhook(webhook=found, actor=actor_of(request), changes=form.values(), expected_version=expected)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("webhook", pk)
    context = {**_shared(owner_of(found)), "webhook": found, "form": form}
    return page(request, "installations/webhook_form.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """``on`` is yes or no."""
    found = _webhook_for(request, pk)
    on = request.POST.get("on") == "yes"
    done = _("The webhook is switched on.") if on else _("The webhook is switched off: it sends nothing.")
    try:
        update_webhook(webhook=found, actor=actor_of(request), changes={"enabled": on})
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, done)
    return redirect("webhook", pk)


@login_required
@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """The page shows what became of it."""
    found = _webhook_for(request, pk)
    try:
        send_test(webhook=found, actor=actor_of(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("webhook", pk)


@login_required
@never_cache
@require_POST
@needs_proof()
def secret(request: HttpRequest, pk: int) -> HttpResponse:
    """The new secret is shown in this answer and never again."""
    found = _webhook_for(request, pk)
    try:
        shown = rotate_secret(webhook=found, actor=actor_of(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("webhook", pk)
    return _show(request, _webhook_for(request, pk), shown=shown)


@login_required
@require_POST
@needs_proof()
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    found = _webhook_for(request, pk)
    owner = owner_of(found)
    try:
        delete_webhook(webhook=found, actor=actor_of(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("The webhook was deleted."))
    return redirect(_list_name(owner), owner.pk)


@login_required
def delivery(request: HttpRequest, pk: int, delivery_pk: int) -> HttpResponse:
    found = _webhook_for(request, pk, Action.VIEW_WEBHOOKS)
    row = _delivery_of(found, delivery_pk)
    event = row.event
    payload = payload_of(event.kind, event.at, event.facts, settings.PORTAL_PUBLIC_URL)
    context = {
        **_shared(owner_of(found)),
        "webhook": found,
        "told": told(row),
        "attempts": attempts_of(row),
        "name": message_id(event.public_id),
        "body": json.dumps(payload, indent=2, ensure_ascii=False),
    }
    return page(request, "installations/webhook_delivery.html", context, partial="live")


@login_required
@require_POST
def again(request: HttpRequest, pk: int, delivery_pk: int) -> HttpResponse:
    """``back`` is delivery, or empty for the webhook's page."""
    found = _webhook_for(request, pk)
    try:
        send_again(delivery=_delivery_of(found, delivery_pk), actor=actor_of(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    if request.POST.get("back") == "delivery":
        return redirect("webhook_delivery", pk, delivery_pk)
    return redirect("webhook", pk)


def _list(request: HttpRequest, owner: Owner) -> HttpResponse:
    context = {**_shared(owner), "rows": glances(webhooks_of(owner)), "new_address": _new_address(owner)}
    return page(request, "installations/webhooks.html", context)


def _new(request: HttpRequest, owner: Owner) -> HttpResponse:
    """POST: the answer shows the secret, this once."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made, shown = create_webhook(owner=owner, actor=actor_of(request), **form.values())
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            return _show(request, made, shown=shown)
    context = {**_shared(owner), "form": form}
    return page(request, "installations/webhook_form.html", context, status=422 if form.errors else 200)


def _show(request: HttpRequest, found: Webhook, *, shown: str = "") -> HttpResponse:
    state = request.GET.get("state", "")
    state = state if state in DeliveryState.values else ""
    listed = _page_of(request, found, state)
    rows = [told(row) for row in listed.rows]
    late = found.enabled and is_late(found)
    facts = [(one.row.pk, one.row.state, one.row.attempts, one.row.due_at, one.under_way) for one in rows]
    version = (found.version, found.enabled, found.failing_since, late, state, facts, get_language())
    tag = version_tag(*version)
    if not shown and is_unchanged(request, tag):
        return HttpResponse(status=304)
    here = reverse("webhook", args=[found.pk])
    context = {
        **_shared(owner_of(found)),
        "webhook": found,
        "glance": glance_at(found),
        "shown": shown,
        "rows": rows,
        "page": listed,
        "state": state,
        "states": DeliveryState.choices,
        "late": late,
        "here": f"{here}?{request.GET.urlencode()}" if request.GET else here,
        "soon": any(one.soon for one in rows),
        "tag_json": json.dumps(tag),
    }
    response = page(request, "installations/webhook.html", context, partial="live")
    response["ETag"] = tag
    return response


def _page_of(request: HttpRequest, found: Webhook, state: str) -> Page[WebhookDelivery]:
    cursor = request.GET.get("cursor", "")
    try:
        return read_page(list_deliveries(found, state=state), order=DELIVERY_ORDER, cursor=cursor, size=PAGE_SIZE)
    except BadCursor:
        raise Http404 from None


def _webhook_for(request: HttpRequest, pk: int, action: Action = Action.EDIT_WEBHOOKS) -> Webhook:
    """Raises Http404 for foreign and nonexistent ones alike, Forbidden where a role is missing."""
    found = find_webhook(actor_of(request), pk)
    if found is None:
        raise Http404
    require_webhooks(actor_of(request), owner_of(found), action)
    return found


def _organisation_for(request: HttpRequest, pk: int, action: Action) -> Owner:
    found = own_organisations(actor_of(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    require_webhooks(actor_of(request), found, action)
    return found


def _delivery_of(found: Webhook, delivery_pk: int) -> WebhookDelivery:
    row = list_deliveries(found).select_related("webhook").filter(pk=delivery_pk).first()
    if row is None:
        raise Http404
    return row


def _shared(owner: Owner) -> dict[str, Any]:
    address = reverse(_list_name(owner), args=[owner.pk])
    if isinstance(owner, Installation):
        return {"section": "installations", "installation": owner, "tab": "settings", "list_address": address}
    return {"section": "account", "organisation": owner, "list_address": address}


def _list_name(owner: Owner) -> str:
    return "installation_webhooks" if isinstance(owner, Installation) else "organisation_webhooks"


def _new_address(owner: Owner) -> str:
    name = "webhook_new" if isinstance(owner, Installation) else "organisation_webhook_new"
    return reverse(name, args=[owner.pk])
