"""Bearer tokens, and nothing else: a browser's session cookie opens no door of the API."""

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from accounts.actor import Actor
from accounts.api.problems import Problem
from accounts.limits import hit
from accounts.models import ApiToken, User
from accounts.tokens import find_actor

REFUSALS_PER_MINUTE = 60


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """None without credentials (401 follows). Raises AuthenticationFailed, or Problem 429 after many failures."""
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        actor = find_actor(text.strip()) if scheme.lower() == "bearer" and text.strip() else None
        if actor is None or actor.token is None:
            _count_refusal(request._request)
            raise AuthenticationFailed
        return actor.user, actor.token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def actor_of(request: Request) -> Actor:
    """Only for requests that passed authentication."""
    if not isinstance(request.user, User) or not isinstance(request.auth, ApiToken):
        raise NotAuthenticated
    return Actor(request.user, request.auth)


def _count_refusal(request: HttpRequest) -> None:
    address = request.META.get("REMOTE_ADDR", "")
    verdict = hit(f"refused:{address}", limit=REFUSALS_PER_MINUTE, window_seconds=60)
    if not verdict.allowed:
        headers = {"Retry-After": str(verdict.reset_seconds)}
        raise Problem(429, "too_many_requests", _("Too many refused attempts from this address."), headers=headers)
