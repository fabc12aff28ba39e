"""Test connection on Settings › Authentication: asked with a click, followed until every step has its tick or cross."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.permissions import Action
from accounts.refusals import Refusal, Throttled
from accounts.web import actor_of, is_partial, page
from chargers.forms.authentication import AuthenticationForm
from chargers.models import GatewayRequest
from chargers.requests import find_backend_test, read_backend_test
from chargers.services.asking import settle
from chargers.services.backend_trial import try_backend
from installations.models import Installation
from installations.web import installation_for

TEMPLATE = "chargers/backend_test.html"


@login_required
@never_cache
@require_POST
@sensitive_post_parameters("initial_device_password")
def start(request: HttpRequest, pk: int) -> HttpResponse:
    installation = installation_for(request, pk, Action.SET_AUTHENTICATION)
    form = AuthenticationForm(request.POST)
    if not form.is_valid():
        faults = [f"{form[name].label if name in form.fields else ''}: {told[0]}" for name, told in form.errors.items()]
        return _refused(request, installation, faults)
    try:
        asked = try_backend(
            installation=installation,
            draft=form.draft(),
            actor=actor_of(request),
            device_id=request.POST.get("test_device_id", ""),
        )
    except Throttled as refusal:
        return _refused(request, installation, [str(refusal.detail)], status=429)
    except Refusal as refusal:
        return _refused(request, installation, [str(fault.detail) for fault in refusal.faults])
    if not is_partial(request):
        return redirect("backend_test", installation.pk, asked.pk)
    response = _show(request, installation, asked, status=202)
    response["Location"] = reverse("backend_test", args=[installation.pk, asked.pk])
    return response


@login_required
@never_cache
def show(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    installation = installation_for(request, pk)
    asked = find_backend_test(installation, number)
    if asked is None:
        raise Http404
    return _show(request, installation, settle(asked))


def _show(request: HttpRequest, installation: Installation, asked: GatewayRequest, status: int = 200) -> HttpResponse:
    test = read_backend_test(asked)
    if asked.ended_at is None:
        sentence = _("Testing …")
    elif asked.error:
        sentence = test.detail
    else:
        told = _("The backend accepts %(identity)s: connected in %(milliseconds)d ms.")
        sentence = told % {"identity": test.identity, "milliseconds": asked.result["milliseconds"]}
    return _page(request, installation, status, test=test, sentence=sentence)


def _refused(request: HttpRequest, installation: Installation, faults: list[str], status: int = 422) -> HttpResponse:
    # htmx swaps what is accepted or cannot be processed; too many tests are told in the same place.
    return _page(request, installation, 422 if is_partial(request) else status, faults=faults)


def _page(request: HttpRequest, installation: Installation, status: int, **more: object) -> HttpResponse:
    context = {"section": "installations", "installation": installation, "tab": "authentication", **more}
    return page(request, TEMPLATE, context, partial="steps", status=status)
