"""What a page's script asks for to make and use passkeys (static/portal/passkeys.js); JSON both ways."""

import json
import secrets
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from accounts import sessions
from accounts.guesses import look_at_address, was_wrong
from accounts.language import remember_language
from accounts.models import User
from accounts.passkeys import (
    Place,
    add_passkey,
    list_passkeys,
    options_for_new,
    options_for_sign_in,
    remove_passkey,
    who_signs,
)
from accounts.proof import FRESH_SECONDS, needs_proof, proved
from accounts.refusals import Refusal, Throttled
from accounts.second_factor import Factor, has_app, is_asked_of
from accounts.second_step import BY_FACTOR, arrive, forget_factor, who_is_half_way
from accounts.web import actor_of

CHALLENGE = "passkey_challenge"
LARGEST_BODY = 20_000


@require_POST
@never_cache
def sign_in_options(request: HttpRequest) -> HttpResponse:
    """For somebody who gave a password just now: only their own passkeys."""
    half_way = who_is_half_way(request)
    user = half_way[0] if half_way else None
    return _json(options_for_sign_in(_place(request), _new_challenge(request), user=user))


@require_POST
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    half_way, told = who_is_half_way(request), _told(request)
    try:
        look_at_address(request)
    except Throttled as refusal:
        return JsonResponse({"detail": str(refusal.detail)}, status=429)
    user = who_signs(**_signed(request, told), user=half_way[0] if half_way else None)
    if user is None:
        was_wrong(request)
        detail = _("This passkey does not sign you in here. Use your password, or another passkey.")
        return JsonResponse({"detail": detail}, status=422)
    goal = _goal(request, half_way[1] if half_way else _text(told, "next"))
    arrive(request, user, Factor.PASSKEY)
    return remember_language(JsonResponse({"goal": goal}), user.language)


@login_required
@require_POST
@never_cache
def prove_options(request: HttpRequest) -> HttpResponse:
    return _json(options_for_sign_in(_place(request), _new_challenge(request), user=actor_of(request).user))


@login_required
@require_POST
@never_cache
def prove(request: HttpRequest) -> HttpResponse:
    """The person is there: as a code or the password proves it. ``next``: where the page leads on."""
    user, told = actor_of(request).user, _told(request)
    if who_signs(**_signed(request, told), user=user) is None:
        was_wrong(request)
        detail = _("This passkey proves nothing here. Try another way.")
        return JsonResponse({"detail": detail}, status=422)
    proved(request)
    return JsonResponse({"goal": _goal(request, _text(told, "next")), "fresh_seconds": FRESH_SECONDS})


@login_required
@require_POST
@never_cache
@needs_proof()
def new_options(request: HttpRequest) -> HttpResponse:
    return _json(options_for_new(actor_of(request).user, _place(request), _new_challenge(request)))


@login_required
@require_POST
@never_cache
@needs_proof()
def new(request: HttpRequest) -> HttpResponse:
    user, told = actor_of(request).user, _told(request)
    try:
        add_passkey(
            user=user,
            name=_text(told, "name"),
            credential=json.dumps(told.get("credential")),
            place=_place(request),
            challenge=_challenge(request),
        )
    except Refusal as refusal:
        return JsonResponse({"detail": str(refusal.detail)}, status=422)
    request.session[BY_FACTOR] = Factor.PASSKEY.value
    sessions.end_sessions(user=user, apart_from=request.session.session_key or "")
    messages.success(request, _("The passkey was added. From now on the password alone no longer signs you in."))
    return JsonResponse({"goal": reverse("second_factor")})


@login_required
@require_POST
@needs_proof()
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    user = actor_of(request).user
    if is_asked_of(user) and _is_the_last(user):
        messages.error(request, _("A second step is asked of you: keep one, or set up another first."))
    elif remove_passkey(user=user, pk=pk):
        forget_factor(request, user)
        messages.success(request, _("The passkey was removed: it signs nobody in any more."))
    else:
        raise Http404
    return redirect("second_factor")


def _is_the_last(user: User) -> bool:
    return not has_app(user) and list_passkeys(user).count() == 1


def _signed(request: HttpRequest, told: dict[str, Any]) -> dict[str, Any]:
    """What the browser's answer says, beside what was asked; the challenge is used up by it."""
    return {
        "credential": json.dumps(told.get("credential")),
        "credential_id": _text(told.get("credential"), "id"),
        "place": _place(request),
        "challenge": _challenge(request),
    }


def _goal(request: HttpRequest, wanted: str) -> str:
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else reverse(settings.LOGIN_REDIRECT_URL)


def _place(request: HttpRequest) -> Place:
    host = request.get_host()
    return Place(host.rpartition(":")[0] or host if ":" in host else host, f"{request.scheme}://{host}")


def _new_challenge(request: HttpRequest) -> bytes:
    challenge = secrets.token_bytes(32)
    request.session[CHALLENGE] = bytes_to_base64url(challenge)
    return challenge


def _challenge(request: HttpRequest) -> bytes:
    """What was asked last; it counts once. A new one, which nobody has signed, where nothing was asked."""
    kept = request.session.pop(CHALLENGE, None)
    return secrets.token_bytes(32) if kept is None else base64url_to_bytes(kept)


def _told(request: HttpRequest) -> dict[str, Any]:
    """The JSON object that was sent; empty for anything else."""
    try:
        told = json.loads(request.body[:LARGEST_BODY])
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _text(told: Any, name: str) -> str:
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, str) else ""


def _json(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="application/json")
