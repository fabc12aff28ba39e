"""Why somebody does what can do harm: the field ``reason`` of a form stands in whatever is written down for it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_only_middleware

from accounts import audit

FIELD = "reason"


@sync_only_middleware
class Reasons:
    """After the check of a form's token, so that only a form of ours is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_arguments: Any) -> None:
        if request.method == "POST" and not getattr(view, "csrf_exempt", False):
            audit.give_reason(request.POST.get(FIELD, ""))
