"""A charger's password for its connection to the gateway: sent over the connection, or handed out once."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.permissions import Action
from accounts.proof import needs_proof
from accounts.refusals import Refusal
from accounts.web import actor_of, page
from chargers.details import recent_security_events
from chargers.models import Charger
from chargers.selectors import find_charger, link_of
from chargers.services.link_passwords import (
    cancel_rotation,
    hand_out_link_password,
    newest_change,
    rotate_link_password,
)
from installations.access import require


def _charger_to_edit(request: HttpRequest, device_id: str) -> Charger:
    found = find_charger(actor_of(request), device_id)
    if found is None:
        raise Http404
    require(actor_of(request), found.installation, Action.EDIT_CHARGERS)
    return found


@login_required
@needs_proof()
@never_cache
def link_password(request: HttpRequest, device_id: str) -> HttpResponse:
    """POST without ``by_hand`` sends it over the connection; with it, the answer shows the password, this once."""
    found = _charger_to_edit(request, device_id)
    credentials, status = None, 200
    if request.method == "POST":
        try:
            if "by_hand" in request.POST:
                revoke = "revoke_old" in request.POST
                credentials = hand_out_link_password(charger=found, actor=actor_of(request), revoke_old=revoke)[1]
            else:
                rotate_link_password(charger=found, actor=actor_of(request))
                messages.success(request, _("It is sent as soon as the charger is online and idle."))
                return redirect("charger_link_password", found.device_id)
        except Refusal as refusal:
            messages.error(request, str(refusal.detail))
            status = 409
    context = {
        "section": "installations",
        "installation": found.installation,
        "charger": found,
        "link": link_of(found),
        "change": newest_change(found),
        "credentials": credentials,
        "security_events": recent_security_events(found),
    }
    return page(request, "chargers/link_password.html", context, status=status)


@login_required
@require_POST
def cancel(request: HttpRequest, device_id: str) -> HttpResponse:
    found = _charger_to_edit(request, device_id)
    try:
        cancel_rotation(charger=found, actor=actor_of(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("Taken back: the password stays as it is."))
    return redirect("charger_link_password", found.device_id)
