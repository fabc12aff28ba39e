"""Queries of lists and the shape of a page."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

LARGEST_PAGE = 500


class NoQuery(serializers.Serializer[Any]):
    """Refuses every parameter it does not name."""

    def to_internal_value(self, data: Mapping[str, Any]) -> Any:
        unknown = {
            name: [ErrorDetail(str(_("There is no such parameter here.")), code="unknown_parameter")]
            for name in data
            if name not in self.fields
        }
        if unknown:
            raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


class ListQuery(NoQuery):
    """``cursor`` comes from ``next`` or ``previous``; ``count`` also counts the whole list."""

    cursor = serializers.CharField(required=False, default="", max_length=2000)
    page_size = serializers.IntegerField(required=False, default=50, min_value=1, max_value=LARGEST_PAGE)
    count = serializers.BooleanField(required=False, default=False)


class ReasonQuery(NoQuery):
    """A deletion has no body: its reason travels in the query."""

    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=500)


def link_to(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    query = {**request.query_params.dict(), "cursor": cursor}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")


def page_of(row: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The schema of a page of ``row``."""
    name = row.__name__.removesuffix("Serializer") + "Page"
    fields: dict[str, serializers.Field[Any, Any, Any, Any]] = {
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "count": serializers.IntegerField(required=False),
        "results": row(many=True),
    }
    return inline_serializer(name, fields)
