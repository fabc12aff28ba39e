"""Members of an organisation, for its admins and platform staff: the same rules as on the page."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paging import ListQuery, ReasonQuery, page_of
from accounts.api.serializers import (
    AddedMemberSerializer,
    MemberChangeSerializer,
    MemberSerializer,
    NewMemberSerializer,
)
from accounts.api.views import ScopedView
from accounts.members import add_member, find_organisation_to_lead, list_members, remove_member, set_admin
from accounts.models import Membership, Organisation
from accounts.permissions import Scope
from accounts.refusals import Forbidden
from accounts.selectors import MEMBER_ORDER


class MemberScopedView(ScopedView):
    def organisation(self, scope: Scope) -> Organisation:
        """404 for a foreign one, 403 for a member who is no admin, and for a token that is for some installations."""
        self.need(Scope.READ)
        self.need(scope)
        if self.actor.installation_ids is not None:
            detail = gettext("This API token is for some installations only: organisations are closed to it.")
            raise Forbidden("token_limited", detail, extra={})
        return self.found(find_organisation_to_lead(self.actor, self.kwargs["organisation_id"]))

    def member(self, scope: Scope) -> Membership:
        rows = list_members(self.organisation(scope))
        return self.found(rows.filter(pk=self.kwargs["member_id"]).first())


class MembersView(MemberScopedView):
    queries = {"GET": ListQuery}

    @extend_schema(parameters=[ListQuery], responses=page_of(MemberSerializer), tags=["people"], operation_id="members")
    def get(self, request: Request, organisation_id: int) -> Response:
        """The members, by e-mail address."""
        rows = list_members(self.organisation(Scope.READ))
        return self.page(rows, MEMBER_ORDER, lambda page: [show_member(row) for row in page])

    @extend_schema(
        request=NewMemberSerializer, responses={201: AddedMemberSerializer}, tags=["people"], operation_id="add_member"
    )
    def post(self, request: Request, organisation_id: int) -> Response:
        """Add somebody by e-mail address; who is new here gets an account, and you an address to hand over."""
        found = self.organisation(Scope.ORGANISATIONS)
        return self.once(lambda: self._add(found))

    def _add(self, found: Organisation) -> Response:
        body = self.read(NewMemberSerializer)
        added, code = add_member(
            organisation=found, actor=self.actor, email=body["email"], name=body["name"], is_admin=body["admin"]
        )
        address = f"{self.request.build_absolute_uri(reverse('invitation'))}#{code}" if code else None
        row = list_members(found).get(pk=added.pk)
        location = {"Location": f"{self.request.path}{row.pk}/"}
        return Response({**show_member(row), "invitation_url": address}, status=201, headers=location)


class MemberView(MemberScopedView):
    queries = {"DELETE": ReasonQuery}

    @extend_schema(responses=MemberSerializer, tags=["people"], operation_id="member")
    def get(self, request: Request, organisation_id: int, member_id: int) -> Response:
        """One member."""
        return Response(show_member(self.member(Scope.READ)))

    @extend_schema(
        request=MemberChangeSerializer, responses=MemberSerializer, tags=["people"], operation_id="change_member"
    )
    def patch(self, request: Request, organisation_id: int, member_id: int) -> Response:
        """Make an admin, or no longer one; never of the last."""
        row = self.member(Scope.ORGANISATIONS)
        set_admin(membership=row, actor=self.actor, is_admin=self.read(MemberChangeSerializer)["admin"])
        return Response(show_member(row))

    @extend_schema(parameters=[ReasonQuery], responses={204: None}, tags=["people"], operation_id="remove_member")
    def delete(self, request: Request, organisation_id: int, member_id: int) -> Response:
        """Remove; what the organisation was given access to is closed to the person at once."""
        remove_member(membership=self.member(Scope.ORGANISATIONS), actor=self.actor)
        return Response(status=204)


def show_member(row: Membership) -> dict[str, Any]:
    """For rows of ``list_members``."""
    return {
        "id": row.pk,
        "email": row.user.email,
        "name": row.user.name,
        "admin": row.is_admin,
        "active": row.user.is_active,
        "second_step": getattr(row, "has_second_step"),  # noqa: B009  annotated by list_members
    }
