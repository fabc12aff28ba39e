"""Ends sessions that were left alone or have lasted long enough, and holds staff to their second step of signing in."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import sync_only_middleware

from accounts import sessions
from accounts.second_step import must_set_one_up

# Pages that follow something ask by themselves; that is no sign of a person.
POLL_HEADER = "X-Poll"
# What platform staff can reach before they have set up the second step that is asked of them.
ALLOWED_BEFORE = (
    "/account/second-step/",
    "/account/passkeys/",
    "/account/language/",
    "/sign-in/",
    "/sign-out/",
    "/health/",
    "/metrics",
)


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
            if must_set_one_up(request) and not request.path.startswith(ALLOWED_BEFORE):
                return redirect("second_factor")
        return self.get_response(request)
