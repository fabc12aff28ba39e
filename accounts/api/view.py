"""What every resource of the API shares: the actor, strict queries, limits, ETags, pages and repeated requests."""

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import audit
from accounts.actor import Actor
from accounts.api import idempotency
from accounts.api.authentication import actor_of
from accounts.api.paging import NoQuery, link_to
from accounts.api.problems import Problem, faults_of, not_found
from accounts.keyset import BadCursor, read_page
from accounts.limits import Verdict, hit


class ResourceView(APIView):
    """``queries`` maps an HTTP method to the serializer of its query; methods left out take no parameters."""

    queries: dict[str, type[serializers.Serializer[Any]]] = {}
    verdict: Verdict | None = None
    query: dict[str, Any]

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.verdict = _count(request)
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method in self.allowed_methods:
            self.query = _read_query(request, self.queries.get(method, NoQuery))
            if method == "DELETE":
                audit.give_reason(self.query.get("reason", ""))

    def read(self, kind: type[serializers.Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """The validated body. Raises ValidationError (422)."""
        body = kind(data=self.request.data, partial=partial)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        audit.give_reason(values.get("reason", ""))
        return values

    def once(self, work: Callable[[], Response]) -> Response:
        """Run a POST's ``work`` once per Idempotency-Key; without the header, just run it."""
        body = _raw_body(self.request)
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            return work()
        idempotency.check_key(key)
        mark = idempotency.fingerprint(self.request._request, body)
        return idempotency.answer_once(self.actor.user, key, mark, work)

    def page[M: Model](
        self, rows: QuerySet[M], order: Sequence[str], show: Callable[[list[M]], list[dict[str, Any]]]
    ) -> Response:
        """One page: ``next``, ``previous`` (addresses or null), ``results``, and ``count`` when asked for."""
        try:
            page = read_page(rows, order=order, cursor=self.query["cursor"], size=self.query["page_size"])
        except BadCursor:
            raise Problem(400, "cursor", _("This cursor does not belong to this list: start without one.")) from None
        body: dict[str, Any] = {
            "next": link_to(self.request, page.next),
            "previous": link_to(self.request, page.previous),
            "results": show(page.rows),
        }
        return Response({"count": rows.count(), **body} if self.query["count"] else body)

    def found[T](self, row: T | None) -> T:
        if row is None:
            raise not_found()
        return row

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        if self.verdict is not None:
            window = settings.API_RATE_WINDOW_SECONDS
            answer["RateLimit-Policy"] = f'"default";q={self.verdict.limit};w={window}'
            answer["RateLimit"] = f'"default";r={self.verdict.remaining};t={self.verdict.reset_seconds}'
        answer["Cache-Control"] = "no-store"
        return answer


def tagged(body: Any, version: int, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status=status, headers={**(headers or {}), "ETag": f'"{version}"'})


def expected_version(request: Request, *, current: int, required: bool) -> int | None:
    """The version If-Match names; None: any. Raises Problem 428 (missing though required) or 412 (none fits)."""
    header = request.headers.get("If-Match")
    tag = {"ETag": f'"{current}"'}
    if header is None:
        if required:
            detail = _("Send If-Match with the ETag you read, so that nobody's change is lost.")
            raise Problem(428, "if_match_required", detail, headers=tag)
        return None
    if f'"{current}"' not in [part.strip() for part in header.split(",")]:
        detail = _("Somebody else changed this in the meantime: read it again.")
        raise Problem(412, "stale", detail, headers=tag)
    return current


def _count(request: Request) -> Verdict:
    verdict = hit(
        f"api:{actor_of(request).user.pk}",
        limit=settings.API_RATE_LIMIT,
        window_seconds=settings.API_RATE_WINDOW_SECONDS,
    )
    if not verdict.allowed:
        headers = {"Retry-After": str(verdict.reset_seconds)}
        detail = _("Too many requests: wait as long as Retry-After says.")
        raise Problem(429, "too_many_requests", detail, headers=headers)
    return verdict


def _read_query(request: Request, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    repeated = [name for name, values in request.query_params.lists() if len(values) > 1]
    query = kind(data=request.query_params.dict())
    if repeated or not query.is_valid():
        faults = list(faults_of(query.errors)) if not repeated else []
        errors = [{"parameter": f.pointer.lstrip("/"), "code": f.code, "detail": str(f.detail)} for f in faults]
        errors += [{"parameter": name, "code": "repeated", "detail": str(_("Send it once."))} for name in repeated]
        detail = _("A query parameter is unknown or has a value that cannot be used.")
        raise Problem(400, "query", detail, extra={"errors": errors})
    return dict(query.validated_data)


def _raw_body(request: Request) -> bytes:
    request.data  # noqa: B018  (parses, so that the parser leaves the bytes)
    return getattr(request, "raw_body", b"")
