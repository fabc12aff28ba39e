"""Commands to a charger, what came of them, and the configuration it has reported."""

from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paging import ListQuery, page_of
from accounts.api.strict import StrictSerializer, Text, WriteSerializer, choices_of
from accounts.permissions import Action
from accounts.web import streamed
from chargers.api.backend_tests import RequestErrorSerializer
from chargers.api.chargers import ChargerScopedView
from chargers.commands import COMMANDS, FIELDS
from chargers.diagnostics_state import DiagnosticsState
from chargers.models import Charger, GatewayRequest, ReportedSetting
from chargers.request_states import RequestKind, RequestState
from chargers.requests import (
    COMMAND_ORDER,
    DiagnosticsRow,
    download_headers,
    file_of,
    find_command,
    list_commands,
    read_command,
)
from chargers.services.asking import settle
from chargers.services.commanding import command
from chargers.services.diagnostics import hand_out

MOST_SETTINGS = 1000


class WholeNumber(serializers.IntegerField):
    """Taken as it is: the rules of the command judge it."""

    def to_internal_value(self, data: Any) -> Any:
        return data


class NewCommandSerializer(WriteSerializer):
    command = Text(max_length=40, help_text=", ".join(sorted(COMMANDS)))
    id_tag = Text(required=False, max_length=500, trim_whitespace=False)
    connector_id = WholeNumber(required=False)
    transaction_id = WholeNumber(required=False)
    type = Text(
        required=False, max_length=40, help_text="reset: Soft, Hard. change_availability: Operative, Inoperative."
    )
    message = Text(required=False, max_length=40, help_text="trigger_message: OCPP's name of the message.")
    keys = serializers.ListField(child=Text(max_length=500), required=False, max_length=500)
    settings = serializers.DictField(
        child=Text(allow_blank=True, max_length=2000, trim_whitespace=False), required=False
    )
    location = Text(required=False, max_length=2000)
    retrieve_at = serializers.DateTimeField(required=False)
    start_at = serializers.DateTimeField(required=False)
    stop_at = serializers.DateTimeField(required=False)
    retries = WholeNumber(required=False)
    retry_interval = WholeNumber(required=False, help_text="In seconds.")
    expires_at = serializers.DateTimeField(required=False)
    reservation_id = WholeNumber(required=False, help_text="reserve_now: absent, the portal chooses one.")
    vendor_id = Text(required=False, max_length=2000)
    message_id = Text(required=False, max_length=500)
    data = Text(  # type: ignore[assignment]  # a field here; the serializer's own member is another thing
        required=False, allow_blank=True, max_length=20_000, trim_whitespace=False
    )


class DiagnosticsSerializer(StrictSerializer):
    state = serializers.ChoiceField(choices=choices_of(DiagnosticsState))
    detail = serializers.CharField(help_text="What that means.")
    file_name = serializers.CharField(help_text="As the charger named it; empty: it named none.")
    charger_status = serializers.CharField(help_text="The charger's newest word on its upload, or empty.")
    size = serializers.IntegerField(allow_null=True, help_text="Bytes; null: no file is here.")
    received_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(help_text="Until then the charger may upload.")
    download = serializers.CharField(allow_null=True, help_text="Where the file is; null: none is here.")


class CommandSerializer(StrictSerializer):
    id = serializers.IntegerField()
    command = serializers.ChoiceField(choices=sorted(COMMANDS))
    device_id = serializers.CharField()
    parameters = serializers.DictField()
    state = serializers.ChoiceField(choices=choices_of(RequestState))
    status = serializers.CharField(help_text="OCPP's own word in the charger's answer, or empty.")
    detail = serializers.CharField(help_text="What that word means.")
    error = RequestErrorSerializer(allow_null=True)
    result = serializers.DictField(help_text="What else the charger answered.")
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    deadline_at = serializers.DateTimeField(help_text="It ends by then, whoever is away.")
    ended_at = serializers.DateTimeField(allow_null=True)
    diagnostics = DiagnosticsSerializer(allow_null=True, help_text="get_diagnostics: what came of the upload.")


class ReportedSerializer(StrictSerializer):
    key = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    read_only = serializers.BooleanField()  # type: ignore[assignment]  # a field, not the option
    reported_at = serializers.DateTimeField()


class ConfigurationSerializer(StrictSerializer):
    device_id = serializers.CharField()
    settings = ReportedSerializer(many=True)


class ConfigurationChangeSerializer(WriteSerializer):
    settings = serializers.DictField(
        child=Text(allow_blank=True, max_length=2000, trim_whitespace=False), help_text="Keys with their new values."
    )


class CommandsView(ChargerScopedView):
    queries = {"GET": ListQuery}

    @extend_schema(
        parameters=[ListQuery], responses=page_of(CommandSerializer), tags=["commands"], operation_id="commands"
    )
    def get(self, request: Request, device_id: str) -> Response:
        """What was ordered, newest first; kept for 30 days."""
        charger = self.charger()
        return self.page(
            list_commands(charger), COMMAND_ORDER, lambda rows: [show_command(row, charger) for row in rows]
        )

    @extend_schema(
        request=NewCommandSerializer,
        responses={202: CommandSerializer},
        tags=["commands"],
        operation_id="order_command",
    )
    def post(self, request: Request, device_id: str) -> Response:
        """Order a command; follow what Location names. 409 ``offline`` while the charger is not connected."""
        charger = self.charger(Action.COMMAND_CHARGERS)
        return self.once(lambda: self._order(charger))

    def _order(self, charger: Charger) -> Response:
        body = self.read(NewCommandSerializer)
        given = {name: value for name, value in body.items() if name in FIELDS}
        asked = command(
            charger=charger,
            kind=body["command"],
            parameters=given,
            actor=self.actor,
            reason=body.get("reason", ""),
        )
        return accepted(asked, charger, f"{self.request.path}{asked.pk}/")


class CommandView(ChargerScopedView):
    @extend_schema(responses=CommandSerializer, tags=["commands"], operation_id="command")
    def get(self, request: Request, device_id: str, request_id: int) -> Response:
        """One command and what came of it."""
        charger = self.charger()
        return Response(show_command(settle(self.found(find_command(charger, request_id))), charger))


class CommandDiagnosticsView(ChargerScopedView):
    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        tags=["commands"],
        operation_id="command_diagnostics",
    )
    def get(self, request: Request, device_id: str, request_id: int) -> HttpResponseBase:
        """The file that the charger uploaded, as it came: never look at it in a browser. Owner and service may."""
        charger = self.charger(Action.COMMAND_CHARGERS)
        file = self.found(file_of(find_command(charger, request_id)))
        headers = download_headers(charger, file)
        pieces = hand_out(file, self.actor)
        return streamed(request._request, pieces, content_type="application/octet-stream", headers=headers)


class ConfigurationView(ChargerScopedView):
    @extend_schema(responses=ConfigurationSerializer, tags=["commands"], operation_id="configuration")
    def get(self, request: Request, device_id: str) -> Response:
        """The configuration keys as the charger reported them last; passwords are never among them."""
        charger = self.charger()
        rows = ReportedSetting.objects.filter(charger=charger).order_by("key")[:MOST_SETTINGS]
        settings = [
            {"key": row.key, "value": row.value, "read_only": row.read_only, "reported_at": row.reported_at}
            for row in rows
        ]
        return Response({"device_id": charger.device_id, "settings": settings})

    @extend_schema(
        request=ConfigurationChangeSerializer,
        responses={202: CommandSerializer},
        tags=["commands"],
        operation_id="change_configuration",
    )
    def patch(self, request: Request, device_id: str) -> Response:
        """Change keys that no authentication setting manages; follow the command that Location names.

        Done while the charger is idle and closed for new sessions, and read back; ``busy`` otherwise.
        """
        charger = self.charger(Action.COMMAND_CHARGERS)
        body = self.read(ConfigurationChangeSerializer)
        asked = command(
            charger=charger,
            kind=RequestKind.CHANGE_CONFIGURATION,
            parameters={"settings": body["settings"]},
            actor=self.actor,
            reason=body.get("reason", ""),
        )
        base = self.request.path.removesuffix("configuration/")
        return accepted(asked, charger, f"{base}commands/{asked.pk}/")


def accepted(asked: GatewayRequest, charger: Charger, location: str) -> Response:
    return Response(show_command(asked, charger), status=202, headers={"Location": location})


def show_command(request: GatewayRequest, charger: Charger) -> dict[str, Any]:
    row = read_command(request)
    return {
        "id": request.pk,
        "command": request.kind,
        "device_id": charger.device_id,
        "parameters": row.parameters,
        "state": request.state,
        "status": row.status,
        "detail": "" if request.error else row.detail,
        "error": {"code": request.error, "detail": row.detail} if request.error else None,
        "result": {name: value for name, value in request.result.items() if name != "status"},
        "asked_by": request.asked_by_label,
        "asked_at": request.asked_at,
        "deadline_at": request.deadline_at,
        "ended_at": request.ended_at,
        "diagnostics": _show_diagnostics(row.diagnostics, request, charger),
    }


def _show_diagnostics(row: DiagnosticsRow | None, request: GatewayRequest, charger: Charger) -> dict[str, Any] | None:
    if row is None:
        return None
    address = reverse("api-command-diagnostics", args=[charger.device_id, request.pk])
    return {
        "state": row.state,
        "detail": row.sentence,
        "file_name": row.file_name,
        "charger_status": row.said,
        "size": row.size,
        "received_at": row.received_at,
        "expires_at": row.expires_at,
        "download": None if row.size is None else address,
    }
