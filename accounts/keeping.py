"""Answers a form that came too late: the person signs in, comes back to it and finds it as it was, unsent."""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import sync_only_middleware
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.typed import (
    Typed,
    keep,
    own_path,
    page_of,
    read_pairs,
    remember_sign_in,
    take_back,
    typed_by,
    typed_in,
    typed_into,
    waiting,
)

# On an answer to a part of a page: its script brings what was typed to safety.
HEADER = "X-Typed"


@sync_only_middleware
class KeepTyped:
    """Sees every page's answer: a form that is answered by "sign in" is kept, and whose the forms are is remembered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/api/") or request.path == reverse("typed_keep"):
            return response
        if _leads_to(response, "sign_in") and _comes_back(response) and (_is_part(request) or request.method == "POST"):
            return to_sign_in(request)
        if _leads_to(response, "prove") and request.method == "POST":
            _keep(request, page_of(request))
        person = getattr(request, "_cached_user", None)
        if isinstance(person, User):
            remember_sign_in(request, response, person.pk)
        return response


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Nobody is signed in: what was typed waits for whoever typed it."""
    if _is_part(request):
        return HttpResponse(status=401, headers={HEADER: "keep"})
    page = page_of(request)
    _keep(request, page)
    return _sign_in(page)


def outdated_form(request: HttpRequest) -> HttpResponse | None:
    """A form from before the last sign-in. None: nobody knows whose it is, or it is somebody else's."""
    user, by = getattr(request, "user", None), typed_by(request)
    if by is None or not isinstance(user, User):
        return to_sign_in(request) if by is not None else None
    if user.pk != by:
        return None
    if _is_part(request):
        return HttpResponse(status=403, headers={HEADER: "keep"})
    page = page_of(request)
    _keep(request, page)
    return redirect(page)


@csrf_exempt
@require_POST
def keep_typed(request: HttpRequest) -> HttpResponse:
    """What a page's script brings to safety. Its token is not held against the cookie, but says whose it is."""
    page, by = own_path(request.POST.get("page", "")), typed_by(request)
    signed_in = request.user.pk if isinstance(request.user, User) else None
    if by is not None and signed_in in {None, by}:
        typed = typed_into(read_pairs(request.POST.get("fields", "")))
        left = [name for name, _value in read_pairs(request.POST.get("secrets", ""))]
        typed = Typed(typed.fields, list(dict.fromkeys([*typed.secrets, *left])), typed.files)
        keep(request, by=by, page=page, action=own_path(request.POST.get("action", "")), typed=typed)
    return redirect(page) if signed_in else _sign_in(page)


def kept(request: HttpRequest) -> dict[str, Any]:
    """For every page: what comes back into its form; on the way to it only that something waits."""
    if not hasattr(request, "session") or _is_part(request):
        return {}
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"typed_waits": partial(waiting, request)}
    found = take_back(request, user.pk)
    return {"kept_form": found.plain()} if found else {}


def keep_unsent(request: HttpRequest) -> None:
    """A form that is not taken just now waits for its person on its page."""
    if request.method == "POST":
        _keep(request, page_of(request))


def _sign_in(page: str) -> HttpResponse:
    return redirect(f"{reverse('sign_in')}?{urlencode({'next': page})}")


def _keep(request: HttpRequest, page: str) -> None:
    by = typed_by(request)
    if by is not None:
        keep(request, by=by, page=page, action=request.path, typed=typed_in(request))


def _comes_back(response: HttpResponse) -> bool:
    """Told from signing out, which leads to the same page and nowhere from there."""
    return "next" in QueryDict(urlsplit(response.headers["Location"]).query)


def _leads_to(response: HttpResponse, name: str) -> bool:
    return response.status_code == 302 and urlsplit(response.headers["Location"]).path == reverse(name)


def _is_part(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
