"""Gives every request an id that comes back in the answer and stands in log and audit, and a language it can be
answered in."""

import re
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import structlog
from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils.decorators import sync_and_async_middleware

from accounts.audit import Origin, origin

HEADER = "X-Request-ID"
# Browsers in Norway ask for Norwegian as a whole or for Nynorsk; the portal speaks Bokmål.
NORWEGIAN = re.compile(r"\b(?:no|nn)(?=[-,;\s]|$)", re.IGNORECASE)
ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


@sync_and_async_middleware
def request_origin(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Take X-Request-ID as it comes when it is harmless, else make one."""
    if iscoroutinefunction(get_response):
        answer_later = cast(Callable[[HttpRequest], Awaitable[HttpResponseBase]], get_response)

        async def asynchronously(request: HttpRequest) -> HttpResponseBase:
            with _origin_of(request) as request_id:
                return _marked(await answer_later(request), request_id)

        return asynchronously

    def synchronously(request: HttpRequest) -> HttpResponseBase:
        with _origin_of(request) as request_id:
            return _marked(get_response(request), request_id)

    return synchronously


class PortalLanguage(LocaleMiddleware):
    """Django's choice of a language, which takes every Norwegian reader for one of Bokmål."""

    def process_request(self, request: HttpRequest) -> None:
        if wanted := request.META.get("HTTP_ACCEPT_LANGUAGE"):
            request.META["HTTP_ACCEPT_LANGUAGE"] = NORWEGIAN.sub("nb", wanted)
        super().process_request(request)


@contextmanager
def _origin_of(request: HttpRequest) -> Iterator[str]:
    given = request.headers.get(HEADER, "")
    request_id = given if ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
    token = origin.set(Origin(request_id, str(request.META.get("REMOTE_ADDR", ""))[:64]))
    try:
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            yield request_id
    finally:
        origin.reset(token)


def _marked(response: HttpResponseBase, request_id: str) -> HttpResponseBase:
    response[HEADER] = request_id
    return response
