"""What all pages share: who acts, the partial or the whole page, and answers that need not be sent again."""

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect
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
    """The same URL and context; htmx gets the template's named partial only.

    Times are shown in the time zone of the context's ``installation``.
    """
    name = f"{template}#{partial}" if partial and is_partial(request) else template
    zone: str | None = getattr(context.get("installation"), "time_zone", None)
    with timezone.override(zone):
        response = render(request, name, dict(context), status=status)
    response["Vary"] = "HX-Request"
    return response


def streamed(
    request: HttpRequest, pieces: Iterator[str] | Iterator[bytes], *, content_type: str, headers: Mapping[str, str]
) -> StreamingHttpResponse:
    """An answer that is sent as it is made, a piece at a time, whichever kind of server runs."""
    content = _in_turn(pieces) if isinstance(request, ASGIRequest) else pieces
    return StreamingHttpResponse(content, content_type=content_type, headers=dict(headers))


async def _in_turn(pieces: Iterator[str] | Iterator[bytes]) -> AsyncIterator[str | bytes]:
    def take() -> str | bytes | None:
        return next(pieces, None)

    while (piece := await sync_to_async(take)()) is not None:
        yield piece


def whole_number(text: str) -> int:
    """0, which nothing is numbered, for whatever is not a number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def go_to(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect of the whole page, also where htmx asked for a part of it."""
    if is_partial(request):
        return HttpResponseClientRedirect(address)
    return HttpResponse(status=302, headers={"Location": address})


def version_tag(*facts: Any) -> str:
    """An ETag over plain values: the same facts, the same tag, in every process."""
    return '"' + hashlib.blake2b(repr(facts).encode(), digest_size=10).hexdigest() + '"'


def is_unchanged(request: HttpRequest, tag: str) -> bool:
    return request.headers.get("If-None-Match") == tag
