"""One charger: its connectors, what it should hold beside what it reports, its deliveries and sessions."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Action
from accounts.refusals import Refusal
from accounts.web import actor_of, page
from chargers.details import gateway_address, recent_deliveries, recent_transactions, reported_rows
from chargers.forms.chargers import EditChargerForm
from chargers.models import Charger
from chargers.profiles import profile_for
from chargers.selectors import find_charger, link_of
from chargers.services.chargers import delete_charger, update_charger
from installations.access import may, require
from installations.web import show_refusal


def _charger_for(request: HttpRequest, device_id: str, action: Action = Action.VIEW) -> Charger:
    charger = find_charger(actor_of(request), device_id)
    if charger is None:
        raise Http404
    require(actor_of(request), charger.installation, action)
    return charger


@login_required
def charger(request: HttpRequest, device_id: str) -> HttpResponse:
    found = _charger_for(request, device_id)
    context = {
        "section": "installations",
        "charger": found,
        "link": link_of(found),
        "profile": profile_for(found.vendor, found.model, found.firmware) if found.vendor else None,
        "reported": reported_rows(found),
        "deliveries": recent_deliveries(found),
        "transactions": recent_transactions(found),
        "gateway_url": gateway_address(found.device_id),
        "may_edit": may(actor_of(request), found.installation, Action.EDIT_CHARGERS),
    }
    return page(request, "chargers/charger.html", context, partial="live")


@login_required
def edit(request: HttpRequest, device_id: str) -> HttpResponse:
    found = _charger_for(request, device_id, Action.EDIT_CHARGERS)
    standing = {"name": found.name, "circuit": found.circuit, "server_url": found.server_url}
    form = EditChargerForm(request.POST or None, initial=standing, installation=found.installation)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        changes = {
            "name": data["name"],
            "circuit": data["circuit"].pk if data["circuit"] else None,
            "server_url": data["server_url"],
        }
        try:
            update_charger(charger=found, actor=actor_of(request), changes=changes)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("charger", found.device_id)
    context = {"section": "installations", "charger": found, "form": form}
    return page(request, "chargers/charger_edit.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def delete(request: HttpRequest, device_id: str) -> HttpResponse:
    found = _charger_for(request, device_id, Action.EDIT_CHARGERS)
    try:
        delete_charger(charger=found, actor=actor_of(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("charger_edit", found.device_id)
    messages.success(request, _("The charger was deleted."))
    return redirect("installation_chargers", found.installation_id)
