"""Ends sessions that were left alone or have lasted long enough, before anything looks at who is signed in."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_only_middleware

from accounts import sessions

# Pages that follow something ask by themselves; that is no sign of a person.
POLL_HEADER = "X-Poll"


@sync_only_middleware
class SessionRules:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            if sessions.has_ended(request):
                sessions.end(request)
            elif POLL_HEADER not in request.headers:
                sessions.see(request)
        return self.get_response(request)
