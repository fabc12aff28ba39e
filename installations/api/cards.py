"""Charge cards: list, add, read, change, delete."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paging import ReasonQuery, page_of
from accounts.api.view import ResourceView, expected_version, tagged
from accounts.permissions import Action
from accounts.refusals import Invalid
from installations.access import require_scope
from installations.api.card_serializers import CardChangeSerializer, CardQuery, CardSerializer, NewCardSerializer
from installations.cards import (
    CARD_ORDER,
    Owner,
    at_installation,
    find_card,
    find_organisation,
    list_cards,
    owner_of,
    require_cards,
)
from installations.models import IdTag
from installations.selectors import find_installation
from installations.services.cards import add_card, delete_card, update_card


class CardScopedView(ResourceView):
    def need(self, action: Action) -> None:
        require_scope(self.actor, Action.VIEW)
        require_scope(self.actor, action)

    def card(self, action: Action = Action.VIEW) -> IdTag:
        """The card of the address. 404 when foreign or absent, 403 when ``action`` is not allowed."""
        self.need(action)
        found = self.found(find_card(self.actor, self.kwargs["card_id"]))
        if action is not Action.VIEW or self.actor.user.is_staff:
            require_cards(self.actor, owner_of(found), action)
        return found

    def owner(self, body: Mapping[str, Any]) -> Owner:
        """The owner named in a body, whose cards the caller may change. A foreign one is as unknown as none."""
        if ("installation" in body) == ("organisation" in body):
            detail = _("Name either an installation or an organisation.")
            raise Invalid("one_of", detail, pointer="/installation")
        owner: Owner | None
        if "installation" in body:
            owner = find_installation(self.actor, body["installation"])
            detail, pointer = _("There is no such installation that you can see."), "/installation"
        else:
            owner = find_organisation(self.actor, body["organisation"])
            detail, pointer = _("There is no such organisation that you can see."), "/organisation"
        if owner is None:
            raise Invalid(f"unknown_{pointer[1:]}", detail, pointer=pointer)
        require_cards(self.actor, owner)
        return owner


class CardsView(CardScopedView):
    queries = {"GET": CardQuery}

    @extend_schema(
        parameters=[CardQuery], responses=page_of(CardSerializer), tags=["charge cards"], operation_id="id_tags"
    )
    def get(self, request: Request) -> Response:
        """The charge cards you may see, by number."""
        self.need(Action.VIEW)
        rows = list_cards(self.actor, search=self.query["search"])
        if (site := self.query.get("installation")) is not None:
            seen = find_installation(self.actor, site)
            rows = rows.none() if seen is None else at_installation(rows, seen.pk)
        if (firm := self.query.get("organisation")) is not None:
            rows = rows.filter(organisation=firm)
        return self.page(rows, CARD_ORDER, lambda page: [show_card(row) for row in page])

    @extend_schema(
        request=NewCardSerializer, responses={201: CardSerializer}, tags=["charge cards"], operation_id="add_id_tag"
    )
    def post(self, request: Request) -> Response:
        """Add a card to an installation or an organisation."""
        self.need(Action.EDIT_CARDS)
        return self.once(self._add)

    def _add(self) -> Response:
        body = self.read(NewCardSerializer)
        owner = self.owner(body)
        values = {name: value for name, value in body.items() if name not in {"installation", "organisation"}}
        card = add_card(owner=owner, actor=self.actor, **values)
        location = {"Location": f"{self.request.path}{card.pk}/"}
        return tagged(show_card(card), card.version, status=201, headers=location)


class CardView(CardScopedView):
    queries = {"DELETE": ReasonQuery}

    @extend_schema(responses=CardSerializer, tags=["charge cards"], operation_id="id_tag")
    def get(self, request: Request, card_id: int) -> Response:
        """One card."""
        row = self.card()
        return tagged(show_card(row), row.version)

    @extend_schema(
        request=CardChangeSerializer, responses=CardSerializer, tags=["charge cards"], operation_id="change_id_tag"
    )
    def patch(self, request: Request, card_id: int) -> Response:
        """Change or block a card; with If-Match only what you have read."""
        row = self.card(Action.EDIT_CARDS)
        changes = self.read(CardChangeSerializer, partial=True)
        reason = changes.pop("reason", "")
        expected = expected_version(request, current=row.version, required=False)
        changed = update_card(card=row, actor=self.actor, changes=changes, expected_version=expected, reason=reason)
        return tagged(show_card(changed), changed.version)

    @extend_schema(parameters=[ReasonQuery], responses={204: None}, tags=["charge cards"], operation_id="delete_id_tag")
    def delete(self, request: Request, card_id: int) -> Response:
        """Delete a card; chargers refuse it from now on."""
        delete_card(card=self.card(Action.EDIT_CARDS), actor=self.actor, reason=self.query["reason"])
        return Response(status=204)


def show_card(row: IdTag) -> dict[str, Any]:
    return {
        "id": row.pk,
        "id_tag": row.id_tag,
        "holder": row.holder,
        "label": row.label,
        "expires_at": row.expires_at,
        "blocked": row.blocked,
        "parent_id_tag": row.parent_id_tag,
        "installation": row.installation_id,
        "organisation": row.organisation_id,
        "created_at": row.created_at,
    }
