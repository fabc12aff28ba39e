"""One setting for many installations: choose, ask, look at what it would do, apply, follow."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.keyset import BadCursor, read_page
from accounts.permissions import Action
from accounts.proof import needs_proof
from accounts.refusals import Refusal
from accounts.web import actor_of, is_unchanged, page, version_tag, whole_number
from chargers.change_rows import ITEM_ORDER, find_change, list_changes, list_items, tallies, tally_of
from chargers.forms.changes import ApplyForm, ChangeForm
from chargers.installation_filter import Filter
from chargers.models import AuthenticationChange, ChangeState, ItemState
from chargers.services.changes import apply_change, start_change, warnings_of
from chargers.views.wording import asked_sentences
from installations.models import Installation
from installations.selectors import list_installations
from installations.web import show_refusal

PAGE_SIZE = 50
SHOWN_CHANGES = 10
# What of the items is looked at first, in each state of the change.
FIRST = {ChangeState.READY: ItemState.REFUSED, ChangeState.FINISHED: ItemState.REFUSED}


@login_required
@never_cache
@sensitive_post_parameters("initial_device_password")
def new(request: HttpRequest) -> HttpResponse:
    """``id`` several times, or ``all`` with a filter; the form carries them along."""
    values = request.POST if request.method == "POST" else request.GET
    actor, rows = actor_of(request), _chosen(request)
    form = ChangeForm(request.POST or None, initial={"mode": "native", "authorization_required": True})
    if request.method == "POST" and form.is_valid():
        try:
            change = start_change(
                actor=actor, rows=rows, draft=form.draft(), policy=form.policy(), note=form.cleaned_data["note"]
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            return redirect("change", change.pk)
    wanted = _filter(request)
    recent = list(list_changes(actor)[:SHOWN_CHANGES])
    counted = tallies([row.pk for row in recent])
    context = {
        "section": "installations",
        "form": form,
        "ids": values.getlist("id") if "all" not in values else [],
        "all": "all" in values,
        "wanted": wanted,
        "total": rows.count(),
        "locked": _visible(request).count() - rows.count(),
        "examples": list(rows[:5]),
        "changes": [(row, counted[row.pk]) for row in recent],
    }
    return page(request, "chargers/change_new.html", context, status=422 if form.errors else 200)


def _chosen(request: HttpRequest, action: Action = Action.SET_AUTHENTICATION) -> QuerySet[Installation]:
    values = request.POST if request.method == "POST" else request.GET
    actor = actor_of(request)
    if "all" in values:
        return _filter(request).rows(actor, action)
    ids = [whole_number(text) for text in values.getlist("id")]
    return list_installations(actor, action=action).filter(pk__in=ids)


def _filter(request: HttpRequest) -> Filter:
    """In the form the filter's mode has another name than the mode that is asked for."""
    if request.method != "POST":
        return Filter.of(request.GET)
    return Filter.of({**request.POST.dict(), "mode": request.POST.get("with_mode", "")})


def _visible(request: HttpRequest) -> QuerySet[Installation]:
    return _chosen(request, Action.VIEW)


@login_required
@needs_proof()
@never_cache
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for itself while something is worked on: 304 while nothing that it shows changed."""
    found = find_change(actor_of(request), pk)
    if found is None:
        raise Http404
    tally = tally_of(found)
    form = ApplyForm(request.POST or None, expected=tally.ready)
    if request.method == "POST":
        if form.is_valid() and _apply(request, found, form):
            return redirect("change", found.pk)
        found = find_change(actor_of(request), pk) or found
    tag = version_tag(get_language(), found.state, sorted(tally.by_state.items()))
    if request.method == "GET" and is_unchanged(request, tag):
        return HttpResponse(status=304)
    state = request.GET.get("state", "")
    if state not in {item.value for item in ItemState}:
        state = FIRST.get(ChangeState(found.state), ItemState.SAVED) if tally.by_state else ""
        state = state if tally.of(state) else ""
    try:
        items = read_page(
            list_items(found, state=state), order=ITEM_ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE
        )
    except BadCursor:
        raise Http404 from None
    context = {
        "section": "installations",
        "change": found,
        "tally": tally,
        "open": found.state in {ChangeState.JUDGING, ChangeState.APPLYING},
        "tag_json": json.dumps(tag),
        "state": state,
        "page": items,
        "policy": asked_sentences(found.policy),
        "warnings": warnings_of(found) if found.state == ChangeState.READY else [],
        "acknowledged": request.POST.getlist("acknowledge"),
        "form": form,
    }
    response = page(
        request, "chargers/change.html", context, partial="live", status=422 if form.is_bound and form.errors else 200
    )
    response["ETag"] = tag
    return response


def _apply(request: HttpRequest, found: AuthenticationChange, form: ApplyForm) -> bool:
    try:
        apply_change(change=found, actor=actor_of(request), acknowledged=request.POST.getlist("acknowledge"))
    except Refusal as refusal:
        told = _("Nothing was saved: please confirm every point above.")
        form.add_error(None, told if refusal.code == "not_acknowledged" else str(refusal.detail))
        return False
    messages.success(request, _("It is being saved, installation by installation."))
    return True
