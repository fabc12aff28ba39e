"""Liveness, readiness and metrics, outside /api/v1."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from portal.api.metrics import registry


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is looked at."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whether requests can be served: the database answers and its migrations are applied."""
    try:
        executor = MigrationExecutor(connection)
        pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return JsonResponse({"status": "down", "database": "unreachable"}, status=503)
    if pending:
        return JsonResponse({"status": "down", "database": "reachable", "pending_migrations": pending}, status=503)
    return JsonResponse({"status": "ok", "database": "reachable", "pending_migrations": 0})


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text: what the database says now. With METRICS_TOKEN set, only for who sends it as a bearer token."""
    wanted = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if (wanted or settings.PRODUCTION) and not (wanted and constant_time_compare(given, f"Bearer {wanted}")):
        raise Http404
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)
