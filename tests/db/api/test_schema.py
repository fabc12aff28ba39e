"""The OpenAPI document: valid, committed, true to what is answered; and the docs page made from it."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from chargers.models import LocalList
from chargers.services.changes import work_on
from portal.api.docs import groups
from tests.db.api.conftest import World
from tests.db.chargers import scene
from tests.db.messages import say

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "openapi.yaml"
DIRECT = {"mode": "ocpp_direct", "server_url": "wss://ocpp.example.com/{deviceId}", "initial_device_password": "x" * 20}


def document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMMITTED.read_text())
    return found


def test_the_committed_document_is_valid_and_current(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(fresh))
    hint = "write it anew: uv run manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"
    assert fresh.read_text() == COMMITTED.read_text(), hint


def test_every_operation_names_its_problems_and_every_post_its_key() -> None:
    for address, path in document()["paths"].items():
        for method, operation in path.items():
            assert {"401", "403", "404", "429"} <= operation["responses"].keys(), (address, method)
            if method == "post":
                assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}


MEMBERS = "/api/v1/organisations/{organisation_id}/members/"
REVISIONS = "authentication/revisions/"
ADDRESSES = {
    "/api/v1/authentication-changes/": "/authentication-changes/",
    "/api/v1/authentication-changes/{change_id}/": "/authentication-changes/{change}/",
    "/api/v1/authentication-changes/{change_id}/installations/": "/authentication-changes/{change}/installations/",
    "/api/v1/users/me/": "/users/me/",
    "/api/v1/organisations/": "/organisations/",
    "/api/v1/tokens/": "/tokens/",
    "/api/v1/installations/": "/installations/?count=true",
    "/api/v1/installations/{installation_id}/": "/installations/{site}/",
    "/api/v1/installations/{installation_id}/load/": "/installations/{site}/load/",
    "/api/v1/installations/{installation_id}/circuits/": "/installations/{site}/circuits/",
    "/api/v1/installations/{installation_id}/circuits/{circuit_id}/": "/installations/{site}/circuits/{circuit}/",
    "/api/v1/installations/{installation_id}/access/": "/installations/{site}/access/",
    "/api/v1/installations/{installation_id}/access/{grant_id}/": "/installations/{site}/access/{grant}/",
    "/api/v1/installations/{installation_id}/authentication/": "/installations/{site}/authentication/",
    f"/api/v1/installations/{{installation_id}}/{REVISIONS}": f"/installations/{{site}}/{REVISIONS}",
    f"/api/v1/installations/{{installation_id}}/{REVISIONS}{{number}}/": f"/installations/{{site}}/{REVISIONS}2/",
    "/api/v1/installations/{installation_id}/authentication/test/{request_id}/": (
        "/installations/{site}/authentication/test/{test}/"
    ),
    "/api/v1/rollouts/": "/rollouts/",
    "/api/v1/rollouts/{rollout_id}/": "/rollouts/{rollout}/",
    "/api/v1/rollouts/{rollout_id}/deliveries/": "/rollouts/{rollout}/deliveries/",
    "/api/v1/rollouts/{rollout_id}/deliveries/{delivery_id}/": "/rollouts/{rollout}/deliveries/{delivery}/",
    "/api/v1/chargers/": "/chargers/",
    "/api/v1/chargers/{device_id}/": "/chargers/ZCS000143/",
    "/api/v1/chargers/{device_id}/link-password/": "/chargers/ZCS000143/link-password/",
    "/api/v1/chargers/{device_id}/messages/": "/chargers/ZCS000143/messages/",
    "/api/v1/chargers/{device_id}/commands/": "/chargers/ZCS000143/commands/",
    "/api/v1/chargers/{device_id}/commands/{request_id}/": "/chargers/ZCS000143/commands/{command}/",
    "/api/v1/chargers/{device_id}/configuration/": "/chargers/ZCS000143/configuration/",
    "/api/v1/chargers/{device_id}/local-list/": "/chargers/ZCS000143/local-list/",
    "/api/v1/audit/": "/audit/?page_size=500",
    "/api/v1/sessions/": "/sessions/",
    "/api/v1/sessions/{session_id}/": "/sessions/{session}/",
    "/api/v1/sessions/{session_id}/meter-values/": "/sessions/{session}/meter-values/",
    "/api/v1/webhooks/": "/webhooks/",
    "/api/v1/webhooks/{webhook_id}/": "/webhooks/{webhook}/",
    "/api/v1/webhooks/{webhook_id}/deliveries/": "/webhooks/{webhook}/deliveries/?state=waiting&type=webhook.test",
    "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/": "/webhooks/{webhook}/deliveries/{telling}/",
    "/api/v1/id-tags/": "/id-tags/",
    "/api/v1/id-tags/{card_id}/": "/id-tags/{card}/",
    "/api/v1/organisations/{organisation_id}/": "/organisations/{firm}/",
    MEMBERS: "/organisations/{firm}/members/",
    f"{MEMBERS}{{member_id}}/": "/organisations/{firm}/members/{seat}/",
}


def _judged_change(world: World) -> int:
    """A change of many installations that waits to be applied."""
    asked: int = world["owner"]("POST", "/authentication-changes/", {"mode": "native", "filter": {}}).json()["id"]
    work_on(asked)
    return asked


# Whom an owner's right does not reach.
READERS = {
    "/api/v1/chargers/{device_id}/link-password/": "service",
    "/api/v1/organisations/{organisation_id}/": "staff",
    MEMBERS: "staff",
    f"{MEMBERS}{{member_id}}/": "staff",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_answered_is_what_the_document_says(world: World, address: str) -> None:
    schema = document()
    path = f"/installations/{world.site.pk}/authentication/"
    say(world.charger, 2)
    scene.diagnostics(world.charger, b"a file")
    LocalList.objects.create(charger=world.charger, state="sent", version=1, digest=b"", changed_at=timezone.now())
    codes = [row["code"] for row in world["owner"]("POST", f"{path}preview/", DIRECT).json()["warnings"]]
    assert world["owner"]("PUT", path, {**DIRECT, "acknowledge": codes}, If_Match='"1"').status_code == 202
    made = ADDRESSES[address].format(
        site=world.site.pk,
        circuit=world.circuit.pk,
        grant=world.grant.pk,
        rollout=world.rollout.pk,
        delivery=world.delivery.pk,
        card=world.card.pk,
        test=world.backend_test.pk,
        session=world.session.pk,
        change=_judged_change(world),
        command=world.command.pk,
        webhook=world.webhook.webhook_id,
        telling=world.webhook.pk,
        firm=world.seat.organisation_id,
        seat=world.seat.pk,
    )
    answer = world[READERS.get(address, "owner")]("GET", made)
    assert answer.status_code == 200, answer.content
    content = schema["paths"][address]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    closed = _closed({**content, "components": schema["components"]})
    validator = jsonschema_rs.validator_for(closed, validate_formats=True)
    problems = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(answer.json())]
    assert not problems, problems


def test_every_get_of_the_document_is_judged() -> None:
    gets = {address for address, path in document()["paths"].items() if "get" in path}
    file = "/api/v1/chargers/{device_id}/commands/{request_id}/diagnostics/"
    assert gets == ADDRESSES.keys() | {"/api/v1/tokens/{token_id}/", file}


def _closed(node: Any) -> Any:
    """The document with its objects closed: a member that it does not name is an error."""
    if isinstance(node, dict):
        inner = {name: _closed(value) for name, value in node.items()}
        if inner.get("type") == "object" and "properties" in inner and "additionalProperties" not in inner:
            inner["additionalProperties"] = False
        return inner
    return [_closed(value) for value in node] if isinstance(node, list) else node


def test_the_docs_page_names_every_operation_and_runs_no_script() -> None:
    answer = Client().get("/api/docs/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<script" not in text
    assert " style=" not in text
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"]
    operations = [operation["id"] for group in groups() for operation in group["operations"]]
    assert len(operations) == sum(len(path) for path in document()["paths"].values())
    assert all(f'id="{name}"' in text for name in operations)


@pytest.mark.django_db
def test_the_document_is_served_to_everybody() -> None:
    answer = Client().get("/api/schema/", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")
