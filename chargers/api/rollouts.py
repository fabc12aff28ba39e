"""Rollouts and their deliveries: read and steer."""

from collections.abc import Callable

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paging import page_of
from accounts.api.view import ResourceView
from accounts.permissions import Action
from chargers.api.rollout_serializers import (
    AffectedSerializer,
    DeliveryQuery,
    DeliverySerializer,
    OneDeliverySerializer,
    RetrySerializer,
    RolloutQuery,
    RolloutSerializer,
    SteerSerializer,
)
from chargers.api.show import show_delivery, show_rollouts
from chargers.models import Rollout
from chargers.selectors import DELIVERY_ORDER, ROLLOUT_ORDER, list_deliveries, list_rollouts
from chargers.services import steering
from chargers.services.outlook import outlook
from installations.access import require, require_scope
from installations.selectors import find_installation


class RolloutScopedView(ResourceView):
    def rollout(self, action: Action = Action.VIEW) -> Rollout:
        """The rollout of the address. 404 when foreign or absent, 403 when ``action`` is not allowed."""
        require_scope(self.actor, Action.VIEW)
        require_scope(self.actor, action)
        found = self.found(list_rollouts(self.actor).filter(pk=self.kwargs["rollout_id"]).first())
        if action is not Action.VIEW or self.actor.user.is_staff:
            require(self.actor, found.installation, action)
        return found


class RolloutsView(ResourceView):
    queries = {"GET": RolloutQuery}

    @extend_schema(
        parameters=[RolloutQuery], responses=page_of(RolloutSerializer), tags=["rollouts"], operation_id="rollouts"
    )
    def get(self, request: Request) -> Response:
        """Rollouts, newest first, with their counts."""
        require_scope(self.actor, Action.VIEW)
        wanted = self.query.get("installation")
        installation = None if wanted is None else find_installation(self.actor, wanted)
        rows = list_rollouts(self.actor, installation=installation, state=self.query["state"])
        if wanted is not None and installation is None:
            rows = rows.none()
        return self.page(rows, ROLLOUT_ORDER, show_rollouts)


class RolloutView(RolloutScopedView):
    @extend_schema(responses=RolloutSerializer, tags=["rollouts"], operation_id="rollout")
    def get(self, request: Request, rollout_id: int) -> Response:
        """One rollout with its counts by state and reason."""
        return Response(show_rollouts([self.rollout()])[0])


class DeliveriesView(RolloutScopedView):
    queries = {"GET": DeliveryQuery}

    @extend_schema(
        parameters=[DeliveryQuery], responses=page_of(DeliverySerializer), tags=["rollouts"], operation_id="deliveries"
    )
    def get(self, request: Request, rollout_id: int) -> Response:
        """One row per charger, with its timeline."""
        rows = list_deliveries(
            self.rollout(), state=self.query["state"], reason=self.query["reason"], search=self.query["search"]
        )
        return self.page(rows, DELIVERY_ORDER, lambda page: [show_delivery(row) for row in page])


class DeliveryView(RolloutScopedView):
    @extend_schema(responses=OneDeliverySerializer, tags=["rollouts"], operation_id="delivery")
    def get(self, request: Request, rollout_id: int, delivery_id: int) -> Response:
        """One charger's delivery with its timeline."""
        rows = list_deliveries(self.rollout())
        row = self.found(rows.filter(pk=delivery_id).first())
        return Response({**show_delivery(row), "outlook": outlook(row)})


class RetryView(RolloutScopedView):
    @extend_schema(
        request=RetrySerializer, responses={202: AffectedSerializer}, tags=["rollouts"], operation_id="retry_rollout"
    )
    def post(self, request: Request, rollout_id: int) -> Response:
        """Try failed, rejected, unsupported or cancelled deliveries again."""
        rollout = self.rollout(Action.STEER_ROLLOUT)
        return self.once(lambda: self._retry(rollout))

    def _retry(self, rollout: Rollout) -> Response:
        body = self.read(RetrySerializer)
        count = steering.retry(
            rollout=rollout, actor=self.actor, device_ids=body.get("chargers"), reason=body.get("reason", "")
        )
        return Response({"deliveries": count}, status=202)


class SteeringView(RolloutScopedView):
    """One order of a person to a rollout; the body may carry a reason."""

    def steered(self, steer: Callable[..., object], *, status: int = 200) -> Response:
        rollout = self.rollout(Action.STEER_ROLLOUT)
        return self.once(lambda: self._steered(rollout, steer, status))

    def _steered(self, rollout: Rollout, steer: Callable[..., object], status: int) -> Response:
        reason = self.read(SteerSerializer).get("reason", "")
        steer(rollout=rollout, actor=self.actor, reason=reason)
        return Response(show_rollouts([self.found(list_rollouts(self.actor).filter(pk=rollout.pk).first())])[0], status)


class PauseView(SteeringView):
    @extend_schema(
        request=SteerSerializer, responses=RolloutSerializer, tags=["rollouts"], operation_id="pause_rollout"
    )
    def post(self, request: Request, rollout_id: int) -> Response:
        """Send nothing more until it is resumed; what is being sent finishes."""
        return self.steered(steering.pause)


class ResumeView(SteeringView):
    @extend_schema(
        request=SteerSerializer, responses={202: RolloutSerializer}, tags=["rollouts"], operation_id="resume_rollout"
    )
    def post(self, request: Request, rollout_id: int) -> Response:
        """Go on. Failures so far are accepted, and whoever resumes answers for the rollout from now on."""
        return self.steered(steering.resume, status=202)


class ProceedView(SteeringView):
    @extend_schema(
        request=SteerSerializer, responses={202: RolloutSerializer}, tags=["rollouts"], operation_id="proceed_rollout"
    )
    def post(self, request: Request, rollout_id: int) -> Response:
        """Do not wait for the others: start with those that are ready, or begin the next wave."""
        return self.steered(steering.proceed, status=202)


class CancelView(SteeringView):
    @extend_schema(
        request=SteerSerializer, responses=RolloutSerializer, tags=["rollouts"], operation_id="cancel_rollout"
    )
    def post(self, request: Request, rollout_id: int) -> Response:
        """Cancel what was not pushed yet; what is being pushed finishes."""
        return self.steered(steering.cancel)
