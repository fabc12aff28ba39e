"""Rollouts: the list, one live to its end, one delivery with its timeline."""

import json

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language

from accounts.keyset import BadCursor, Page, read_page
from accounts.permissions import Action
from accounts.web import actor_of, is_unchanged, page, version_tag
from chargers.explain import explain_pause
from chargers.models import Delivery, Rollout
from chargers.rollout.policy import Policy
from chargers.rollout.states import RETRIABLE_STATES, DeliveryState, RolloutState
from chargers.selectors import (
    DELIVERY_ORDER,
    ROLLOUT_ORDER,
    delivery_counts,
    list_deliveries,
    list_rollouts,
)
from chargers.services.outlook import outlook
from chargers.services.progress import Progress
from chargers.services.steering import can_proceed
from chargers.views.wording import policy_sentences
from installations.access import may, require

PAGE_SIZE = 50
ENDED = {RolloutState.FINISHED, RolloutState.CANCELLED}


def rollout_for(request: HttpRequest, pk: int, action: Action = Action.VIEW) -> Rollout:
    found = list_rollouts(actor_of(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    if action is not Action.VIEW or actor_of(request).user.is_staff:
        require(actor_of(request), found.installation, action)
    return found


@login_required
def rollouts(request: HttpRequest) -> HttpResponse:
    try:
        found = read_page(
            list_rollouts(actor_of(request)), order=ROLLOUT_ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE
        )
    except BadCursor:
        raise Http404 from None
    counts = delivery_counts([rollout.pk for rollout in found.rows])
    rows = [(rollout, Progress.of(counts[rollout.pk])) for rollout in found.rows]
    return page(request, "chargers/rollouts.html", {"section": "rollouts", "page": found, "rows": rows})


@login_required
def rollout(request: HttpRequest, pk: int) -> HttpResponse:
    """Polled by the page itself: 304 while nothing changed, and no more polls once it has ended."""
    found = rollout_for(request, pk)
    progress = Progress.of(delivery_counts([found.pk])[found.pk])
    deliveries = _deliveries(request, found)
    tag = _version(found, progress, deliveries)
    if is_unchanged(request, tag):
        return HttpResponse(status=304)
    context = {
        "section": "rollouts",
        "rollout": found,
        "installation": found.installation,
        "progress": progress,
        "page": deliveries,
        "tag_json": json.dumps(tag),
        "ended": found.state in ENDED,
        "state": request.GET.get("state", ""),
        "search": request.GET.get("q", ""),
        "policy": policy_sentences(Policy.of(found.policy), found.installation.time_zone),
        "waves": len(Policy.of(found.policy).waves) + 1,
        "paused": found.shown_state == RolloutState.PAUSED,
        "why_paused": explain_pause(found.pause_cause),
        "proceed": can_proceed(found),
        "retriable": sum(progress.by_state.get(state, 0) for state in RETRIABLE_STATES),
        "newest": found.installation.revision_id == found.revision_id,
        "may_steer": may(actor_of(request), found.installation, Action.STEER_ROLLOUT),
    }
    response = page(request, "chargers/rollout.html", context, partial="live")
    response["ETag"] = tag
    return response


def _deliveries(request: HttpRequest, found: Rollout) -> Page[Delivery]:
    state = request.GET.get("state", "")
    rows = list_deliveries(
        found, state=state if state in set(DeliveryState) else "", search=request.GET.get("q", "").strip()
    )
    try:
        return read_page(rows, order=DELIVERY_ORDER, cursor=request.GET.get("cursor", ""), size=PAGE_SIZE)
    except BadCursor:
        raise Http404 from None


def _version(found: Rollout, progress: Progress, deliveries: Page[Delivery]) -> str:
    return version_tag(
        get_language(),
        (found.state, found.paused_at, found.wave, found.released_at),
        found.installation.revision_id,
        sorted(progress.by_state.items()),
        sorted(progress.by_reason.items()),
        [(row.pk, row.state, row.reason) for row in deliveries.rows],
    )


@login_required
def delivery(request: HttpRequest, pk: int, delivery_pk: int) -> HttpResponse:
    found = rollout_for(request, pk)
    row = list_deliveries(found).filter(pk=delivery_pk).first()
    if row is None:
        raise Http404
    context = {
        "section": "rollouts",
        "rollout": found,
        "installation": found.installation,
        "delivery": row,
        "outlook": outlook(row),
        "retriable": row.state in RETRIABLE_STATES and found.installation.revision_id == found.revision_id,
        "may_steer": may(actor_of(request), found.installation, Action.STEER_ROLLOUT),
    }
    return page(request, "chargers/delivery.html", context)
