"""Who may do what on one installation."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paging import ListQuery, ReasonQuery, page_of
from accounts.permissions import Action
from installations.api.base import InstallationScopedView
from installations.api.serializers import GrantSerializer, NewGrantSerializer
from installations.models import Grant, Installation
from installations.selectors import list_grants
from installations.services.grants import grant_access, revoke_access


class AccessView(InstallationScopedView):
    queries = {"GET": ListQuery}

    @extend_schema(parameters=[ListQuery], responses=page_of(GrantSerializer), tags=["access"], operation_id="access")
    def get(self, request: Request, installation_id: int) -> Response:
        """The grants of an installation, expired ones too."""
        rows = list_grants(self.installation(Action.VIEW_ACCESS))
        return self.page(rows, ("id",), lambda page: [show_grant(row) for row in page])

    @extend_schema(
        request=NewGrantSerializer, responses={201: GrantSerializer}, tags=["access"], operation_id="grant_access"
    )
    def post(self, request: Request, installation_id: int) -> Response:
        """Give a role to a person or an organisation."""
        installation = self.installation(Action.GRANT_ACCESS)
        return self.once(lambda: self._grant(installation))

    def _grant(self, installation: Installation) -> Response:
        body = self.read(NewGrantSerializer)
        grant = grant_access(
            installation=installation,
            actor=self.actor,
            role=body["role"],
            email=body.get("user", ""),
            organisation_name=body.get("organisation", ""),
            expires_at=body.get("expires_at"),
            reason=body.get("reason", ""),
        )
        return Response(show_grant(grant), status=201)


class GrantView(InstallationScopedView):
    queries = {"DELETE": ReasonQuery}

    @extend_schema(responses=GrantSerializer, tags=["access"], operation_id="grant")
    def get(self, request: Request, installation_id: int, grant_id: int) -> Response:
        """One grant."""
        return Response(show_grant(self._grant(Action.VIEW_ACCESS)))

    @extend_schema(parameters=[ReasonQuery], responses={204: None}, tags=["access"], operation_id="revoke_access")
    def delete(self, request: Request, installation_id: int, grant_id: int) -> Response:
        """Take a role away."""
        revoke_access(grant=self._grant(Action.GRANT_ACCESS), actor=self.actor, reason=self.query["reason"])
        return Response(status=204)

    def _grant(self, action: Action) -> Grant:
        return self.found(list_grants(self.installation(action)).filter(pk=self.kwargs["grant_id"]).first())


def show_grant(row: Grant) -> dict[str, Any]:
    user, organisation = row.user, row.organisation
    return {
        "id": row.pk,
        "role": row.role,
        "user": {"email": user.email, "name": user.name} if user else None,
        "organisation": {"id": organisation.pk, "name": organisation.name} if organisation else None,
        "expires_at": row.expires_at,
        "created_at": row.created_at,
    }
