"""The audit trail, in pages or as one stream of lines; read-only."""

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from accounts.api.lines import LinesRenderer
from accounts.api.paging import ListQuery, page_of
from accounts.api.strict import LARGEST_ID, StrictSerializer
from accounts.api.view import ResourceView
from accounts.permissions import Action
from accounts.web import streamed
from installations.access import audit_staff, require_scope
from installations.audit_trail import AUDIT_ORDER, Wanted, list_entries, show_entry, write_lines


class AuditEntrySerializer(StrictSerializer):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = serializers.IntegerField(allow_null=True, help_text="The person; null: the portal itself.")
    actor_label = serializers.CharField(help_text="E-mail address, and the API token in brackets.")
    action = serializers.CharField(help_text="A fixed code.")
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    object_label = serializers.CharField(help_text="How the object was called then; of a charger its device id.")
    installation = serializers.IntegerField(allow_null=True)
    before = serializers.JSONField(help_text="Never holds secrets.")
    after = serializers.JSONField(help_text="Never holds secrets.")
    reason = serializers.CharField()
    request_id = serializers.CharField(help_text="The X-Request-ID of the request.")
    remote_address = serializers.CharField()
    position = serializers.IntegerField(allow_null=True, help_text="In the chain; null: not sealed yet.")
    digest = serializers.CharField(allow_null=True, help_text="SHA-256 over the entry and the digest before it.")


class AuditQuery(ListQuery):
    installation = serializers.IntegerField(required=False, default=None, min_value=1, max_value=LARGEST_ID)
    action = serializers.CharField(required=False, default="", max_length=60)
    person = serializers.CharField(required=False, default="", max_length=100, help_text="Part of actor_label.")
    charger = serializers.CharField(required=False, default="", max_length=48, help_text="The whole device id.")
    object_type = serializers.CharField(required=False, default="", max_length=40)
    object_id = serializers.CharField(required=False, default="", max_length=64)
    since = serializers.DateTimeField(required=False, default=None, help_text="From then on.")
    until = serializers.DateTimeField(required=False, default=None, help_text="Before then.")


class AuditView(ResourceView):
    queries = {"GET": AuditQuery}
    renderer_classes = [JSONRenderer, LinesRenderer]

    @extend_schema(
        parameters=[AuditQuery],
        responses={
            (200, "application/json"): page_of(AuditEntrySerializer),
            (200, "application/x-ndjson"): OpenApiTypes.STR,
        },
        tags=["audit"],
        operation_id="audit",
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Who did what, newest first, on installations where you are owner or service.

        With `Accept: application/x-ndjson` all that the filter shows comes as a stream, a line of JSON an entry.
        """
        require_scope(self.actor, Action.VIEW_AUDIT)
        if self.actor.user.is_staff:
            audit_staff(self.actor, self.actor.user, Action.VIEW_AUDIT)
        query = self.query
        names = ("action", "person", "charger", "object_type", "object_id", "since", "until")
        wanted = Wanted(**{name: query[name] for name in names})
        rows = list_entries(self.actor, wanted, installation_id=query["installation"])
        if request.accepted_renderer.format == LinesRenderer.format:
            headers = {"Content-Disposition": 'attachment; filename="audit.ndjson"'}
            return streamed(request._request, write_lines(rows), content_type="application/x-ndjson", headers=headers)
        return self.page(rows, AUDIT_ORDER, lambda page: [show_entry(entry) for entry in page])
