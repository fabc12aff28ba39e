"""What all pages share: who acts, the partial or the whole page, and answers for people who may not."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails

from accounts.actor import Actor
from accounts.models import User


class PageRequest(HttpRequest):
    """A request of a signed-in person, with what django-htmx adds."""

    user: User
    htmx: HtmxDetails


def actor_of(request: HttpRequest) -> Actor:
    """For views behind ``login_required``."""
    assert isinstance(request.user, User)
    return Actor(request.user)


def is_partial(request: HttpRequest) -> bool:
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # django-htmx's middleware sets it
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, partial: str = "", status: int = 200
) -> HttpResponse:
    """The same URL and context; htmx gets the template's named partial only."""
    name = f"{template}#{partial}" if partial and is_partial(request) else template
    response = render(request, name, dict(context), status=status)
    response["Vary"] = "HX-Request"
    return response
