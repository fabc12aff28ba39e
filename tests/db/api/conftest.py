"""A small world with everybody in it, and callers that speak to the API with a token of their own."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Organisation, User
from accounts.permissions import Scope
from accounts.tokens import issue_token
from chargers.models import Charger, Delivery, GatewayRequest, Rollout, Transaction
from chargers.services.registration import register_charger
from installations.models import Circuit, Grant, IdTag, Installation
from installations.services.cards import add_card
from installations.services.circuits import create_circuit
from installations.services.grants import grant_access
from installations.services.installations import create_installation
from installations.webhook_models import WebhookDelivery
from installations.webhooks.managing import create_webhook, send_test
from tests.db.chargers import scene
from tests.db.chargers.sessions import session

ROLES = ("owner", "service", "viewer", "member", "expired", "stranger", "staff")


@dataclass
class Caller:
    """Sends JSON with a bearer token; ``token`` empty sends none."""

    token: str = ""
    client: Client = field(default_factory=lambda: Client(raise_request_exception=True))

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        url = path if path.startswith("/api/") else f"/api/v1{path}"
        return self.client.generic(method, url, data, content_type="application/json", headers=sent)


def token_for(user: User, scopes: Any = tuple(Scope), installations: list[int] | None = None) -> str:
    ends = timezone.now() + timedelta(days=1)
    return issue_token(user=user, name="test", scopes=scopes, expires_at=ends, installation_ids=installations)[1]


@dataclass
class World:
    users: dict[str, User]
    site: Installation
    elsewhere: Installation
    circuit: Circuit
    charger: Charger
    foreign_charger: Charger
    grant: Grant
    seat: Membership
    rollout: Rollout
    delivery: Delivery
    card: IdTag
    foreign_card: IdTag
    backend_test: GatewayRequest
    session: Transaction
    foreign_session: Transaction
    command: GatewayRequest
    webhook: WebhookDelivery
    foreign_webhook: WebhookDelivery
    callers: dict[str, Caller]

    def __getitem__(self, role: str) -> Caller:
        return self.callers[role]


def webhook(site: Installation, user: User) -> WebhookDelivery:
    """With an event on its way."""
    url = "https://hooks.example.com/portal?token=Canary"
    made, _secret = create_webhook(owner=site, actor=user, url=url, kinds=["rollout.finished"])
    return send_test(webhook=made, actor=user)


def make_world() -> World:
    users = {role: User.objects.create_user(f"{role}@example.org", name=role.title()) for role in ROLES}
    User.objects.filter(pk=users["staff"].pk).update(is_staff=True)
    users["staff"].is_staff = True
    landlord = User.objects.create_user("landlord@example.org")
    site = create_installation(actor=landlord, name="Garage", time_zone="Europe/Oslo")
    elsewhere = create_installation(actor=landlord, name="Elsewhere")
    for role in ("owner", "service", "viewer"):
        grant_access(installation=site, actor=landlord, role=role, email=users[role].email)
    firm = Organisation.objects.create(name="Installers")
    seat = Membership.objects.create(organisation=firm, user=users["member"])
    grant_access(installation=site, actor=landlord, role="service", organisation_name="installers")
    past = timezone.now() - timedelta(seconds=1)
    Grant.objects.create(installation=site, role="owner", user=users["expired"], expires_at=past)
    circuit = create_circuit(installation=site, actor=landlord, name="Row A", max_current=Decimal(63))
    charger, _link = register_charger(installation=site, device_id="zcs000143", actor=landlord, circuit=circuit)
    foreign, _link = register_charger(installation=elsewhere, device_id="FOREIGN1", actor=landlord)
    rollout = Rollout.objects.get(installation=site)
    return World(
        users=users,
        site=site,
        elsewhere=elsewhere,
        circuit=circuit,
        charger=charger,
        foreign_charger=foreign,
        seat=seat,
        grant=Grant.objects.get(installation=site, user=users["viewer"]),
        rollout=rollout,
        delivery=Delivery.objects.get(rollout=rollout),
        card=add_card(owner=site, actor=landlord, id_tag="04A2B3", holder="Ann"),
        foreign_card=add_card(owner=elsewhere, actor=landlord, id_tag="04FFFF"),
        backend_test=scene.backend_test(charger),
        session=session(charger, id_tag="04a2b3"),
        foreign_session=session(foreign),
        command=scene.command(charger),
        webhook=webhook(site, landlord),
        foreign_webhook=webhook(elsewhere, landlord),
        callers={role: Caller(token_for(user)) for role, user in users.items()} | {"nobody": Caller()},
    )


@pytest.fixture
def world(db: None) -> World:
    return make_world()
