"""Chargers: register one or many, read, change, move, delete."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.bulk import BulkQuery
from accounts.api.paging import ReasonQuery, page_of
from accounts.api.problems import fault_body, invalid
from accounts.api.view import ResourceView, expected_version, tagged
from accounts.permissions import Action
from accounts.refusals import Invalid
from chargers.api.serializers import (
    ChargerChangeSerializer,
    ChargerQuery,
    ChargerSerializer,
    LinesSerializer,
    ManyChargersSerializer,
    NewChargerSerializer,
    RegisteredSerializer,
)
from chargers.api.show import show_charger
from chargers.backend_limits import with_limits
from chargers.models import Charger
from chargers.selectors import CHARGER_ORDER, find_charger, list_chargers
from chargers.services.charger_input import NewCharger
from chargers.services.chargers import delete_charger, update_charger
from chargers.services.registration import Credentials, register_chargers
from installations.access import require, require_scope
from installations.models import Installation
from installations.selectors import find_installation


class ChargerScopedView(ResourceView):
    def charger(self, action: Action = Action.VIEW) -> Charger:
        """The charger of the address. 404 when foreign or absent, 403 when ``action`` is not allowed."""
        require_scope(self.actor, Action.VIEW)
        require_scope(self.actor, action)
        found = self.found(find_charger(self.actor, self.kwargs["device_id"], whole=True))
        if action is not Action.VIEW or self.actor.user.is_staff:
            require(self.actor, found.installation, action)
        return found

    def target(self, installation_id: int) -> Installation:
        """An installation named in a body. A foreign one is as unknown as one that does not exist."""
        require_scope(self.actor, Action.VIEW)
        require_scope(self.actor, Action.EDIT_CHARGERS)
        found = find_installation(self.actor, installation_id)
        if found is None:
            detail = _("There is no such installation that you can see.")
            raise Invalid("unknown_installation", detail, pointer="/installation")
        require(self.actor, found, Action.EDIT_CHARGERS)
        return found


class ChargersView(ChargerScopedView):
    queries = {"GET": ChargerQuery}

    @extend_schema(
        parameters=[ChargerQuery], responses=page_of(ChargerSerializer), tags=["chargers"], operation_id="chargers"
    )
    def get(self, request: Request) -> Response:
        """The chargers you may see, by device id."""
        require_scope(self.actor, Action.VIEW)
        wanted = self.query.get("installation")
        installation = None if wanted is None else find_installation(self.actor, wanted)
        rows = list_chargers(
            self.actor,
            installation=installation,
            search=self.query["search"],
            link_state=self.query["link_state"],
            alarm=self.query["alarm"],
        )
        if wanted is not None and installation is None:
            rows = rows.none()
        rows = with_limits(rows)
        return self.page(rows, CHARGER_ORDER, lambda page: [show_charger(row) for row in page])

    @extend_schema(
        request=NewChargerSerializer,
        responses={201: RegisteredSerializer},
        tags=["chargers"],
        operation_id="register_charger",
    )
    def post(self, request: Request) -> Response:
        """Register a charger; the answer holds, this once, what to enter at it."""
        require_scope(self.actor, Action.EDIT_CHARGERS)
        return self.once(self._register)

    def _register(self) -> Response:
        body = self.read(NewChargerSerializer)
        installation = self.target(body["installation"])
        line = register_chargers(
            installation=installation, items=[_item(body)], actor=self.actor, reason=body.get("reason", "")
        )[0]
        if line.charger is None or line.credentials is None:
            raise invalid([type(fault)(fault.code, fault.detail, fault.pointer) for fault in line.faults])
        row = self.found(find_charger(self.actor, line.device_id, whole=True))
        location = {"Location": f"{self.request.path}{line.device_id}/"}
        return tagged({**show_charger(row), "link": _link(line.credentials)}, row.version, status=201, headers=location)


class ManyChargersView(ChargerScopedView):
    queries = {"POST": BulkQuery}

    @extend_schema(
        parameters=[BulkQuery],
        request=ManyChargersSerializer,
        responses={201: LinesSerializer},
        tags=["chargers"],
        operation_id="register_chargers",
    )
    def post(self, request: Request) -> Response:
        """Register up to 1,000 chargers of one installation; one result per item, in order."""
        require_scope(self.actor, Action.EDIT_CHARGERS)
        return self.once(self._register)

    def _register(self) -> Response:
        body = self.read(ManyChargersSerializer)
        partial = self.query["mode"] == "partial"
        lines = register_chargers(
            installation=self.target(body["installation"]),
            items=[_item(item) for item in body["items"]],
            actor=self.actor,
            partial=partial,
            reason=body.get("reason", ""),
        )
        faults = [fault for line in lines for fault in line.faults]
        if faults and not partial:
            raise invalid(faults)
        results = [
            {
                "index": line.index,
                "device_id": line.device_id,
                "link": None if line.credentials is None else _link(line.credentials),
                "errors": [fault_body(fault) for fault in line.faults],
            }
            for line in lines
        ]
        refused = sum(bool(line.faults) for line in lines)
        return Response({"registered": len(lines) - refused, "refused": refused, "results": results}, status=201)


class ChargerView(ChargerScopedView):
    queries = {"DELETE": ReasonQuery}

    @extend_schema(responses=ChargerSerializer, tags=["chargers"], operation_id="charger")
    def get(self, request: Request, device_id: str) -> Response:
        """One charger."""
        row = self.charger()
        return tagged(show_charger(row), row.version)

    @extend_schema(
        request=ChargerChangeSerializer, responses=ChargerSerializer, tags=["chargers"], operation_id="change_charger"
    )
    def patch(self, request: Request, device_id: str) -> Response:
        """Change or move a charger; refused while a setting is being pushed to it."""
        row = self.charger(Action.EDIT_CHARGERS)
        changes = self.read(ChargerChangeSerializer, partial=True)
        reason = changes.pop("reason", "")
        if "installation" in changes:
            changes["installation"] = self.target(changes["installation"])
        expected = expected_version(request, current=row.version, required=False)
        update_charger(charger=row, actor=self.actor, changes=changes, expected_version=expected, reason=reason)
        changed = self.found(find_charger(self.actor, row.device_id, whole=True))
        return tagged(show_charger(changed), changed.version)

    @extend_schema(parameters=[ReasonQuery], responses={204: None}, tags=["chargers"], operation_id="delete_charger")
    def delete(self, request: Request, device_id: str) -> Response:
        """Delete a charger that has no charging sessions on record."""
        delete_charger(charger=self.charger(Action.EDIT_CHARGERS), actor=self.actor, reason=self.query["reason"])
        return Response(status=204)


def _item(body: dict[str, Any]) -> NewCharger:
    return NewCharger(body["device_id"], body.get("name", ""), body.get("circuit"), body.get("server_url", ""))


def _link(credentials: Credentials) -> dict[str, str]:
    return {"url": credentials.url, "user": credentials.user, "password": credentials.password}
