"""Answers for what no view answered: problem details below /api/, a page elsewhere."""

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from accounts.api.problems import Problem, not_found, problem_response
from portal import pages


def _for_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


@csrf_exempt
def unknown_address(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Below /api/ an unknown address is never redirected: a POST would lose its body on the way."""
    return problem_response(not_found())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _for_api(request):
        return problem_response(Problem(400, "bad_request", _("The request cannot be understood.")))
    return pages.bad_request(request)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _for_api(request):
        return problem_response(Problem(403, "forbidden", _("You may not do this.")))
    return pages.forbidden(request)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(not_found()) if _for_api(request) else pages.missing(request)


def server_error(request: HttpRequest, *args: Any) -> HttpResponse:
    """What no view foresaw. A database that is away is no fault of the portal's: the request may simply be repeated."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return _database_away(request)
    if not _for_api(request):
        return pages.server_error(request)
    detail = _("The portal failed; nothing was changed. Name the request id when you ask for help.")
    return problem_response(Problem(500, "server_error", detail))


def _database_away(request: HttpRequest) -> HttpResponse:
    if not _for_api(request):
        return pages.unavailable(request)
    detail = _("The portal's database does not answer; nothing was changed. Send the same request again.")
    headers = {"Retry-After": str(pages.RETRY_AFTER_SECONDS)}
    return problem_response(Problem(503, "database_away", detail, headers=headers))
