"""What writes of many items share: all or nothing unless the caller asks otherwise, and faults per item."""

from rest_framework import serializers

from accounts.api.paging import NoQuery
from accounts.api.strict import StrictSerializer


class FaultSerializer(StrictSerializer):
    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()
    index = serializers.IntegerField(required=False)


class BulkQuery(NoQuery):
    mode = serializers.ChoiceField(
        choices=[("all", "all"), ("partial", "partial")], required=False, default="all",
        help_text="`partial` keeps the good lines; otherwise one bad line keeps everything out.",
    )  # fmt: skip
