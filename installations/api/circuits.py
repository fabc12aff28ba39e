"""Circuits: the tree of fuses of one installation."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paging import ListQuery, ReasonQuery, page_of
from accounts.permissions import Action
from installations.api.base import InstallationScopedView
from installations.api.serializers import CircuitSerializer, NewCircuitSerializer
from installations.models import Circuit, Installation
from installations.selectors import list_circuits
from installations.services.circuits import create_circuit, delete_circuit, update_circuit


class CircuitsView(InstallationScopedView):
    queries = {"GET": ListQuery}

    @extend_schema(
        parameters=[ListQuery], responses=page_of(CircuitSerializer), tags=["installations"], operation_id="circuits"
    )
    def get(self, request: Request, installation_id: int) -> Response:
        """The circuits of an installation."""
        rows = list_circuits(self.installation())
        return self.page(rows, ("name", "id"), lambda page: [show_circuit(row) for row in page])

    @extend_schema(
        request=NewCircuitSerializer,
        responses={201: CircuitSerializer},
        tags=["installations"],
        operation_id="create_circuit",
    )
    def post(self, request: Request, installation_id: int) -> Response:
        """Add a circuit."""
        installation = self.installation(Action.EDIT_TECHNICAL)
        return self.once(lambda: self._create(installation))

    def _create(self, installation: Installation) -> Response:
        circuit = create_circuit(installation=installation, actor=self.actor, **self.read(NewCircuitSerializer))
        return Response(show_circuit(circuit), status=201)


class CircuitView(InstallationScopedView):
    queries = {"DELETE": ReasonQuery}

    @extend_schema(responses=CircuitSerializer, tags=["installations"], operation_id="circuit")
    def get(self, request: Request, installation_id: int, circuit_id: int) -> Response:
        """One circuit."""
        return Response(show_circuit(self._circuit(Action.VIEW)))

    @extend_schema(
        request=NewCircuitSerializer, responses=CircuitSerializer, tags=["installations"], operation_id="change_circuit"
    )
    def patch(self, request: Request, installation_id: int, circuit_id: int) -> Response:
        """Change a circuit; a loop is refused."""
        circuit = self._circuit(Action.EDIT_TECHNICAL)
        changes = self.read(NewCircuitSerializer, partial=True)
        reason = changes.pop("reason", "")
        return Response(show_circuit(update_circuit(circuit=circuit, actor=self.actor, changes=changes, reason=reason)))

    @extend_schema(
        parameters=[ReasonQuery], responses={204: None}, tags=["installations"], operation_id="delete_circuit"
    )
    def delete(self, request: Request, installation_id: int, circuit_id: int) -> Response:
        """Delete a circuit on which nothing hangs."""
        circuit = self._circuit(Action.EDIT_TECHNICAL)
        delete_circuit(circuit=circuit, actor=self.actor, reason=self.query["reason"])
        return Response(status=204)

    def _circuit(self, action: Action) -> Circuit:
        rows = list_circuits(self.installation(action)).select_related("installation")
        return self.found(rows.filter(pk=self.kwargs["circuit_id"]).first())


def show_circuit(row: Circuit) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "max_current": float(row.max_current), "parent": row.parent_id}
