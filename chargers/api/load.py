"""How the load of an installation stands, and what a meter tells of its building."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Action
from accounts.refusals import Conflict
from chargers.api.load_serializers import BaseLoadSerializer, LoadSerializer, MeasurementSerializer
from chargers.backend_limits import read_with_limits
from chargers.balancing.site import Why
from chargers.load_words import explain_excess, explain_share, explain_state, explain_what_next
from chargers.services.balancing import keep_base_load
from chargers.site_load import BaseLoad, FuseLoad, Holder, SiteView, read_site
from installations.api.base import InstallationScopedView
from installations.models import Installation
from installations.web import in_site_time


class LoadView(InstallationScopedView):
    @extend_schema(responses=LoadSerializer, tags=["load"], operation_id="load")
    def get(self, request: Request, installation_id: int) -> Response:
        """What every fuse gives and is set aside for, and what every connector may take and why."""
        installation = self.installation()
        view = read_site(installation, timezone.now())
        sessions = [holder.session for holder in view.holders if holder.session is not None]
        read_with_limits([holder.charger for holder in view.holders], sessions)
        with in_site_time(installation):
            return Response(show_load(view))


class LoadMeasurementView(InstallationScopedView):
    @extend_schema(
        request=MeasurementSerializer, responses=BaseLoadSerializer, tags=["load"], operation_id="measure_load"
    )
    def post(self, request: Request, installation_id: int) -> Response:
        """Tell what the building takes beside its chargers; it is counted at once. For a meter, every few seconds."""
        installation = self.installation(Action.MEASURE_LOAD)
        return self.once(lambda: self._keep(installation))

    def _keep(self, installation: Installation) -> Response:
        first, second, third = (float(current) for current in self.read(MeasurementSerializer)["currents"])
        if not keep_base_load(installation, (first, second, third)):
            detail = _("The load of this installation is not balanced, so that no measurement counts.")
            raise Conflict("not_balanced", detail)
        counted = (max(first, 0.0), max(second, 0.0), max(third, 0.0))
        return Response(_base_load(BaseLoad(counted, timezone.now(), fresh=True)))


def show_load(view: SiteView) -> dict[str, Any]:
    return {
        "state": view.state.value,
        "explanation": explain_state(view),
        "next_step": explain_what_next(view),
        "balanced_at": view.balanced_at,
        "base_load": _base_load(view.base_load),
        "fuses": [_fuse(fuse) for fuse in view.fuses],
        "connectors": [_connector(holder) for holder in view.holders] if view.state.active else [],
    }


def _base_load(base: BaseLoad) -> dict[str, Any]:
    return {"currents": list(base.amps), "measured_at": base.measured_at, "fresh": base.fresh}


def _fuse(fuse: FuseLoad) -> dict[str, Any]:
    return {
        "circuit": fuse.circuit.pk if fuse.circuit else None,
        "name": fuse.circuit.name if fuse.circuit else "",
        "parent": fuse.parent.pk if fuse.parent else None,
        "max_current": None if fuse.amps is None else float(fuse.amps),
        "full": fuse.full,
        "exceeded": fuse.exceeded,
        "explanation": explain_excess(fuse) if fuse.exceeded else "",
        "lines": [
            {"line": f"L{number}", "chargers": line.chargers, "building": line.building, "free": line.free}
            for number, line in enumerate(fuse.lines, start=1)
        ],
    }


def _connector(holder: Holder) -> dict[str, Any]:
    waits = holder.why is Why.TURN
    return {
        "device_id": holder.charger.device_id,
        "connector": holder.connector,
        "session": holder.session.pk if holder.session else None,
        "may_take": holder.told,
        "will_be": holder.will_be,
        "set_aside": holder.set_aside,
        "draws": holder.drawn,
        "reason": holder.why.value if holder.why else None,
        "explanation": explain_share(holder),
        "circuit": holder.share.limited_by_id if holder.share else None,
        "waits_since": holder.waits_since if waits else None,
        "not_before": holder.not_before if waits else None,
    }
