"""Authentication settings of an installation: read, preview, save, history, restore."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paging import ListQuery, page_of
from accounts.api.view import expected_version, tagged
from accounts.permissions import Action
from chargers import doorbell
from chargers.api.authentication_serializers import (
    AuthenticationSerializer,
    DraftSerializer,
    PreviewSerializer,
    RestoreSerializer,
    RevisionSerializer,
    SavedSerializer,
)
from chargers.api.authentication_show import show_authentication, show_preview, show_revisions
from chargers.models import Rollout
from chargers.services import authentication
from installations.api.base import InstallationScopedView
from installations.authentication import ClearPassword, Draft, KeepPassword, NewPassword, Password
from installations.models import AuthenticationRevision, Installation
from installations.selectors import REVISION_ORDER, list_revisions

IF_MATCH = OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True)


class AuthenticationScopedView(InstallationScopedView):
    def revision_of(self, installation: Installation) -> AuthenticationRevision:
        return self.found(installation.revision)

    def expected(self, installation: Installation) -> int:
        """The revision that If-Match names. Raises 428 or 412."""
        current = self.revision_of(installation).number
        return expected_version(self.request, current=current, required=True) or current

    def saved(self, save: Callable[[], AuthenticationRevision]) -> Response:
        revision = save()
        rollout = rollout_of(revision)
        base = self.request.path.split("/installations/")[0]
        headers = {"Location": f"{base}/rollouts/{rollout}/"} if rollout else {}
        body = {**show_authentication(revision, rollout), "delayed": doorbell.out_of_order()}
        return tagged(body, revision.number, status=202, headers=headers)


class AuthenticationView(AuthenticationScopedView):
    @extend_schema(responses=AuthenticationSerializer, tags=["authentication"], operation_id="authentication")
    def get(self, request: Request, installation_id: int) -> Response:
        """The settings in force; their revision is the ETag. The password is never shown."""
        revision = self.revision_of(self.installation())
        return tagged(show_authentication(revision, rollout_of(revision)), revision.number)

    @extend_schema(
        parameters=[IF_MATCH],
        request=DraftSerializer,
        responses={202: SavedSerializer},
        tags=["authentication"],
        operation_id="set_authentication",
    )
    def put(self, request: Request, installation_id: int) -> Response:
        """Save new settings and bring them to every charger; follow the rollout that Location names."""
        installation = self.installation(Action.SET_AUTHENTICATION)
        expected = self.expected(installation)
        body = self.read(DraftSerializer)
        return self.saved(
            lambda: authentication.save(
                installation=installation,
                draft=draft_of(body),
                actor=self.actor,
                expected_number=expected,
                acknowledged=body["acknowledge"],
                policy=body.get("policy"),
                note=body["note"],
            )
        )


class PreviewView(AuthenticationScopedView):
    @extend_schema(
        request=DraftSerializer,
        responses=PreviewSerializer,
        tags=["authentication"],
        operation_id="preview_authentication",
    )
    def post(self, request: Request, installation_id: int) -> Response:
        """What a save would do to each charger; writes nothing, and answers 200 even where a save would be refused."""
        installation = self.installation(Action.SET_AUTHENTICATION)
        return self.once(lambda: self._preview(installation))

    def _preview(self, installation: Installation) -> Response:
        body = self.read(DraftSerializer)
        judged = authentication.preview(installation=installation, draft=draft_of(body), policy=body.get("policy"))
        return Response(show_preview(judged))


class RevisionsView(AuthenticationScopedView):
    queries = {"GET": ListQuery}

    @extend_schema(
        parameters=[ListQuery],
        responses=page_of(RevisionSerializer),
        tags=["authentication"],
        operation_id="revisions",
    )
    def get(self, request: Request, installation_id: int) -> Response:
        """The history, newest first, each revision with its changes."""
        return self.page(list_revisions(self.installation()), REVISION_ORDER, show_revisions)


class RevisionView(AuthenticationScopedView):
    @extend_schema(responses=RevisionSerializer, tags=["authentication"], operation_id="revision")
    def get(self, request: Request, installation_id: int, number: int) -> Response:
        """One revision."""
        row = self.found(list_revisions(self.installation()).filter(number=number).first())
        return tagged(show_revisions([row])[0], row.number)


class RestoreView(AuthenticationScopedView):
    @extend_schema(
        parameters=[IF_MATCH],
        request=RestoreSerializer,
        responses={202: SavedSerializer},
        tags=["authentication"],
        operation_id="restore_revision",
    )
    def post(self, request: Request, installation_id: int, number: int) -> Response:
        """Make an older revision's settings the newest revision; the same gates as a save."""
        installation = self.installation(Action.SET_AUTHENTICATION)
        self.found(list_revisions(installation).filter(number=number).first())
        return self.once(lambda: self._restore(installation, number))

    def _restore(self, installation: Installation, number: int) -> Response:
        expected = self.expected(installation)
        body = self.read(RestoreSerializer)
        return self.saved(
            lambda: authentication.restore(
                installation=installation,
                number=number,
                actor=self.actor,
                expected_number=expected,
                acknowledged=body["acknowledge"],
                policy=body.get("policy"),
                note=body["note"] or body.get("reason", ""),
            )
        )


def draft_of(body: dict[str, Any]) -> Draft:
    password: Password = KeepPassword()
    if "initial_device_password" in body:
        text = body["initial_device_password"]
        password = ClearPassword() if text is None else NewPassword(text)
    return Draft(
        mode=body["mode"],
        server_url=body["server_url"],
        password=password,
        default_id_tag=body["default_id_tag"],
        authorization_required=body["authorization_required"],
        legacy_identity=body["legacy_identity"],
    )


def rollout_of(revision: AuthenticationRevision) -> int | None:
    return Rollout.objects.filter(revision=revision).values_list("pk", flat=True).first()
