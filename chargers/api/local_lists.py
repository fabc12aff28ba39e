"""The list of cards that a charger keeps itself, for the time when it cannot ask."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.strict import StrictSerializer, WriteSerializer
from accounts.permissions import Action
from chargers.api.chargers import ChargerScopedView
from chargers.models import ListState, LocalList
from chargers.selectors import local_list_of
from chargers.services.local_lists import send_local_list


class LocalListSerializer(StrictSerializer):
    state = serializers.ChoiceField(
        choices=ListState.choices, allow_null=True, help_text="Null: the portal has no list at this charger."
    )
    version = serializers.IntegerField(help_text="As the charger accepted it last; 0: none.")
    cards = serializers.IntegerField(help_text="How many the charger holds.")
    left_out = serializers.IntegerField(help_text="How many find no place in it.")
    changed_at = serializers.DateTimeField(allow_null=True, help_text="When its state changed last.")
    retry_at = serializers.DateTimeField(allow_null=True, help_text="After a failure: when it is sent again.")


class SendListSerializer(WriteSerializer):
    pass


class LocalListView(ChargerScopedView):
    @extend_schema(responses=LocalListSerializer, tags=["chargers"], operation_id="local_list")
    def get(self, request: Request, device_id: str) -> Response:
        """How the list stands: kept up to date by the portal in native mode."""
        return Response(show_list(local_list_of(self.charger())))

    @extend_schema(
        request=SendListSerializer,
        responses={202: LocalListSerializer},
        tags=["chargers"],
        operation_id="send_local_list",
    )
    def post(self, request: Request, device_id: str) -> Response:
        """Send the whole list anew, as soon as the charger is connected; follow ``state``."""
        charger = self.charger(Action.COMMAND_CHARGERS)

        def send() -> Response:
            body = self.read(SendListSerializer)
            row = send_local_list(charger=charger, actor=self.actor, reason=body.get("reason", ""))
            return Response(show_list(row), status=202)

        return self.once(send)


def show_list(row: LocalList | None) -> dict[str, Any]:
    if row is None or not row.state:
        return {"state": None, "version": 0, "cards": 0, "left_out": 0, "changed_at": None, "retry_at": None}
    return {
        "state": row.state,
        "version": row.version,
        "cards": row.cards,
        "left_out": row.left_out,
        "changed_at": row.changed_at,
        "retry_at": row.retry_at if row.state == ListState.FAILED else None,
    }
