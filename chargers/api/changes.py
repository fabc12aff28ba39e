"""One setting for many installations: ask, look, apply, follow."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paging import ListQuery, page_of
from accounts.api.view import ResourceView
from accounts.permissions import Action
from accounts.refusals import Fault, Invalid
from chargers.api.authentication import draft_of
from chargers.api.authentication_show import show_settings
from chargers.api.change_serializers import (
    ApplySerializer,
    AuthenticationChangeSerializer,
    ChangeItemQuery,
    ChangeItemSerializer,
    ListedAuthenticationChangeSerializer,
    NewChangeSerializer,
)
from chargers.change_rows import (
    CHANGE_ORDER,
    ITEM_ORDER,
    Tally,
    find_change,
    list_changes,
    list_items,
    tallies,
    tally_of,
)
from chargers.installation_filter import Filter
from chargers.models import AuthenticationChange, ChangeItem, ChangeState
from chargers.services.changes import apply_change, start_change, warnings_of
from installations.access import require_scope
from installations.authentication import Settings
from installations.models import Installation
from installations.selectors import list_installations


class ChangesView(ResourceView):
    queries = {"GET": ListQuery}

    @extend_schema(
        parameters=[ListQuery], responses=page_of(ListedAuthenticationChangeSerializer), tags=["authentication"],
        operation_id="authentication_changes",
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Your changes of many installations, newest first; through a token those that it asked for."""
        require_scope(self.actor, Action.VIEW)
        return self.page(list_changes(self.actor), CHANGE_ORDER, show_changes)

    @extend_schema(
        request=NewChangeSerializer, responses={202: AuthenticationChangeSerializer}, tags=["authentication"],
        operation_id="start_authentication_change",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Have one setting judged for many installations. Nothing is saved before it is applied; follow Location."""
        require_scope(self.actor, Action.SET_AUTHENTICATION)
        return self.once(self._start)

    def _start(self) -> Response:
        body = self.read(NewChangeSerializer)
        if "installations" in body:
            rows = self._named(body["installations"])
        else:
            wanted = body["filter"]
            rows = Filter(wanted["search"], wanted["mode"], wanted["state"]).rows(self.actor, Action.SET_AUTHENTICATION)
        change = start_change(
            actor=self.actor, rows=rows, draft=draft_of(body), policy=body.get("policy"), note=body["note"]
        )
        return Response(show_change(change), status=202, headers={"Location": f"{self.request.path}{change.pk}/"})

    def _named(self, ids: list[int]) -> QuerySet[Installation]:
        """Those one may only look at are taken and refused with a reason each; unknown ones refuse the whole."""
        rows = list_installations(self.actor).filter(pk__in=ids)
        known = set(rows.values_list("pk", flat=True))
        detail = _("There is no such installation that you can see.")
        faults = [
            Fault("unknown_installation", detail, f"/installations/{place}", place)
            for place, pk in enumerate(ids)
            if pk not in known
        ]
        if faults:
            raise Invalid("unknown_installation", detail, faults=faults)
        return rows


class ChangeScopedView(ResourceView):
    def change(self, action: Action = Action.VIEW) -> AuthenticationChange:
        require_scope(self.actor, action)
        return self.found(find_change(self.actor, self.kwargs["change_id"]))


class ChangeView(ChangeScopedView):
    @extend_schema(
        responses=AuthenticationChangeSerializer, tags=["authentication"], operation_id="authentication_change"
    )
    def get(self, request: Request, change_id: int) -> Response:
        """How far it is: installations by state, their chargers, and what has to be acknowledged."""
        return Response(show_change(self.change()))


class ChangeItemsView(ChangeScopedView):
    queries = {"GET": ChangeItemQuery}

    @extend_schema(
        parameters=[ChangeItemQuery], responses=page_of(ChangeItemSerializer), tags=["authentication"],
        operation_id="authentication_change_installations",
    )  # fmt: skip
    def get(self, request: Request, change_id: int) -> Response:
        """Each installation with its state, its reasons and its rollout."""
        return self.page(list_items(self.change(), state=self.query["state"]), ITEM_ORDER, show_items)


class ChangeApplyView(ChangeScopedView):
    @extend_schema(
        request=ApplySerializer, responses={202: AuthenticationChangeSerializer}, tags=["authentication"],
        operation_id="apply_authentication_change",
    )  # fmt: skip
    def post(self, request: Request, change_id: int) -> Response:
        """Save it for every installation that is ready; each gets a rollout of its own."""
        change = self.change(Action.SET_AUTHENTICATION)
        return self.once(lambda: self._apply(change))

    def _apply(self, change: AuthenticationChange) -> Response:
        body = self.read(ApplySerializer)
        return Response(
            show_change(apply_change(change=change, actor=self.actor, acknowledged=body["acknowledge"])), status=202
        )


def show_changes(rows: Sequence[AuthenticationChange]) -> list[dict[str, Any]]:
    """One more query for all rows together."""
    counted = tallies([row.pk for row in rows])
    return [_show(row, counted[row.pk]) for row in rows]


def show_change(change: AuthenticationChange) -> dict[str, Any]:
    warnings = warnings_of(change) if change.state == ChangeState.READY else []
    return {**_show(change, tally_of(change)), "warnings": warnings}


def _show(change: AuthenticationChange, tally: Tally) -> dict[str, Any]:
    settings = Settings(
        change.mode, change.server_url, change.default_id_tag, change.authorization_required, change.legacy_identity
    )
    sums = {"total": tally.chargers, "change": tally.changing, "match": tally.matching, "cannot": tally.cannot}
    return {
        "id": change.pk,
        "state": change.state,
        "settings": show_settings(settings),
        "initial_device_password": change.password,
        "note": change.note,
        "created_at": change.created_at,
        "applied_at": change.applied_at,
        "finished_at": change.finished_at,
        "installations": {"total": tally.total, **tally.by_state},
        "chargers": sums,
    }


def show_items(rows: list[ChangeItem]) -> list[dict[str, Any]]:
    return [
        {
            "installation": row.installation_id,
            "name": row.installation.name,
            "state": row.state,
            "chargers": row.counts,
            "findings": row.told,
            "rollout": row.rollout_id,
        }
        for row in rows
    ]
