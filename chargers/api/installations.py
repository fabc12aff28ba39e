"""Installations, with the counts of their chargers by state."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actor import Actor
from accounts.api.paging import ReasonQuery, page_of
from accounts.api.view import ResourceView, expected_version, tagged
from accounts.permissions import Action, Scope
from accounts.refusals import Forbidden
from chargers.alarms import sentence_for
from chargers.api.serializers import InstallationQuery, InstallationSerializer, NewInstallationSerializer
from chargers.backends import BackendCounts, backend_counts
from chargers.selectors import charger_counts, installations_with_alarm
from chargers.upstream_state import Shown
from installations.access import require, require_scope
from installations.api.base import InstallationScopedView
from installations.models import Installation
from installations.selectors import INSTALLATION_ORDER, list_installations
from installations.services.installations import (
    TECHNICAL,
    create_installation,
    delete_installation,
    update_installation,
)


def require_new(actor: Actor) -> None:
    """Raises Forbidden for a token that may not make installations."""
    if not actor.has_scope(Scope.INSTALLATIONS):
        raise Forbidden.scope(Scope.INSTALLATIONS.value)
    if actor.installation_ids is not None:
        detail = gettext("This API token is for some installations only: it cannot make new ones.")
        raise Forbidden("token_limited", detail, extra={})


class InstallationsView(ResourceView):
    queries = {"GET": InstallationQuery}

    @extend_schema(
        parameters=[InstallationQuery],
        responses=page_of(InstallationSerializer),
        tags=["installations"],
        operation_id="installations",
    )
    def get(self, request: Request) -> Response:
        """The installations you may see, by name."""
        require_scope(self.actor, Action.VIEW)
        rows = list_installations(
            self.actor,
            search=self.query["search"],
            mode=self.query["mode"],
            network_type=self.query["network_type"],
        )
        if self.query["alarm"] is not None:
            rows = installations_with_alarm(rows, self.query["alarm"])
        return self.page(rows, INSTALLATION_ORDER, show_installations)

    @extend_schema(
        request=NewInstallationSerializer,
        responses={201: InstallationSerializer},
        tags=["installations"],
        operation_id="create_installation",
    )
    def post(self, request: Request) -> Response:
        """Create an installation in native mode; you become its owner and service."""
        require_new(self.actor)
        return self.once(self._create)

    def _create(self) -> Response:
        installation = create_installation(actor=self.actor, **self.read(NewInstallationSerializer))
        location = {"Location": f"{self.request.path}{installation.pk}/"}
        return tagged(show_installations([installation])[0], installation.version, status=201, headers=location)


class InstallationView(InstallationScopedView):
    queries = {"DELETE": ReasonQuery}

    @extend_schema(responses=InstallationSerializer, tags=["installations"], operation_id="installation")
    def get(self, request: Request, installation_id: int) -> Response:
        """One installation."""
        return _answer(self.installation())

    @extend_schema(
        request=NewInstallationSerializer,
        responses=InstallationSerializer,
        tags=["installations"],
        operation_id="change_installation",
    )
    def patch(self, request: Request, installation_id: int) -> Response:
        """Change an installation; with If-Match only what you have read."""
        installation = self.installation(Action.EDIT_INSTALLATION)
        changes = self.read(NewInstallationSerializer, partial=True)
        reason = changes.pop("reason", "")
        if TECHNICAL & changes.keys():
            require(self.actor, installation, Action.EDIT_TECHNICAL)
        expected = expected_version(request, current=installation.version, required=False)
        changed = update_installation(
            installation=installation, actor=self.actor, changes=changes, expected_version=expected, reason=reason
        )
        return _answer(changed)

    @extend_schema(
        parameters=[ReasonQuery], responses={204: None}, tags=["installations"], operation_id="delete_installation"
    )
    def delete(self, request: Request, installation_id: int) -> Response:
        """Delete an installation that has neither chargers nor an open rollout."""
        installation = self.installation(Action.DELETE_INSTALLATION)
        delete_installation(installation=installation, actor=self.actor, reason=self.query["reason"])
        return Response(status=204)


def _answer(installation: Installation) -> Response:
    return tagged(show_installations([installation])[0], installation.version)


def show_installations(rows: Sequence[Installation]) -> list[dict[str, Any]]:
    """Three more queries for all rows together."""
    counts = charger_counts([row.pk for row in rows])
    backends = backend_counts([row.pk for row in rows])
    return [
        {
            "id": row.pk,
            "name": row.name,
            "address": row.address,
            "time_zone": row.time_zone,
            "network_type": row.network_type,
            "main_fuse_current": None if row.main_fuse_current is None else float(row.main_fuse_current),
            "load_balancing": row.load_balancing,
            "reserved_current": float(row.reserved_current),
            "unbalance_limit": None if row.unbalance_limit is None else float(row.unbalance_limit),
            "drift_policy": row.drift_policy,
            "offline_authorization": row.offline_authorization,
            "backend_maintenance": row.backend_maintenance,
            "authentication_mode": row.revision.mode if row.revision else None,
            "revision": row.revision.number if row.revision else None,
            "chargers": {
                "total": counts[row.pk].total,
                "online": counts[row.pk].online,
                "offline": counts[row.pk].offline,
                "charging": counts[row.pk].charging,
                "waiting": counts[row.pk].waiting,
                "drift": counts[row.pk].drift,
                "alarm": counts[row.pk].alarm,
            },
            "backends": _show_backends(backends[row.pk]),
            "alarms": [
                {"code": code.value, "chargers": count, "detail": sentence_for(code, count)}
                for code, count in counts[row.pk].alarms.items()
            ],
            "created_at": row.created_at,
        }
        for row in rows
    ]


def _show_backends(counts: BackendCounts) -> dict[str, Any]:
    states = {state.value: getattr(counts, state) for state in Shown}
    return {**states, "queued": counts.queued, "oldest_queued_at": counts.oldest_at}
