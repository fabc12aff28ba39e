"""The machine attacks every operation of the document: no server error, and only answers that the document names."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import settings as effort
from pytest_django import Settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.db.api.conftest import World
from tests.db.api.test_schema import COMMITTED

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


schema = schemathesis.openapi.from_path(COMMITTED)
schema.app = get_wsgi_application()


@pytest.fixture
def attacked(world: World, settings: Settings) -> Iterator[World]:
    """The world with room for many requests, on a connection that outlives each of them."""
    settings.API_RATE_LIMIT = 10_000_000
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield world
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def attack(case: Any, world: World) -> None:
    """Half of what the machine makes up is sent to rows that exist."""
    known = {"installation_id": world.site.pk, "circuit_id": world.circuit.pk, "grant_id": world.grant.pk,
             "card_id": world.card.pk, "webhook_id": world.webhook.webhook_id,
             "organisation_id": world.seat.organisation_id, "member_id": world.seat.pk,
             "rollout_id": world.rollout.pk, "delivery_id": world.delivery.pk,
             "device_id": world.charger.device_id, "number": 1}  # fmt: skip
    for name in case.path_parameters or {}:
        if name in known and hash(repr(case.path_parameters[name])) % 2:
            case.path_parameters[name] = known[name]
    headers = {"Authorization": f"Bearer {world['staff'].token}"}
    case.call_and_validate(headers=headers, checks=CHECKS)


@schema.parametrize()
@effort(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_an_operation(case: Any, attacked: World) -> None:
    attack(case, attacked)


@pytest.mark.slow
@schema.parametrize()
@effort(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_an_operation_in_a_long_run(case: Any, attacked: World) -> None:
    attack(case, attacked)
