"""Every address × method × caller × own, foreign and nonexistent. An address missing from the table fails the test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver

from accounts.api.view import ResourceView
from accounts.models import ApiToken, AuditEntry
from chargers.models import GatewayRequest
from portal.api.urls import urlpatterns
from tests.db.api.conftest import ROLES, Caller, World, token_for
from tests.db.chargers import scene

EVERYBODY = frozenset(ROLES)
SEE = frozenset({"owner", "service", "viewer", "member", "staff"})
SWITCH = SEE - {"viewer"}
SERVICE = frozenset({"service", "member", "staff"})
OWNER = frozenset({"owner", "staff"})


@dataclass
class Address:
    """``own`` and ``foreign`` make the path; ``methods`` says who gets past the gate, everybody else 403 or 404."""

    methods: dict[str, frozenset[str]]
    own: Callable[[World], str]
    foreign: Callable[[World], str] | None = None
    body: dict[str, Any] = field(default_factory=dict)


def site(rest: str) -> tuple[Callable[[World], str], Callable[[World], str]]:
    return (
        lambda world: f"/installations/{world.site.pk}/{rest}",
        lambda world: f"/installations/{world.elsewhere.pk}/{rest}",
    )


def hook(rest: str) -> tuple[Callable[[World], str], Callable[[World], str]]:
    return (
        lambda world: f"/webhooks/{world.webhook.webhook_id}/{rest.format(delivery=world.webhook.pk)}",
        lambda world: f"/webhooks/{world.foreign_webhook.webhook_id}/{rest.format(delivery=world.webhook.pk)}",
    )


TABLE: dict[str, Address] = {
    "api-me": Address({"GET": EVERYBODY}, lambda world: "/users/me/"),
    "api-organisations": Address({"GET": EVERYBODY}, lambda world: "/organisations/"),
    # Who leads an organisation is another question than the roles here: tests/db/api/test_members_by_api.py.
    "api-organisation": Address({"GET": frozenset()}, lambda world: "/organisations/999999999/"),
    "api-members": Address(
        {"GET": frozenset(), "POST": frozenset()}, lambda world: "/organisations/999999999/members/"
    ),
    "api-member": Address(
        {"GET": frozenset(), "PATCH": frozenset(), "DELETE": frozenset()},
        lambda world: "/organisations/999999999/members/1/",
    ),
    "api-tokens": Address({"GET": EVERYBODY, "POST": EVERYBODY}, lambda world: "/tokens/"),
    "api-token": Address({"GET": frozenset(), "DELETE": frozenset()}, lambda world: "/tokens/999999999/"),
    "api-installations": Address({"GET": EVERYBODY, "POST": EVERYBODY}, lambda world: "/installations/"),
    "api-installations-bulk": Address({"POST": EVERYBODY}, lambda world: "/installations/bulk/"),
    "api-installation": Address({"GET": SEE, "PATCH": SWITCH, "DELETE": OWNER}, *site("")),
    "api-circuits": Address({"GET": SEE, "POST": SERVICE}, *site("circuits/")),
    "api-circuit": Address(
        {"GET": SEE, "PATCH": SERVICE, "DELETE": SERVICE},
        lambda world: f"/installations/{world.site.pk}/circuits/{world.circuit.pk}/",
        lambda world: f"/installations/{world.elsewhere.pk}/circuits/{world.circuit.pk}/",
    ),
    "api-load": Address({"GET": SEE}, *site("load/")),
    "api-load-measurement": Address({"POST": SERVICE}, *site("load/measurement/")),
    "api-access": Address({"GET": SWITCH, "POST": OWNER}, *site("access/")),
    "api-grant": Address(
        {"GET": SWITCH, "DELETE": OWNER},
        lambda world: f"/installations/{world.site.pk}/access/{world.grant.pk}/",
        lambda world: f"/installations/{world.elsewhere.pk}/access/{world.grant.pk}/",
    ),
    "api-authentication": Address({"GET": SEE, "PUT": SWITCH}, *site("authentication/")),
    "api-authentication-preview": Address({"POST": SWITCH}, *site("authentication/preview/")),
    "api-backend-tests": Address({"POST": SWITCH}, *site("authentication/test/")),
    "api-backend-test": Address(
        {"GET": SEE},
        lambda world: f"/installations/{world.site.pk}/authentication/test/{world.backend_test.pk}/",
        lambda world: f"/installations/{world.elsewhere.pk}/authentication/test/{world.backend_test.pk}/",
    ),
    "api-revisions": Address({"GET": SEE}, *site("authentication/revisions/")),
    "api-revision": Address({"GET": SEE}, *site("authentication/revisions/1/")),
    "api-revision-restore": Address({"POST": SWITCH}, *site("authentication/revisions/1/restore/")),
    "api-rollouts": Address({"GET": EVERYBODY}, lambda world: "/rollouts/"),
    "api-rollout": Address(
        {"GET": SEE}, lambda world: f"/rollouts/{world.rollout.pk}/", lambda world: foreign_rollout(world)
    ),
    "api-deliveries": Address(
        {"GET": SEE},
        lambda world: f"/rollouts/{world.rollout.pk}/deliveries/",
        lambda world: f"{foreign_rollout(world)}deliveries/",
    ),
    "api-delivery": Address(
        {"GET": SEE},
        lambda world: f"/rollouts/{world.rollout.pk}/deliveries/{world.delivery.pk}/",
        lambda world: f"{foreign_rollout(world)}deliveries/{world.delivery.pk}/",
    ),
    "api-rollout-retry": Address(
        {"POST": SWITCH},
        lambda world: f"/rollouts/{world.rollout.pk}/retry/",
        lambda world: f"{foreign_rollout(world)}retry/",
    ),
    "api-rollout-pause": Address(
        {"POST": SWITCH},
        lambda world: f"/rollouts/{world.rollout.pk}/pause/",
        lambda world: f"{foreign_rollout(world)}pause/",
        {"nonsense": 1},
    ),
    "api-rollout-resume": Address(
        {"POST": SWITCH},
        lambda world: f"/rollouts/{world.rollout.pk}/resume/",
        lambda world: f"{foreign_rollout(world)}resume/",
        {"nonsense": 1},
    ),
    "api-rollout-proceed": Address(
        {"POST": SWITCH},
        lambda world: f"/rollouts/{world.rollout.pk}/proceed/",
        lambda world: f"{foreign_rollout(world)}proceed/",
        {"nonsense": 1},
    ),
    "api-rollout-cancel": Address(
        {"POST": SWITCH},
        lambda world: f"/rollouts/{world.rollout.pk}/cancel/",
        lambda world: f"{foreign_rollout(world)}cancel/",
        {"nonsense": 1},
    ),
    "api-changes": Address({"GET": EVERYBODY, "POST": EVERYBODY}, lambda world: "/authentication-changes/"),
    "api-change": Address({"GET": frozenset()}, lambda world: "/authentication-changes/999999999/"),
    "api-change-installations": Address(
        {"GET": frozenset()}, lambda world: "/authentication-changes/999999999/installations/"
    ),
    "api-change-apply": Address({"POST": frozenset()}, lambda world: "/authentication-changes/999999999/apply/"),
    "api-chargers": Address({"GET": EVERYBODY, "POST": EVERYBODY}, lambda world: "/chargers/"),
    "api-chargers-bulk": Address({"POST": EVERYBODY}, lambda world: "/chargers/bulk/"),
    "api-commands": Address(
        {"GET": SEE, "POST": SWITCH},
        lambda world: f"/chargers/{world.charger.device_id}/commands/",
        lambda world: f"/chargers/{world.foreign_charger.device_id}/commands/",
    ),
    "api-command": Address(
        {"GET": SEE},
        lambda world: f"/chargers/{world.charger.device_id}/commands/{world.command.pk}/",
        lambda world: f"/chargers/{world.foreign_charger.device_id}/commands/{world.command.pk}/",
    ),
    "api-command-diagnostics": Address(
        {"GET": SWITCH},
        lambda world: f"/chargers/{world.charger.device_id}/commands/{diagnostics(world)}/diagnostics/",
        lambda world: f"/chargers/{world.foreign_charger.device_id}/commands/{diagnostics(world)}/diagnostics/",
    ),
    "api-configuration": Address(
        {"GET": SEE, "PATCH": SWITCH},
        lambda world: f"/chargers/{world.charger.device_id}/configuration/",
        lambda world: f"/chargers/{world.foreign_charger.device_id}/configuration/",
    ),
    "api-charger": Address(
        {"GET": SEE, "PATCH": SERVICE, "DELETE": SERVICE},
        lambda world: f"/chargers/{world.charger.device_id}/",
        lambda world: f"/chargers/{world.foreign_charger.device_id}/",
    ),
    "api-charger-local-list": Address(
        {"GET": SEE, "POST": SWITCH},
        lambda world: f"/chargers/{world.charger.device_id}/local-list/",
        lambda world: f"/chargers/{world.foreign_charger.device_id}/local-list/",
    ),
    "api-charger-link-password": Address(
        {"GET": SERVICE, "POST": SERVICE, "DELETE": SERVICE},
        lambda world: f"/chargers/{world.charger.device_id}/link-password/",
        lambda world: f"/chargers/{world.foreign_charger.device_id}/link-password/",
    ),
    "api-charger-messages": Address(
        {"GET": SWITCH},
        lambda world: f"/chargers/{world.charger.device_id}/messages/",
        lambda world: f"/chargers/{world.foreign_charger.device_id}/messages/",
    ),
    "api-sessions": Address({"GET": EVERYBODY}, lambda world: "/sessions/"),
    "api-session": Address(
        {"GET": SEE},
        lambda world: f"/sessions/{world.session.pk}/",
        lambda world: f"/sessions/{world.foreign_session.pk}/",
    ),
    "api-meter-values": Address(
        {"GET": SEE},
        lambda world: f"/sessions/{world.session.pk}/meter-values/",
        lambda world: f"/sessions/{world.foreign_session.pk}/meter-values/",
    ),
    "api-webhooks": Address({"GET": EVERYBODY, "POST": EVERYBODY}, lambda world: "/webhooks/"),
    "api-webhook": Address({"GET": SWITCH, "PATCH": SWITCH, "DELETE": SWITCH}, *hook("")),
    "api-webhook-secret": Address({"POST": SWITCH}, *hook("rotate-secret/"), {"nonsense": 1}),
    "api-webhook-test": Address({"POST": SWITCH}, *hook("test/"), {"nonsense": 1}),
    "api-webhook-deliveries": Address({"GET": SWITCH}, *hook("deliveries/")),
    "api-webhook-delivery": Address({"GET": SWITCH}, *hook("deliveries/{delivery}/")),
    "api-webhook-redeliver": Address({"POST": SWITCH}, *hook("deliveries/{delivery}/redeliver/"), {"nonsense": 1}),
    "api-audit": Address({"GET": EVERYBODY}, lambda world: "/audit/"),
    "api-id-tags": Address({"GET": EVERYBODY, "POST": EVERYBODY}, lambda world: "/id-tags/"),
    "api-id-tags-import": Address({"POST": EVERYBODY}, lambda world: "/id-tags/import/"),
    "api-id-tag": Address(
        {"GET": SEE, "PATCH": SWITCH, "DELETE": SWITCH},
        lambda world: f"/id-tags/{world.card.pk}/",
        lambda world: f"/id-tags/{world.foreign_card.pk}/",
    ),
}
OPEN = {"api-schema", "api-docs", "api-unknown"}


def diagnostics(world: World) -> int:
    found = GatewayRequest.objects.filter(kind="get_diagnostics").first()
    return (found or scene.diagnostics(world.charger, b"of the", b" charger")).pk


def foreign_rollout(world: World) -> str:
    return f"/rollouts/{world.foreign_charger.deliveries.get().rollout_id}/"


def patterns(entries: list[Any]) -> Iterator[URLPattern]:
    for entry in entries:
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns)
        else:
            yield entry


def test_every_address_stands_in_the_table_with_its_methods() -> None:
    found = {str(pattern.name): pattern for pattern in patterns(urlpatterns)}
    assert found.keys() == TABLE.keys() | OPEN
    for name, address in TABLE.items():
        view = found[name].callback.view_class  # type: ignore[attr-defined]  # set by as_view
        assert issubclass(view, ResourceView)
        methods = {method.upper() for method in view.http_method_names if hasattr(view, method)} - {"OPTIONS", "HEAD"}
        assert methods == address.methods.keys(), name


CASES = [(name, method) for name, address in TABLE.items() for method in address.methods]


@pytest.mark.parametrize(("name", "method"), CASES)
def test_own_installations_open_to_the_roles_of_the_table(world: World, name: str, method: str) -> None:
    """Bodies are empty, so that a caller who gets past the gate meets 2xx, 409, 422 or 428 and nothing is done."""
    address = TABLE[name]
    for role in sorted(EVERYBODY - {"staff"}):
        answer = world[role](method, address.own(world), _body(method, address))
        if role in address.methods[method]:
            assert answer.status_code not in {401, 403, 404, 405}, (role, answer.content)
            if answer.status_code == 204:
                return
        elif role in SEE and address.foreign is not None:
            assert answer.status_code == 403, (role, answer.content)
            assert answer.json()["missing_roles"], role
        else:
            assert answer.status_code == 404, (role, answer.content)
            assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(("name", "method"), CASES)
def test_foreign_is_the_same_as_nonexistent(world: World, name: str, method: str) -> None:
    address = TABLE[name]
    if address.foreign is None:
        return
    absent = address.own(world).replace(str(world.site.pk), "987654321").replace(str(world.rollout.pk), "987654321")
    absent = absent.replace(world.charger.device_id, "NOTHERE").replace(f"tags/{world.card.pk}/", "tags/987654321/")
    absent = absent.replace(f"webhooks/{world.webhook.webhook_id}/", "webhooks/987654321/")
    absent = absent.replace(f"sessions/{world.session.pk}/", "sessions/987654321/")
    bodies = []
    for path in (address.foreign(world), absent):
        answer = world["owner"](method, path, _body(method, address))
        assert answer.status_code == 404, (path, answer.content)
        bodies.append({**answer.json(), "request_id": ""})
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(("name", "method"), CASES)
def test_nobody_gets_in_without_a_token(world: World, name: str, method: str) -> None:
    assert world["nobody"](method, TABLE[name].own(world), _body(method, TABLE[name])).status_code == 401


@pytest.mark.parametrize(("name", "method"), CASES)
def test_a_token_without_the_scope_names_it(world: World, name: str, method: str) -> None:
    scopes = ["tokens:write"] if method == "GET" else ["read"]
    caller = Caller(token_for(world.users["service"], scopes=scopes))
    answer = caller(method, TABLE[name].own(world), _body(method, TABLE[name]))
    assert answer.status_code == 403, answer.content
    assert answer.json()["code"] == "scope_missing"


@pytest.mark.parametrize(("name", "method"), CASES)
def test_staff_get_everywhere_and_leave_a_trace(world: World, name: str, method: str) -> None:
    address = TABLE[name]
    if address.foreign is None:
        return
    answer = world["staff"](method, address.own(world), _body(method, address))
    assert answer.status_code not in {401, 403, 404}, answer.content
    assert AuditEntry.objects.filter(action="staff_access", actor=world.users["staff"]).exists()


def test_a_token_for_one_installation_does_not_open_another(world: World) -> None:
    caller = Caller(token_for(world.users["service"], installations=[world.elsewhere.pk]))
    assert caller("GET", f"/installations/{world.site.pk}/").status_code == 404
    assert caller("GET", f"/installations/{world.elsewhere.pk}/").status_code == 404
    assert caller("GET", "/installations/").json()["results"] == []
    assert caller("GET", "/chargers/").json()["results"] == []
    assert caller("GET", "/id-tags/").json()["results"] == []
    assert caller("GET", "/webhooks/").json()["results"] == []
    assert [row["id"] for row in caller("GET", "/sessions/").json()["results"]] == []
    assert caller("POST", "/installations/", {"name": "New"}).status_code == 403
    own = Caller(token_for(world.users["service"], installations=[world.site.pk]))
    assert own("GET", f"/installations/{world.site.pk}/").status_code == 200


def test_lists_show_nothing_foreign(world: World) -> None:
    for role in ("owner", "viewer", "member"):
        assert [row["id"] for row in world[role]("GET", "/installations/").json()["results"]] == [world.site.pk]
        chargers = world[role]("GET", "/chargers/").json()["results"]
        assert [row["device_id"] for row in chargers] == ["ZCS000143"]
        assert len(world[role]("GET", "/rollouts/").json()["results"]) == 1
        assert [row["id_tag"] for row in world[role]("GET", "/id-tags/").json()["results"]] == ["04A2B3"]
        assert [row["id"] for row in world[role]("GET", "/sessions/").json()["results"]] == [world.session.pk]
        for path in ("/chargers/", "/rollouts/", "/id-tags/", "/sessions/"):
            filtered = world[role]("GET", f"{path}?installation={world.elsewhere.pk}")
            assert filtered.json()["results"] == []
    for role in ("owner", "service", "member"):
        assert [row["id"] for row in world[role]("GET", "/webhooks/").json()["results"]] == [world.webhook.webhook_id]
    assert world["viewer"]("GET", "/webhooks/").json()["results"] == []
    for role in ("stranger", "expired"):
        for path in ("/webhooks/", "/installations/", "/chargers/", "/rollouts/", "/id-tags/", "/sessions/"):
            assert world[role]("GET", path).json()["results"] == []


def test_a_foreign_installation_in_a_body_is_as_unknown_as_none(world: World) -> None:
    answers = []
    for pk in (world.elsewhere.pk, 987654321):
        body = {"device_id": "NEW1", "installation": pk}
        one = world["service"]("POST", "/chargers/", body)
        many = world["service"]("POST", "/chargers/bulk/", {"installation": pk, "items": [{"device_id": "NEW1"}]})
        moved = world["service"]("PATCH", "/chargers/ZCS000143/", {"installation": pk})
        for answer in (one, many, moved):
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["code"] == "unknown_installation"
            answers.append({**answer.json(), "request_id": ""})
    assert all(answer == answers[0] for answer in answers)


def test_a_revoked_token_is_out_at_once(world: World) -> None:
    ApiToken.objects.filter(user=world.users["owner"]).update(revoked_at="2020-01-01T00:00Z")
    assert world["owner"]("GET", "/users/me/").status_code == 401


def _body(method: str, address: Address) -> Any:
    return None if method in {"GET", "DELETE"} else address.body
