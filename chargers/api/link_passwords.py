"""A charger's password for its connection to the gateway."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.strict import Choice, StrictSerializer, WriteSerializer
from accounts.permissions import Action
from chargers.api.chargers import ChargerScopedView
from chargers.api.serializers import LinkSerializer
from chargers.models import LinkPasswordChange, PasswordChangeState
from chargers.services.link_passwords import (
    cancel_rotation,
    hand_out_link_password,
    newest_change,
    rotate_link_password,
)

WAYS = (("over_ocpp", "over_ocpp"), ("by_hand", "by_hand"))


class PasswordChangeSerializer(StrictSerializer):
    state = serializers.ChoiceField(choices=PasswordChangeState.choices)
    answer = serializers.CharField(help_text="The charger's word, or how the call ended; empty: none yet.")
    requested_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    proven_at = serializers.DateTimeField(allow_null=True, help_text="When the charger signed in with it.")
    link = LinkSerializer(allow_null=True, help_text="In the answer to `by_hand` only, this once.")


class NewestChangeSerializer(StrictSerializer):
    change = PasswordChangeSerializer(allow_null=True, help_text="Null: the password is the one of the registration.")


class NewPasswordSerializer(WriteSerializer):
    way = Choice(
        choices=WAYS,
        help_text="`over_ocpp`: the gateway gives it to the charger when it is online and idle. "
        "`by_hand`: the answer holds it, this once.",
    )
    revoke_old = serializers.BooleanField(
        required=False, default=False, help_text="With `by_hand`: the old one is void at once."
    )


class LinkPasswordView(ChargerScopedView):
    @extend_schema(responses=NewestChangeSerializer, tags=["chargers"], operation_id="link_password_change")
    def get(self, request: Request, device_id: str) -> Response:
        """The newest change."""
        change = newest_change(self.charger(Action.EDIT_CHARGERS))
        return Response({"change": None if change is None else show_change(change)})

    @extend_schema(
        request=NewPasswordSerializer,
        responses={201: PasswordChangeSerializer},
        tags=["chargers"],
        operation_id="change_link_password",
    )
    def post(self, request: Request, device_id: str) -> Response:
        """Change the password the charger shows to the gateway."""
        charger = self.charger(Action.EDIT_CHARGERS)

        def change() -> Response:
            body = self.read(NewPasswordSerializer)
            reason = body.get("reason", "")
            if body["way"] == "over_ocpp":
                row = rotate_link_password(charger=charger, actor=self.actor, reason=reason)
                return Response(show_change(row), status=201)
            row, credentials = hand_out_link_password(
                charger=charger, actor=self.actor, revoke_old=body["revoke_old"], reason=reason
            )
            link = {"url": credentials.url, "user": credentials.user, "password": credentials.password}
            return Response({**show_change(row), "link": link}, status=201)

        return self.once(change)

    @extend_schema(responses=PasswordChangeSerializer, tags=["chargers"], operation_id="cancel_link_password_change")
    def delete(self, request: Request, device_id: str) -> Response:
        """Take back a change that still waits."""
        return Response(show_change(cancel_rotation(charger=self.charger(Action.EDIT_CHARGERS), actor=self.actor)))


def show_change(row: LinkPasswordChange) -> dict[str, Any]:
    return {
        "state": row.state,
        "answer": row.answer,
        "requested_at": row.requested_at,
        "sent_at": row.sent_at,
        "ended_at": row.ended_at,
        "proven_at": row.proven_at,
        "link": None,
    }
