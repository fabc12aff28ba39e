"""Pages for what went wrong: what happened, what was not lost, what to do, and the request's id."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import sync_only_middleware
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.audit import origin
from accounts.refusals import Forbidden

Text = str | Promise


def error_page(request: HttpRequest, status: int, title: Text, detail: Text) -> HttpResponse:
    known = origin.get(None)
    context = {"title": title, "detail": detail, "request_id": known.request_id if known else ""}
    return render(request, "error.html", context, status=status)


def bad_request(request: HttpRequest) -> HttpResponse:
    return error_page(request, 400, _("The request cannot be understood"), _("Go back and try again."))


def forbidden(request: HttpRequest, detail: Text = "") -> HttpResponse:
    return error_page(
        request, 403, _("You may not do this"), detail or _("Ask an owner of the installation for access.")
    )


def missing(request: HttpRequest) -> HttpResponse:
    return error_page(request, 404, _("Not found"), _("There is nothing here, or nothing that you may see."))


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(
        request,
        500,
        _("The portal failed"),
        _("Nothing was changed. Try again; if it happens again, tell the operator the request's id."),
    )


@sync_only_middleware
class ForbiddenPages:
    """Turns a missing role, raised by a page's access check, into a page that names the role."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Forbidden) and not request.path.startswith("/api/"):
            return forbidden(request, exception.detail)
        return None
