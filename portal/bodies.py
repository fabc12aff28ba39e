"""Bounds the body of every request before anything keeps it, and keeps the tokens of uploads out of logs.

Django stores a body, however long, before it calls a view. Here it is counted as it comes: the rest of one that is too
long is dropped, and the request marked ``TOO_LARGE``, which ``TooLargeBodies`` answers with 413.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_only_middleware
from django.utils.translation import gettext_lazy as _

from accounts.api.problems import Problem, problem_response
from chargers.services.diagnostics import is_open, most_bytes
from chargers.views.diagnostics import HEADER, too_large
from portal.pages import error_page

type Scope = dict[str, Any]
type Message = Mapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]

TOO_LARGE = "portal.too_large"
UPLOADS = "/diagnostics/"
# Chargers take the address for a folder, or not: what stands behind the token is theirs.
UPLOAD = re.compile(r"/diagnostics/([A-Za-z0-9_-]{1,200})(?:/.*)?", re.DOTALL)
# What a multipart form has around its file.
ENVELOPE_BYTES = 65_536
# A client that is still sending hears nothing: so much of what is too long is read and dropped before it is answered.
DROPPED_BYTES = 8 * 1024 * 1024
END: Message = {"type": "http.request", "body": b"", "more_body": False}


class BoundedBodies:
    """An ASGI application around Django's."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        inner, most = dict(scope), int(settings.REQUEST_MOST_BYTES)
        uploads = str(scope["path"]).startswith(UPLOADS)
        if uploads:
            token = _take_token(scope, inner)
            most = most_bytes() + ENVELOPE_BYTES if await _is_open(token) else 0
        declared, waits = _announced(scope)
        body = _Body(receive, most, cut=declared > most, drop=0 if waits else DROPPED_BYTES)

        async def bounded() -> Message:
            message = await body.receive()
            # Where nothing may be uploaded the view says so, whatever came.
            if body.cut and most:
                inner[TOO_LARGE] = most
            return message

        await self._application(inner, bounded, send)


class _Body:
    def __init__(self, receive: Receive, most: int, *, cut: bool, drop: int) -> None:
        self._receive = receive
        self._left, self._drop = most, drop
        self._told = False
        self.cut = cut

    async def receive(self) -> Message:
        """As the server's; a body that is cut ends early, and what still comes of it is dropped."""
        while True:
            if self.cut and self._drop <= 0 and not self._told:
                self._told = True
                return END
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            size = len(message.get("body", b""))
            self._left -= size
            if self._left < 0:
                self.cut = True
            if not self.cut:
                return message
            self._drop = self._drop - size if message.get("more_body") else 0


def _announced(scope: Scope) -> tuple[int, bool]:
    """How long the body will be, 0 where that is not said, and whether the client waits to be told to send it."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"")
    return int(length) if length.isdigit() and len(length) < 19 else 0, b"expect" in headers


def _take_token(scope: Scope, inner: Scope) -> str:
    """The token out of the address, into a header; the server logs the address of ``scope``."""
    found = UPLOAD.fullmatch(scope["path"])
    token = found[1] if found else ""
    name = HEADER.lower().encode()
    others = [(header, value) for header, value in scope["headers"] if header.lower() != name]
    hidden = f"{UPLOADS}[removed]"
    scope.update(path=hidden, raw_path=hidden.encode(), query_string=b"")
    inner.update(path=UPLOADS, raw_path=UPLOADS.encode(), query_string=b"", headers=[*others, (name, token.encode())])
    return token


async def _is_open(token: str) -> bool:
    """The view looks again; a database that is away is its to tell."""

    def ask() -> bool:
        try:
            return bool(token) and is_open(token)
        except Error:
            return False
        finally:
            connection.close()

    return await sync_to_async(ask, thread_sensitive=False)()


@sync_only_middleware
class TooLargeBodies:
    """413: problem details for machines, a page for people."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        most = getattr(request, "scope", {}).get(TOO_LARGE)
        if most is None:
            return self.get_response(request)
        if request.path.startswith(UPLOADS):
            return problem_response(too_large(most_bytes()))
        detail = _("A request holds at most %(most)s MiB: send less at once.") % {"most": most // 1024 // 1024}
        if request.path.startswith("/api/"):
            return problem_response(Problem(413, "too_large", detail, extra={"most_bytes": most}))
        return error_page(request, 413, _("That is too large"), detail)
