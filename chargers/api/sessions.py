"""Charging sessions and their meter values; read-only, for chargers make them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paging import ListQuery, page_of
from accounts.api.view import ResourceView
from accounts.permissions import Action
from accounts.web import streamed
from chargers.api.session_serializers import (
    MeterValueSerializer,
    OneSessionSerializer,
    SessionQuery,
    SessionSerializer,
)
from chargers.models import MeterValue, Transaction
from chargers.sessions.energy import by_readings
from chargers.sessions.file import write_sessions
from chargers.sessions.readings import read_moment, registers
from chargers.sessions.selectors import (
    METER_ORDER,
    SESSION_ORDER,
    SessionState,
    Shown,
    Wanted,
    find_session,
    in_chunks,
    list_meter_values,
    list_sessions,
    moments_of,
    shown,
)
from installations.access import require, require_scope
from installations.selectors import find_installation


class SessionScopedView(ResourceView):
    def session(self) -> Transaction:
        """The session of the address. 404 when foreign or absent."""
        require_scope(self.actor, Action.VIEW)
        found = self.found(find_session(self.actor, self.kwargs["session_id"]))
        if self.actor.user.is_staff:
            require(self.actor, found.installation, Action.VIEW)
        return found


class SessionsView(ResourceView):
    queries = {"GET": SessionQuery}

    @extend_schema(
        parameters=[SessionQuery],
        responses={
            (200, "application/json"): page_of(SessionSerializer),
            (200, "text/csv"): OpenApiTypes.STR,
        },
        tags=["sessions"],
        operation_id="sessions",
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Charging sessions, newest first; as pages, or all in one CSV file."""
        require_scope(self.actor, Action.VIEW)
        rows = self._rows()
        if self.query["format"] == "csv":
            headers = {"Content-Disposition": 'attachment; filename="sessions.csv"'}
            pieces = write_sessions(in_chunks(rows))
            return streamed(request._request, pieces, content_type="text/csv; charset=utf-8", headers=headers)
        return self.page(rows, SESSION_ORDER, show_sessions)

    def _rows(self) -> QuerySet[Transaction]:
        query = self.query
        names = ("state", "flagged", "id_tag", "since", "until")
        rows = list_sessions(self.actor, Wanted(**{name: query[name] for name in names}))
        if query["charger"]:
            rows = rows.filter(charger__device_id=query["charger"].upper())
        if (wanted := query.get("installation")) is not None:
            seen = find_installation(self.actor, wanted)
            rows = rows.none() if seen is None else rows.filter(installation=seen)
        return rows


class SessionView(SessionScopedView):
    @extend_schema(responses=OneSessionSerializer, tags=["sessions"], operation_id="session")
    def get(self, request: Request, session_id: int) -> Response:
        """One charging session."""
        row = self.session()
        (body,) = show_sessions([row])
        return Response({**body, "energy_from_readings_wh": _by_readings(row, body)})


class MeterValuesView(SessionScopedView):
    queries = {"GET": ListQuery}

    @extend_schema(
        parameters=[ListQuery],
        responses=page_of(MeterValueSerializer),
        tags=["sessions"],
        operation_id="session_meter_values",
    )
    def get(self, request: Request, session_id: int) -> Response:
        """The session's meter values by time, each value in one unit."""
        rows = list_meter_values(self.session())
        return self.page(rows, METER_ORDER, lambda page: [_show_meter_value(row) for row in page])


def show_sessions(rows: Sequence[Transaction]) -> list[dict[str, Any]]:
    """At most three more queries for all rows together."""
    return [_show(one) for one in shown(rows)]


def _show(one: Shown) -> dict[str, Any]:
    row = one.row
    return {
        "id": row.pk,
        "installation": row.installation_id,
        "charger": row.charger.device_id,
        "connector": row.connector,
        "state": one.state.value,
        "id_tag": row.id_tag,
        "id_tag_status": row.id_tag_status,
        "holder": one.holder,
        "began_at": row.began_at,
        "ended_at": one.ended_at,
        "started_at": row.started_at,
        "start_received_at": row.start_received_at,
        "stopped_at": row.stopped_at,
        "stop_received_at": row.stop_received_at,
        "meter_start_wh": row.meter_start,
        "meter_stop_wh": row.meter_stop,
        "energy_wh": _float(one.energy.wh),
        "power_w": _float(one.power_watts),
        "stop_reason": row.stop_reason,
        "stop_id_tag": row.stop_id_tag,
        "foreign_id": row.foreign_id,
        "remarks": one.remarks,
    }


def _by_readings(row: Transaction, body: dict[str, Any]) -> float | None:
    if body["energy_wh"] is not None or body["state"] == SessionState.RUNNING:
        return None
    points = registers(moments_of(row))
    return _float(by_readings(points, row.meter_start, row.meter_stop, row.started_at, row.stopped_at).wh)


def _show_meter_value(row: MeterValue) -> dict[str, Any]:
    moment = read_moment(row.sampled_at, row.sampled_values)
    return {
        "sampled_at": row.sampled_at,
        "received_at": row.received_at,
        "connector": row.connector,
        "readings": [
            {
                "measurand": one.measurand,
                "value": float(one.value),
                "unit": one.unit,
                "phase": one.phase,
                "location": one.location,
                "context": one.context,
            }
            for one in moment.readings
        ],
        "signed": [{"measurand": one.measurand, "context": one.context, "text": one.data} for one in moment.signed],
        "unreadable": [{"measurand": one.measurand, "text": one.text, "fault": one.fault} for one in moment.unreadable],
    }


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
