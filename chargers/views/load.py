"""The load of an installation: what its fuses give, who shares it, and what it is balanced by."""

import json
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Action
from accounts.refusals import Refusal
from accounts.web import actor_of, is_unchanged, page, version_tag, whole_number
from chargers.backend_limits import read_with_limits
from chargers.forms.load import LoadForm
from chargers.load_words import explain_share, explain_state, explain_what_next
from chargers.site_load import Holder, SiteView, read_site
from installations.access import allowed, require
from installations.forms import CircuitForm
from installations.models import Installation
from installations.selectors import find_installation
from installations.services.circuits import create_circuit, delete_circuit
from installations.services.installations import update_installation
from installations.web import in_site_time, installation_for, show_refusal

PAGE_SIZE = 50
LAST_PAGE = 1_000_000
FIELDS = tuple(LoadForm.base_fields)


@login_required
def load(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for its live part itself; 304 while nothing of it changed."""
    if request.method == "POST":
        return _save(request, pk)
    found, rights = _seen(request, pk)
    return _show(request, found, rights)


def _save(request: HttpRequest, pk: int) -> HttpResponse:
    installation = installation_for(request, pk, Action.EDIT_TECHNICAL)
    form = LoadForm(request.POST)
    if form.is_valid():
        try:
            update_installation(installation=installation, actor=actor_of(request), changes=form.cleaned_data)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("installation_load", pk)
    return _show(request, *_seen(request, pk), form=form)


@login_required
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    installation = installation_for(request, pk, Action.EDIT_TECHNICAL)
    on = request.POST.get("load_balancing") == "on"
    update_installation(installation=installation, actor=actor_of(request), changes={"load_balancing": on})
    messages.success(request, _("Load balancing is switched on.") if on else _("Load balancing is switched off."))
    return redirect("installation_load", pk)


@login_required
def circuits(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return redirect("installation_load", pk)
    installation = installation_for(request, pk, Action.EDIT_TECHNICAL)
    form = CircuitForm(request.POST, circuits=_choices(installation))
    if form.is_valid():
        try:
            create_circuit(installation=installation, actor=actor_of(request), **form.cleaned_data)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            return redirect("installation_load", pk)
    return _show(request, *_seen(request, pk), circuit_form=form)


@login_required
@require_POST
def circuit_delete(request: HttpRequest, pk: int, circuit_pk: int) -> HttpResponse:
    installation = installation_for(request, pk, Action.EDIT_TECHNICAL)
    circuit = installation.circuits.filter(pk=circuit_pk).first()
    if circuit is None:
        raise Http404
    try:
        delete_circuit(circuit=circuit, actor=actor_of(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("installation_load", pk)


def _seen(request: HttpRequest, pk: int) -> tuple[Installation, frozenset[Action]]:
    """The installation and what the person may do, with one look at the roles."""
    actor = actor_of(request)
    found = find_installation(actor, pk)
    if found is None:
        raise Http404
    rights = allowed(actor, found, Action.VIEW, Action.EDIT_TECHNICAL, Action.EDIT_CHARGERS)
    if actor.user.is_staff or Action.VIEW not in rights:
        require(actor, found, Action.VIEW)
    return found, rights


def _plain(value: Decimal | None) -> str:
    """Without an empty tenth."""
    return "" if value is None else f"{value:f}".removesuffix(".0")


def _choices(installation: Installation) -> list[tuple[int, str]]:
    return list(installation.circuits.order_by("name", "pk").values_list("pk", "name"))


def _show(
    request: HttpRequest,
    found: Installation,
    rights: frozenset[Action],
    form: LoadForm | None = None,
    circuit_form: CircuitForm | None = None,
) -> HttpResponse:
    now = timezone.now()
    number = min(max(whole_number(request.GET.get("cursor", "")), 1), LAST_PAGE)
    view = read_site(found, now, first=(number - 1) * PAGE_SIZE, size=PAGE_SIZE)
    rows = list(view.holders)
    read_with_limits(
        [holder.charger for holder in rows], [holder.session for holder in rows if holder.session is not None]
    )
    with in_site_time(found):
        tag = _version(view, rows, number)
    if form is None and circuit_form is None and is_unchanged(request, tag):
        return HttpResponse(status=304)
    names = [(fuse.circuit.pk, fuse.circuit.name) for fuse in view.fuses if fuse.circuit]
    context: dict[str, Any] = {
        "section": "installations",
        "installation": found,
        "tab": "load",
        "tag_json": json.dumps(tag),
        "view": view,
        "rows": rows,
        "sentence": explain_state(view),
        "what_next": explain_what_next(view),
        "page": {
            "previous": number - 1 if number > 1 else None,
            "next": number + 1 if view.more else None,
        },
        "form": form or LoadForm(initial={name: _plain(getattr(found, name)) for name in FIELDS}),
        "circuit_form": circuit_form or CircuitForm(circuits=sorted(names, key=lambda one: one[1])),
        "may_edit": Action.EDIT_TECHNICAL in rights,
        "may_edit_chargers": Action.EDIT_CHARGERS in rights,
    }
    refused = bool((form and form.errors) or (circuit_form and circuit_form.errors))
    response = page(request, "chargers/load.html", context, partial="live", status=422 if refused else 200)
    response["ETag"] = tag
    return response


def _version(view: SiteView, rows: list[Holder], number: int) -> str:
    """Of what the live part shows."""
    return version_tag(
        get_language(),
        (number, view.state, view.installation.version, view.more, view.charging),
        view.base_load,
        [(fuse.circuit and (fuse.circuit.pk, fuse.circuit.name), fuse.amps, fuse.lines) for fuse in view.fuses],
        [
            (
                *(row.charger.device_id, row.charger.name, row.connector, row.session and row.session.pk),
                *(row.told, row.will_be, row.drawn, row.set_aside, explain_share(row)),
            )
            for row in rows
        ],
    )
