"""Many installations in one request: all or nothing, or the good ones."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.bulk import BulkQuery, FaultSerializer
from accounts.api.problems import fault_body, faults_of, invalid
from accounts.api.strict import StrictSerializer, WriteSerializer
from accounts.api.view import ResourceView
from accounts.refusals import Fault
from chargers.api.installations import require_new
from chargers.api.serializers import NewInstallationSerializer
from installations.models import Installation
from installations.services.installations import create_installation

MOST_ITEMS = 1000


class ManyInstallationsSerializer(WriteSerializer):
    items = serializers.ListField(child=NewInstallationSerializer(), min_length=1, max_length=MOST_ITEMS)


class _Unread(WriteSerializer):
    """Each item is judged by itself, so that its faults are its own."""

    items = serializers.ListField(child=serializers.JSONField(), min_length=1, max_length=MOST_ITEMS)


class InstallationLineSerializer(StrictSerializer):
    index = serializers.IntegerField()
    id = serializers.IntegerField(allow_null=True, help_text="Null: refused, or nothing was kept.")
    name = serializers.CharField()
    errors = FaultSerializer(many=True)  # type: ignore[assignment]  # a declared field


class InstallationLinesSerializer(StrictSerializer):
    created = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = InstallationLineSerializer(many=True)


@dataclass(frozen=True)
class _Line:
    index: int
    values: Mapping[str, Any]
    faults: tuple[Fault, ...]


class InstallationListView(ResourceView):
    queries = {"POST": BulkQuery}

    @extend_schema(
        parameters=[BulkQuery],
        request=ManyInstallationsSerializer,
        responses={201: InstallationLinesSerializer},
        tags=["installations"],
        operation_id="create_installations",
    )
    def post(self, request: Request) -> Response:
        """Create up to 1,000 installations in native mode; one result per item, in order."""
        require_new(self.actor)
        return self.once(self._create)

    def _create(self) -> Response:
        body = self.read(_Unread)
        lines = [_judged(index, item) for index, item in enumerate(body["items"])]
        faults = [fault for line in lines for fault in line.faults]
        if faults and self.query["mode"] != "partial":
            raise invalid(faults)
        with transaction.atomic():
            made = {
                line.index: create_installation(actor=self.actor, **line.values) for line in lines if not line.faults
            }
        results = [_show(line, made.get(line.index)) for line in lines]
        return Response({"created": len(made), "refused": len(lines) - len(made), "results": results}, status=201)


def _judged(index: int, item: Any) -> _Line:
    given = NewInstallationSerializer(data=item)
    if given.is_valid():
        return _Line(index, given.validated_data, ())
    name = item.get("name", "") if isinstance(item, Mapping) else ""
    faults = tuple(replace(fault, index=index) for fault in faults_of(given.errors))
    return _Line(index, {"name": name if isinstance(name, str) else ""}, faults)


def _show(line: _Line, made: Installation | None) -> dict[str, Any]:
    return {
        "index": line.index,
        "id": None if made is None else made.pk,
        "name": line.values["name"],
        "errors": [fault_body(fault) for fault in line.faults],
    }
