"""Problem details (RFC 9457) for every error of the API. Codes are stable English, details are translated."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

from accounts import audit
from accounts.refusals import Conflict, Fault, Forbidden, Refusal, Stale, Text, Throttled

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """An error answer with all its parts; ``extra`` are further members of the problem object."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: Text,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.headers, self.extra = tuple(errors), dict(headers or {}), dict(extra or {})

    def body(self) -> dict[str, Any]:
        return {
            "type": f"urn:charge-portal:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": str(self.detail),
            "code": self.code,
            "request_id": audit.origin.get().request_id,
            **({"errors": [fault_body(fault) for fault in self.errors]} if self.errors else {}),
            **self.extra,
        }


def problem_response(problem: Problem) -> JsonResponse:
    """For whoever answers without the API's framework."""
    return JsonResponse(problem.body(), status=problem.status, headers=problem.headers, content_type=CONTENT_TYPE)


def fault_body(fault: Fault) -> dict[str, Any]:
    body: dict[str, Any] = {"pointer": fault.pointer, "code": fault.code, "detail": str(fault.detail)}
    return body if fault.index is None else {**body, "index": fault.index}


def not_found() -> Problem:
    """The same answer for what does not exist and for what the caller may not know of."""
    return Problem(404, "not_found", _("There is nothing here that you can see."))


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. None: not foreseen, so the server error page answers (and the log tells)."""
    problem = problem_of(error)
    if problem is None:
        return None
    return Response(problem.body(), status=problem.status, headers=problem.headers, content_type=CONTENT_TYPE)


def problem_of(error: Exception) -> Problem | None:
    match error:
        case Problem():
            return error
        case Refusal():
            return _refusal(error)
        case Http404() | exceptions.NotFound():
            return not_found()
        case PermissionDenied() | exceptions.PermissionDenied():
            return Problem(403, "forbidden", _("You may not do this."))
        case exceptions.ValidationError():
            return invalid(list(faults_of(error.detail)))
        case exceptions.APIException():
            return _from_framework(error)
    return None


def invalid(errors: Sequence[Fault]) -> Problem:
    return Problem(
        422, "invalid", _("Some of the values cannot be accepted; each entry in errors says why."), errors=errors
    )


def _refusal(refusal: Refusal) -> Problem:
    match refusal:
        case Forbidden():
            return Problem(403, refusal.code, refusal.detail, extra=refusal.extra)
        case Throttled():
            return Problem(429, refusal.code, refusal.detail, headers={"Retry-After": str(refusal.retry_seconds)})
        case Stale():
            return Problem(412, refusal.code, refusal.detail, headers={"ETag": f'"{refusal.current}"'})
        case Conflict():
            return Problem(409, refusal.code, refusal.detail)
    return Problem(422, refusal.code, refusal.detail, errors=refusal.faults)


def _from_framework(error: exceptions.APIException) -> Problem:
    known: dict[type[exceptions.APIException], tuple[str, Text]] = {
        exceptions.ParseError: ("malformed", _("The body is not valid JSON.")),
        exceptions.NotAuthenticated: ("not_authenticated", _("Send an API token: Authorization: Bearer <token>.")),
        exceptions.AuthenticationFailed: ("bad_token", _("This API token is unknown, expired or revoked.")),
        exceptions.MethodNotAllowed: ("method_not_allowed", _("This address does not know this method; see Allow.")),
        exceptions.NotAcceptable: ("not_acceptable", _("Answers are JSON: accept application/json.")),
        exceptions.UnsupportedMediaType: ("unsupported_media_type", _("Send JSON: Content-Type: application/json.")),
    }
    code, detail = known.get(type(error), (str(error.default_code), str(error.detail)))
    headers = {"WWW-Authenticate": 'Bearer realm="api"'} if error.status_code == 401 else {}
    return Problem(error.status_code, code, detail, headers=headers)


def faults_of(detail: Any, pointer: str = "") -> Iterator[Fault]:
    """DRF's nested error detail as a flat list with JSON pointers."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else "/" + str(name).replace("~", "~0").replace("/", "~1")
            yield from faults_of(inner, pointer + step)
    elif isinstance(detail, list):
        leaves = all(isinstance(inner, exceptions.ErrorDetail) for inner in detail)
        for place, inner in enumerate(detail):
            yield from faults_of(inner, pointer if leaves else f"{pointer}/{place}")
    else:
        yield Fault(str(getattr(detail, "code", "invalid")), gettext(str(detail)), pointer)
