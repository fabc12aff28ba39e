"""Test connection: a backend tried as one charger would meet it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.strict import StrictSerializer, Text, choices_of
from accounts.permissions import Action
from chargers.api.authentication import draft_of
from chargers.api.authentication_serializers import LONGEST_TEXT, DraftSerializer
from chargers.models import GatewayRequest
from chargers.request_states import PasswordUse, RequestState
from chargers.requests import find_backend_test, read_backend_test
from chargers.services.asking import settle
from chargers.services.backend_trial import try_backend
from installations.api.base import InstallationScopedView


class BackendTestDraftSerializer(DraftSerializer):
    device_id = Text(
        required=False, allow_blank=True, max_length=LONGEST_TEXT, default="",
        help_text="The charger to sign in as; absent: the installation's first.",
    )  # fmt: skip


class RequestErrorSerializer(StrictSerializer):
    code = serializers.CharField(help_text="Fixed; never what a peer said.")
    detail = serializers.CharField()


class StepSerializer(StrictSerializer):
    step = serializers.CharField(help_text="url, name, address, connection, tls, status, subprotocol.")
    state = serializers.CharField(help_text="done, failed, needless (no TLS on ws://) or not_reached.")
    milliseconds = serializers.IntegerField(
        allow_null=True, help_text="From the beginning to the end of the step; null: not measured."
    )


class BackendTestSerializer(StrictSerializer):
    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=choices_of(RequestState))
    error = RequestErrorSerializer(allow_null=True)
    device_id = serializers.CharField()
    url = serializers.CharField()
    identity = serializers.CharField()
    password = serializers.ChoiceField(
        choices=choices_of(PasswordUse),
        help_text="withheld: the stored password belongs to another server and was not used.",
    )
    steps = StepSerializer(many=True)
    http_status = serializers.IntegerField(allow_null=True)
    address = serializers.CharField(help_text="The address connected to, or empty.")
    milliseconds = serializers.IntegerField(allow_null=True)
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    deadline_at = serializers.DateTimeField(help_text="It ends by then, whoever is away.")
    ended_at = serializers.DateTimeField(allow_null=True)


class BackendTestsView(InstallationScopedView):
    @extend_schema(
        request=BackendTestDraftSerializer,
        responses={202: BackendTestSerializer},
        tags=["authentication"],
        operation_id="test_backend",
    )
    def post(self, request: Request, installation_id: int) -> Response:
        """Open the WebSocket to the backend for one charger, from the portal's network; follow what Location names.

        Saves nothing. The backend may close that charger's own connection when the test signs in.
        """
        installation = self.installation(Action.SET_AUTHENTICATION)
        return self.once(lambda: self._test(installation))

    def _test(self, installation: Any) -> Response:
        body = self.read(BackendTestDraftSerializer)
        asked = try_backend(
            installation=installation, draft=draft_of(body), actor=self.actor, device_id=body["device_id"]
        )
        return Response(show_test(asked), status=202, headers={"Location": f"{self.request.path}{asked.pk}/"})


class BackendTestView(InstallationScopedView):
    @extend_schema(responses=BackendTestSerializer, tags=["authentication"], operation_id="backend_test")
    def get(self, request: Request, installation_id: int, request_id: int) -> Response:
        """How far a test has come; kept for 30 days."""
        return Response(show_test(settle(self.found(find_backend_test(self.installation(), request_id)))))


def show_test(request: GatewayRequest) -> dict[str, Any]:
    test = read_backend_test(request)
    return {
        "id": request.pk,
        "state": request.state,
        "error": {"code": request.error, "detail": test.detail} if request.error else None,
        "device_id": request.charger.device_id if request.charger else "",
        "url": test.url,
        "identity": test.identity,
        "password": request.payload["password"],
        "steps": [{"step": row.step, "state": row.state, "milliseconds": row.milliseconds} for row in test.steps],
        "http_status": request.result.get("http_status") or None,
        "address": request.result.get("address", ""),
        "milliseconds": request.result.get("milliseconds"),
        "asked_by": request.asked_by_label,
        "asked_at": request.asked_at,
        "deadline_at": request.deadline_at,
        "ended_at": request.ended_at,
    }
