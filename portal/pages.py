"""Pages for what went wrong: what happened, what was not lost, what to do, and the request's id."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.decorators import sync_only_middleware
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.audit import origin
from accounts.keeping import outdated_form
from accounts.refusals import Forbidden
from accounts.typed import TOKEN, typed_in
from chargers import doorbell

Text = str | Promise
# How soon it is worth while to ask again when the database is away.
RETRY_AFTER_SECONDS = 5


def error_page(request: HttpRequest, status: int, title: Text, detail: Text) -> HttpResponse:
    known = origin.get(None)
    context = {"title": title, "detail": detail, "request_id": known.request_id if known else ""}
    return render(request, "error.html", context, status=status)


def queue(request: HttpRequest) -> dict[str, bool]:
    """For every page: whether this process could not ring for its last save."""
    return {"queue_away": doorbell.out_of_order()}


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


def outdated(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token does not fit: from before the last sign-in, or not from a page of this portal at all."""
    return outdated_form(request) or error_page(
        request,
        403,
        _("This form is out of date"),
        _(
            "Nothing was changed. Somebody has signed in or out in this browser since the page was opened:"
            " open it anew."
        ),
    )


def unavailable(request: HttpRequest) -> HttpResponse:
    """The database is away: no session, no user, nothing but the request itself. A form can be sent again as it was;
    passwords in it have to be typed again, because no page ever shows one, and files have to be chosen again."""
    typed = typed_in(request)
    context = {
        "again": request.method == "POST",
        "token": request.POST.get(TOKEN, "") if request.method == "POST" else "",
        "typed": typed,
        "address": request.get_full_path(),
        "request_id": origin.get().request_id,
    }
    response = HttpResponse(render_to_string("unavailable.html", context), status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response["Cache-Control"] = "no-store"
    return response


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
