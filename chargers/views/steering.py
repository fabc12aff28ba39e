"""What people do with a rollout: each a POST that leads back to its page."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.permissions import Action
from accounts.refusals import Refusal
from accounts.web import actor_of
from chargers.services import steering as service
from chargers.views.rollouts import rollout_for


@login_required
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    found = rollout_for(request, pk, Action.STEER_ROLLOUT)
    only = request.POST.get("device_id", "")
    try:
        count = service.retry(rollout=found, actor=actor_of(request), device_ids=[only] if only else None)
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    else:
        told = ngettext("%(count)d charger is tried again.", "%(count)d chargers are tried again.", count)
        messages.success(request, told % {"count": count})
    return redirect("rollout", pk)


def _steered(request: HttpRequest, pk: int, steer: Callable[..., object], told: str) -> HttpResponse:
    found = rollout_for(request, pk, Action.STEER_ROLLOUT)
    try:
        steer(rollout=found, actor=actor_of(request))
    except Refusal as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, told)
    return redirect("rollout", pk)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    told = _("Cancelled: nothing more is sent. What was sent already stays.")
    return _steered(request, pk, service.cancel, told)


@login_required
@require_POST
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    return _steered(request, pk, service.pause, _("Paused: nothing more is sent until somebody resumes it."))


@login_required
@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _steered(request, pk, service.resume, _("Resumed. From now on you answer for this rollout."))


@login_required
@require_POST
def proceed(request: HttpRequest, pk: int) -> HttpResponse:
    return _steered(request, pk, service.proceed, _("It goes on without waiting for the others."))
