"""Ends sessions that were left alone or have lasted long enough, and leads to the second step who must have one."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import sync_only_middleware

from accounts import sessions
from accounts.keeping import keep_unsent
from accounts.second_step import must_set_one_up

# Pages that follow something ask by themselves; that is no sign of a person.
POLL_HEADER = "X-Poll"
# What people can reach before they have set up the second step that is asked of them.
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
            if not request.path.startswith(ALLOWED_BEFORE) and must_set_one_up(request):
                return _lead(request)
        return self.get_response(request)


def _lead(request: HttpRequest) -> HttpResponse:
    """A form that was sent comes back to its page afterwards, unsent; a part of a page takes the whole page along."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": reverse("second_factor")})
    keep_unsent(request)
    return redirect("second_factor")
