"""Who am I, my tokens, my organisations."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paging import ListQuery, page_of
from accounts.api.serializers import (
    IssuedTokenSerializer,
    MeSerializer,
    NewTokenSerializer,
    OrganisationSerializer,
    TokenSerializer,
)
from accounts.api.view import ResourceView
from accounts.models import ApiToken, Organisation
from accounts.permissions import Scope
from accounts.refusals import Forbidden
from accounts.selectors import ORGANISATION_ORDER, list_organisations
from accounts.tokens import issue_token, list_tokens, revoke_token


class ScopedView(ResourceView):
    def need(self, scope: Scope) -> None:
        """Raises Forbidden unless the token has the scope."""
        if not self.actor.has_scope(scope):
            raise Forbidden.scope(scope.value)


class MeView(ScopedView):
    @extend_schema(responses=MeSerializer, tags=["people"], operation_id="me")
    def get(self, request: Request) -> Response:
        """The person behind the token."""
        self.need(Scope.READ)
        user = self.actor.user
        organisations = list_organisations(self.actor).filter(members=user)
        return Response(
            {
                "id": user.pk,
                "email": user.email,
                "name": user.name,
                "staff": user.is_staff,
                "language": user.language,
                "organisations": [show_organisation(row) for row in organisations],
            }
        )


class OrganisationsView(ScopedView):
    queries = {"GET": ListQuery}

    @extend_schema(
        parameters=[ListQuery], responses=page_of(OrganisationSerializer), tags=["people"], operation_id="organisations"
    )
    def get(self, request: Request) -> Response:
        """The organisations you belong to."""
        self.need(Scope.READ)
        rows = list_organisations(self.actor)
        return self.page(rows, ORGANISATION_ORDER, lambda page: [show_organisation(row) for row in page])


class OrganisationView(ScopedView):
    @extend_schema(responses=OrganisationSerializer, tags=["people"], operation_id="organisation")
    def get(self, request: Request, organisation_id: int) -> Response:
        """One organisation that you belong to."""
        self.need(Scope.READ)
        return Response(
            show_organisation(self.found(list_organisations(self.actor).filter(pk=organisation_id).first()))
        )


class TokensView(ScopedView):
    queries = {"GET": ListQuery}

    @extend_schema(parameters=[ListQuery], responses=page_of(TokenSerializer), tags=["people"], operation_id="tokens")
    def get(self, request: Request) -> Response:
        """Your API tokens, newest first; never their text."""
        self.need(Scope.READ)
        return self.page(list_tokens(self.actor.user), ("-id",), lambda page: [show_token(row) for row in page])

    @extend_schema(
        request=NewTokenSerializer, responses={201: IssuedTokenSerializer}, tags=["people"], operation_id="issue_token"
    )
    def post(self, request: Request) -> Response:
        """Make a token; it cannot be wider than the one you use."""
        self.need(Scope.TOKENS)
        return self.once(self._issue)

    def _issue(self) -> Response:
        body = self.read(NewTokenSerializer)
        token, text = issue_token(
            user=self.actor.user,
            name=body["name"],
            scopes=body["scopes"],
            installation_ids=body.get("installations"),
            expires_at=body["expires_at"],
            actor=self.actor,
        )
        return Response({**show_token(token), "token": text}, status=201)


class TokenView(ScopedView):
    @extend_schema(responses=TokenSerializer, tags=["people"], operation_id="token")
    def get(self, request: Request, token_id: int) -> Response:
        """One of your tokens."""
        self.need(Scope.READ)
        return Response(show_token(self._token(token_id)))

    @extend_schema(responses={204: None}, tags=["people"], operation_id="revoke_token")
    def delete(self, request: Request, token_id: int) -> Response:
        """Revoke one of your tokens, at once."""
        self.need(Scope.TOKENS)
        revoke_token(token=self._token(token_id), actor=self.actor)
        return Response(status=204)

    def _token(self, token_id: int) -> ApiToken:
        return self.found(list_tokens(self.actor.user).filter(pk=token_id).first())


def show_organisation(row: Organisation) -> dict[str, Any]:
    own = getattr(row, "own_memberships", [])
    return {
        "id": row.pk,
        "name": row.name,
        "admin": any(membership.is_admin for membership in own),
        "second_factor_required": row.second_factor_required,
    }


def show_token(row: ApiToken) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "prefix": row.prefix,
        "scopes": row.scopes,
        "installations": row.installation_ids,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
    }
