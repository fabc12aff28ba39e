"""The list of installations, one installation at a glance, and its chargers."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts.keyset import BadCursor, read_page
from accounts.permissions import Action
from accounts.web import actor_of, page
from chargers.alarms import sentence_for
from chargers.selectors import (
    CHARGER_ORDER,
    charger_counts,
    delivery_counts,
    installations_with,
    list_chargers,
    list_rollouts,
)
from chargers.services.progress import Progress
from installations.access import may
from installations.models import Mode
from installations.selectors import INSTALLATION_ORDER, list_installations
from installations.web import installation_for

PAGE_SIZE = 50
MOST_FOUND = 8
WITH_STATES = {
    "offline": _("with chargers offline"),
    "charging": _("with chargers charging"),
    "waiting": _("waiting for a setting"),
    "alarm": _("with an alarm"),
}


def home(_request: HttpRequest) -> HttpResponse:
    return redirect("installations")


@login_required
def installations(request: HttpRequest) -> HttpResponse:
    search, mode = request.GET.get("q", "").strip(), request.GET.get("mode", "")
    state = request.GET.get("state", "")
    rows = list_installations(actor_of(request), search=search, mode=mode if mode in Mode.values else "")
    rows = installations_with(rows, state)
    try:
        found = read_page(rows, order=INSTALLATION_ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except BadCursor:
        raise Http404 from None
    counts = charger_counts([installation.pk for installation in found.rows])
    context = {
        "section": "installations",
        "page": found,
        "rows": [(installation, counts[installation.pk]) for installation in found.rows],
        "search": search,
        "mode": mode,
        "state": state,
        "states": WITH_STATES.items(),
        "modes": [(value, label) for value, label in Mode.choices if value != Mode.OCPP_CLOUD],
    }
    return page(request, "chargers/installations.html", context, partial="list")


@login_required
def installation(request: HttpRequest, pk: int) -> HttpResponse:
    found = installation_for(request, pk)
    actor = actor_of(request)
    rollouts = list(list_rollouts(actor, installation=found)[:5])
    deliveries = delivery_counts([rollout.pk for rollout in rollouts])
    counts = charger_counts([found.pk])[found.pk]
    context = {
        "section": "installations",
        "installation": found,
        "tab": "overview",
        "counts": counts,
        "alarms": [sentence_for(code, count) for code, count in counts.alarms.items()],
        "rollouts": [(rollout, Progress.of(deliveries[rollout.pk])) for rollout in rollouts],
        "may_set": may(actor, found, Action.SET_AUTHENTICATION),
        "may_register": may(actor, found, Action.EDIT_CHARGERS),
    }
    return page(request, "chargers/installation.html", context)


@login_required
def chargers(request: HttpRequest, pk: int) -> HttpResponse:
    found = installation_for(request, pk)
    actor = actor_of(request)
    search, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    rows = list_chargers(actor, installation=found, search=search, link_state=state)
    try:
        chargers_page = read_page(rows, order=CHARGER_ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except BadCursor:
        raise Http404 from None
    context = {
        "section": "installations",
        "installation": found,
        "tab": "chargers",
        "page": chargers_page,
        "search": search,
        "state": state,
        "may_register": may(actor, found, Action.EDIT_CHARGERS),
    }
    return page(request, "chargers/chargers.html", context, partial="list")


@login_required
def find(request: HttpRequest) -> HttpResponse:
    """Installations by name or address and chargers by serial or name, a few of each."""
    actor, search = actor_of(request), request.GET.get("q", "").strip()
    context = {
        "section": "find",
        "search": search,
        "installations": list(list_installations(actor, search=search)[:MOST_FOUND]) if search else [],
        "chargers": list(list_chargers(actor, search=search)[:MOST_FOUND]) if search else [],
    }
    return page(request, "chargers/find.html", context, partial="results")
