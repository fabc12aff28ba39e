"""The OCPP message log of a charger, in pages or as one stream of lines."""

from datetime import datetime

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.lines import LinesRenderer
from accounts.api.paging import ListQuery, page_of
from accounts.api.strict import StrictSerializer
from accounts.permissions import Action
from chargers.api.chargers import ChargerScopedView
from chargers.message_log import MESSAGE_ORDER, Wanted, file_name, list_messages, ndjson, show_message
from chargers.models import Direction, MessageOutcome
from chargers.streams import stream_lines


class MessageSerializer(StrictSerializer):
    id = serializers.IntegerField()
    at = serializers.DateTimeField(help_text="When the call was sent or received.")
    direction = serializers.ChoiceField(choices=Direction.choices, help_text="Of the call.")
    action = serializers.CharField(help_text="Empty where no call could be read.")
    message_id = serializers.CharField()
    outcome = serializers.ChoiceField(choices=MessageOutcome.choices)
    status = serializers.CharField(help_text="What the answer says in one word; the code of an error.")
    latency_seconds = serializers.FloatField(allow_null=True, help_text="Until the answer.")
    payload = serializers.JSONField(allow_null=True, help_text="Without secrets; text where it is no JSON.")
    answer = serializers.JSONField(allow_null=True, help_text="Without secrets; text where it is no JSON.")
    missing = serializers.IntegerField(help_text="With not_kept: how many messages are missing here.")


class MessageQuery(ListQuery):
    action = serializers.CharField(required=False, default="", max_length=64, help_text="As OCPP spells it.")
    direction = serializers.ChoiceField(choices=Direction.choices, required=False, default="")
    search = serializers.CharField(required=False, default="", max_length=100, help_text="In the call or its answer.")
    since = serializers.DateTimeField(required=False, help_text="From then on.")
    until = serializers.DateTimeField(required=False, help_text="Before then.")


class MessagesView(ChargerScopedView):
    queries = {"GET": MessageQuery}
    renderer_classes = [JSONRenderer, LinesRenderer]

    @extend_schema(
        parameters=[MessageQuery],
        responses={
            (200, "application/json"): page_of(MessageSerializer),
            (200, "application/x-ndjson"): OpenApiTypes.STR,
        },
        tags=["chargers"],
        operation_id="charger_messages",
    )
    def get(self, request: Request, device_id: str) -> Response | StreamingHttpResponse:
        """What the charger, or its backend, and the portal said to each other, newest first.

        With `Accept: application/x-ndjson` all that the filter shows comes as a stream, a line of JSON a message.
        """
        charger = self.charger(Action.VIEW_MESSAGES)
        query = self.query
        since: datetime | None = query.get("since")
        wanted = Wanted(query["action"], query["direction"], query["search"], since, query.get("until"))
        rows = list_messages(charger, wanted)
        if request.accepted_renderer.format == LinesRenderer.format:
            return stream_lines(request._request, ndjson(rows), file_name(charger))
        return self.page(rows, MESSAGE_ORDER, lambda page: [show_message(row) for row in page])
