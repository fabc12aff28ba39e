"""Step-up: what can hurt is done by somebody who proved who they are within the last five minutes.

A page's script asks for the proof in a dialog before it sends such a form (static/portal/proof.js); without the script
the person is led to the same question and back.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.sessions import PROVED_AT
from accounts.typed import page_of
from accounts.web import is_partial

FRESH_SECONDS = 5 * 60
# On the answer to a part of a page: its script asks, and sends the same once more.
HEADER = "X-Prove"

type View = Callable[..., Any]


def seconds_left(request: HttpRequest) -> int:
    """How long the last proof still counts; 0: it has to be given again."""
    proved_at = request.session.get(PROVED_AT, 0) if hasattr(request, "session") else 0
    return max(0, int(proved_at + FRESH_SECONDS - time.time()))


def proved(request: HttpRequest) -> None:
    request.session[PROVED_AT] = time.time()


def needs_proof(*, step: str = "") -> Callable[[View], View]:
    """POSTs, or only those whose field ``step`` says so, need a fresh proof. Below ``login_required``."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            concerned = request.method == "POST" and (not step or request.POST.get("step") == step)
            if concerned and not seconds_left(request):
                return ask(request)
            return view(request, *args, **kwargs)

        return guarded

    return guard


def ask(request: HttpRequest) -> HttpResponse:
    if is_partial(request):
        return HttpResponse(status=403, headers={HEADER: "1"})
    return redirect(f"{reverse('prove')}?{urlencode({'next': page_of(request)})}")


def freshness(request: HttpRequest) -> dict[str, Any]:
    """For every page's script."""
    return {"fresh_seconds": lambda: seconds_left(request)}
