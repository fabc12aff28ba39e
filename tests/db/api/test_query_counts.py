"""How many queries each address costs, and that ten times the rows cost the same."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from chargers.models import ChargerLink, Connector, DeliveryEvent
from chargers.services.charger_input import NewCharger
from chargers.services.registration import register_chargers
from installations.authentication import Draft
from installations.models import Circuit, IdTag
from installations.services.authentication import publish_revision
from installations.services.grants import grant_access
from installations.services.installations import create_installation
from installations.webhooks.managing import create_webhook, send_test
from tests.db.api.conftest import World
from tests.db.chargers.sessions import HOUR, TEN, read, session
from tests.db.messages import say

# Token, its last use, the rate window, the installation, the roles: what a request costs before its own work.
LISTS: dict[str, tuple[Callable[[World], str], int]] = {
    "installations": (lambda world: "/installations/?page_size=500", 6),
    "circuits": (lambda world: f"/installations/{world.site.pk}/circuits/", 5),
    "load": (lambda world: f"/installations/{world.site.pk}/load/", 11),
    "access": (lambda world: f"/installations/{world.site.pk}/access/", 6),
    "revisions": (lambda world: f"/installations/{world.site.pk}/authentication/revisions/", 7),
    "authentication": (lambda world: f"/installations/{world.site.pk}/authentication/", 5),
    "chargers": (lambda world: "/chargers/?page_size=500", 7),
    "chargers of one": (lambda world: f"/chargers/?installation={world.site.pk}&link_state=online", 8),
    "charger": (lambda world: "/chargers/ZCS000143/", 7),
    "messages": (lambda world: "/chargers/ZCS000143/messages/?page_size=500", 9),
    "rollouts": (lambda world: "/rollouts/", 5),
    "rollout": (lambda world: f"/rollouts/{world.rollout.pk}/", 5),
    "deliveries": (lambda world: f"/rollouts/{world.rollout.pk}/deliveries/?page_size=500", 6),
    "id tags": (lambda world: "/id-tags/?page_size=500", 4),
    "id tags of one": (lambda world: f"/id-tags/?installation={world.site.pk}&search=0", 5),
    "id tag": (lambda world: f"/id-tags/{world.card.pk}/", 4),
    "sessions": (lambda world: "/sessions/?page_size=500", 7),
    "sessions of one": (lambda world: f"/sessions/?installation={world.site.pk}&flagged=false&id_tag=04A2B3", 8),
    "session": (lambda world: f"/sessions/{world.session.pk}/", 7),
    "meter values": (lambda world: f"/sessions/{world.session.pk}/meter-values/?page_size=500", 6),
    "audit": (lambda world: "/audit/?page_size=500", 4),
    "audit of one": (lambda world: f"/audit/?installation={world.site.pk}&action=charger_registered", 4),
    "webhooks": (lambda world: "/webhooks/?page_size=500", 4),
    "webhook": (lambda world: f"/webhooks/{world.webhook.webhook_id}/", 5),
    "webhook deliveries": (lambda world: f"/webhooks/{world.webhook.webhook_id}/deliveries/?page_size=500", 6),
    "tokens": (lambda world: "/tokens/", 4),
    "organisations": (lambda world: "/organisations/", 5),
    "me": (lambda world: "/users/me/", 5),
}


def grow(world: World) -> None:
    """Twenty more of everything that a list shows."""
    owner = world.users["owner"]
    for number in range(20):
        site = create_installation(actor=owner, name=f"Site {number}")
        Circuit.objects.create(installation=world.site, name=f"Row {number}", max_current=16)
        grant_access(installation=world.site, actor=owner, role="viewer", email=more_people(number))
        publish_revision(
            installation=world.site, draft=Draft("native"), actor=owner, expected_number=number + 1, acknowledged=()
        )
        register_chargers(installation=site, items=[NewCharger(f"S{number}")], actor=owner)
        send_test(webhook=world.webhook.webhook, actor=owner)
        for place in (site, world.site):
            if number < 15:
                create_webhook(owner=place, actor=owner, url="https://a.example.com", kinds=["drift.found"])
            IdTag.objects.create(installation=place, id_tag=f"0{number}")
        row = session(world.charger, TEN + number * HOUR, hours=None if number else 1, connector=3, id_tag="04A2B3")
        read(row, 1, 2000)
        read(world.session, number, 2000)
    lines = register_chargers(
        installation=world.site, items=[NewCharger(f"MORE{number}") for number in range(20)], actor=owner
    )
    now = timezone.now()
    for line in lines:
        assert line.charger is not None
        ChargerLink.objects.create(charger=line.charger, connected_at=now, node="n1", boot_accepted=True)
        for number in range(3):
            Connector.objects.create(charger=line.charger, number=number, status="Available", status_at=now)
    say(world.charger, 20)
    for delivery in world.rollout.deliveries.all():
        DeliveryEvent.objects.bulk_create(DeliveryEvent(delivery=delivery, to_state="waiting") for _ in range(5))


def more_people(number: int) -> str:
    return User.objects.create_user(f"more{number}@example.org").email


def cost(world: World, path: str) -> tuple[int, Any]:
    with CaptureQueriesContext(connection) as queries:
        answer = world["owner"]("GET", path)
    assert answer.status_code == 200, answer.content
    return len(queries), [query["sql"][:160] for query in queries.captured_queries]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_few_queries_however_long_it_is(world: World, name: str) -> None:
    address, most = LISTS[name]
    cost(world, "/users/me/")
    few, _statements = cost(world, address(world))
    grow(world)
    many, statements = cost(world, address(world))
    assert many <= most, statements
    assert many - few <= 1, statements
    few_again, _statements = cost(world, address(world))
    assert few_again == many


def test_a_preview_costs_the_same_few_queries_however_many_chargers(world: World) -> None:
    path = f"/installations/{world.site.pk}/authentication/preview/"
    body = {"mode": "ocpp_direct", "server_url": "wss://ocpp.example.com/{deviceId}"}
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            answer = world["owner"]("POST", path, body)
        assert answer.status_code == 200, answer.content
        counts.append(len(queries))
        if not _round:
            items = [NewCharger(f"P{number}") for number in range(30)]
            register_chargers(installation=world.site, items=items, actor=world.users["owner"])
    assert counts[1] <= 14, queries.captured_queries
    assert counts[1] - counts[0] <= 0
