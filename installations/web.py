"""What pages of one installation share: find it or 404, check the right or 403, show refusals on the form."""

from contextlib import AbstractContextManager
from zoneinfo import ZoneInfo

from django import forms
from django.http import Http404, HttpRequest
from django.utils import timezone

from accounts.permissions import Action
from accounts.refusals import Refusal
from accounts.web import actor_of
from installations.access import require
from installations.models import Installation
from installations.selectors import find_installation


def installation_for(request: HttpRequest, pk: int, action: Action = Action.VIEW) -> Installation:
    """Raises Http404 for foreign and nonexistent ones alike, Forbidden where a role is missing."""
    actor = actor_of(request)
    installation = find_installation(actor, pk)
    if installation is None:
        raise Http404
    require(actor, installation, action)
    return installation


def in_site_time(installation: Installation) -> AbstractContextManager[None]:
    """Times are read and shown as the clocks at the installation show them."""
    return timezone.override(ZoneInfo(installation.time_zone))


def show_refusal(form: forms.BaseForm, refusal: Refusal) -> None:
    """Put each fault under its field, or above the form where it belongs to none."""
    for fault in refusal.faults:
        name = fault.pointer.strip("/").split("/")[0]
        form.add_error(name if name in form.fields else None, str(fault.detail))
