"""Sends a charger its list of cards anew."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.permissions import Action
from accounts.refusals import Refusal
from accounts.web import actor_of
from chargers.selectors import find_charger
from chargers.services.local_lists import send_local_list
from installations.access import require


@login_required
@require_POST
def send(request: HttpRequest, device_id: str) -> HttpResponse:
    found = find_charger(actor_of(request), device_id)
    if found is None:
        raise Http404
    require(actor_of(request), found.installation, Action.COMMAND_CHARGERS)
    try:
        send_local_list(charger=found, actor=actor_of(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("The list is sent as soon as the charger is connected."))
    return redirect("charger", found.device_id)
