"""The list of installations, one installation at a glance, and its chargers."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.keyset import BadCursor, read_page
from accounts.people import list_filters, remove_filter, save_filter
from accounts.permissions import Action
from accounts.refusals import Refusal
from accounts.web import actor_of, is_partial, is_unchanged, page, version_tag
from chargers.alarms import sentence_for
from chargers.backends import backend_counts
from chargers.first_steps import first_steps
from chargers.installation_filter import MODES, WITH_STATES, Filter
from chargers.selectors import (
    CHARGER_ORDER,
    charger_counts,
    delivery_counts,
    list_chargers,
    list_rollouts,
)
from chargers.services.progress import Progress
from chargers.views.running import running_context, show_running
from installations.access import allowed, may, require
from installations.models import Installation
from installations.selectors import INSTALLATION_ORDER, find_installation
from installations.web import installation_for

PAGE = "installations"
PAGE_SIZE = 50


def home(_request: HttpRequest) -> HttpResponse:
    return redirect("installations")


@login_required
def installations(request: HttpRequest) -> HttpResponse:
    """The filter stands in the address; a person may keep some under names."""
    actor, wanted = actor_of(request), Filter.of(request.GET)
    rows = wanted.rows(actor)
    try:
        found = read_page(rows, order=INSTALLATION_ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except BadCursor:
        raise Http404 from None
    counts = charger_counts([installation.pk for installation in found.rows])
    query = wanted.query
    context = {
        "section": "installations",
        "page": found,
        "rows": [(installation, counts[installation.pk]) for installation in found.rows],
        "total": rows.count(),
        "wanted": wanted,
        "query": query,
        "states": WITH_STATES.items(),
        "modes": MODES,
        "filters": [(kept, kept.query == query) for kept in list_filters(actor.user, PAGE)],
    }
    return page(request, "chargers/installations.html", context, partial="list")


@login_required
@require_POST
def keep_filter(request: HttpRequest) -> HttpResponse:
    wanted = Filter.of(request.POST)
    try:
        kept = save_filter(
            user=actor_of(request).user, page=PAGE, name=request.POST.get("name", ""), values=wanted.values
        )
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("The filter “%(name)s” is kept.") % {"name": kept.name})
    return redirect(f"{reverse('installations')}?{wanted.query}")


@login_required
@require_POST
def drop_filter(request: HttpRequest, pk: int) -> HttpResponse:
    if not remove_filter(user=actor_of(request).user, pk=pk):
        raise Http404
    return redirect("installations")


def _seen(request: HttpRequest, pk: int) -> tuple[Installation, frozenset[Action]]:
    """The installation and what the person may do, with one look at the roles."""
    actor = actor_of(request)
    found = find_installation(actor, pk)
    if found is None:
        raise Http404
    rights = allowed(actor, found, Action.VIEW, Action.SET_AUTHENTICATION, Action.EDIT_CHARGERS)
    if actor.user.is_staff or Action.VIEW not in rights:
        require(actor, found, Action.VIEW)
    return found, rights


@login_required
def installation(request: HttpRequest, pk: int) -> HttpResponse:
    """While its first steps are not done it asks for them itself; who charges is asked for and answered alone."""
    found, rights = _seen(request, pk)
    if is_partial(request) and request.headers.get("HX-Target") == "running":
        return show_running(request, found)
    actor, steps = actor_of(request), first_steps(found)
    tag = version_tag(get_language(), steps)
    if is_partial(request) and is_unchanged(request, tag):
        return HttpResponse(status=304)
    rollouts = list(list_rollouts(actor, installation=found)[:5])
    deliveries = delivery_counts([rollout.pk for rollout in rollouts])
    counts = charger_counts([found.pk])[found.pk]
    context = {
        **running_context(found),
        "section": "installations",
        "tab": "overview",
        "steps": steps,
        "tag_json": json.dumps(tag),
        "counts": counts,
        "backends": backend_counts([found.pk])[found.pk],
        "alarms": [sentence_for(code, count) for code, count in counts.alarms.items()],
        "rollouts": [(rollout, Progress.of(deliveries[rollout.pk])) for rollout in rollouts],
        "may_set": Action.SET_AUTHENTICATION in rights,
        "may_register": Action.EDIT_CHARGERS in rights,
    }
    response = page(request, "chargers/installation.html", context, partial="steps")
    response["ETag"] = tag
    return response


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
