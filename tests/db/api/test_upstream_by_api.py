"""The connection to a charger's backend over the API, its counts at the installation, and the settings about it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chargers.models import UpstreamLink, UpstreamMessage
from tests.db.api.conftest import World

URL = "wss://b.example.com/ZCS000143"


def connected(world: World, **fields: Any) -> None:
    now = timezone.now()
    values = {"url": URL, "user": "ZCS000143", "state": "connected", "since": now, "lease_until": now + timedelta(60)}
    UpstreamLink.objects.create(charger=world.charger, **{**values, **fields})


def queue(world: World, count: int, *, minutes: int = 1) -> None:
    at = timezone.now() - timedelta(minutes=minutes)
    UpstreamMessage.objects.bulk_create(
        UpstreamMessage(
            charger=world.charger, url=URL, action="MeterValues", payload={}, queued_at=at, digest=str(number).encode()
        )
        for number in range(count)
    )


def upstream(world: World) -> Any:
    return world["viewer"]("GET", "/chargers/ZCS000143/").json()["upstream"]


def test_a_charger_without_a_backend_has_none(world: World) -> None:
    assert upstream(world) is None
    site = world["viewer"]("GET", f"/installations/{world.site.pk}/").json()
    assert set(site["backends"].values()) == {0, None}


@pytest.mark.parametrize(
    ("fields", "state", "fault"),
    [
        ({}, "connected", ""),
        ({"state": "pending"}, "pending", ""),
        ({"state": "connecting"}, "connecting", ""),
        ({"state": "waiting", "fault": "unauthorized", "http_status": 401, "failures": 4}, "refused", "unauthorized"),
        ({"state": "waiting", "fault": "tls_expired", "failures": 2}, "waiting", "tls_expired"),
        ({"state": "closed", "lease_until": None}, "closed", ""),
        ({"lease_until": None}, "unserved", ""),
    ],
)
def test_how_it_stands_and_how_many_stand_like_that(
    world: World, fields: dict[str, Any], state: str, fault: str
) -> None:
    retry_at = timezone.now() + timedelta(minutes=10) if fields.get("state") == "waiting" else None
    connected(world, **fields, retry_at=retry_at)
    queue(world, 3)
    told = upstream(world)
    assert (told["state"], told["fault"], told["url"], told["queued"]) == (state, fault, URL, 3)
    assert bool(told["fault_detail"]) == bool(fault)
    assert (told["connected_since"] is not None) == (state == "connected")
    assert (told["retry_at"] is not None) == (retry_at is not None)
    assert told["http_status"] == fields.get("http_status")
    backends = world["viewer"]("GET", f"/installations/{world.site.pk}/").json()["backends"]
    counted = {name: count for name, count in backends.items() if count and not name.startswith(("queued", "oldest"))}
    assert counted == {state: 1}
    assert backends["queued"] == 3
    assert backends["oldest_queued_at"] == told["oldest_queued_at"]


def test_what_was_left_behind_stays_visible(world: World) -> None:
    connected(world, url="", state="closed", lease_until=None, left_count=7, left_at=timezone.now())
    charger = world["viewer"]("GET", "/chargers/ZCS000143/").json()
    assert charger["upstream"] is None
    assert charger["left_behind"]["messages"] == 7


def test_messages_that_wait_too_long_are_an_alarm(world: World) -> None:
    connected(world, state="waiting", fault="connection_refused")
    queue(world, 2, minutes=20)
    (alarm,) = world["viewer"]("GET", "/chargers/ZCS000143/").json()["alarms"]
    assert alarm["code"] == "queue_old"


@pytest.mark.parametrize("role", ["owner", "service"])
def test_who_may_charge_while_the_backend_is_away_is_the_installations_to_say(world: World, role: str) -> None:
    path = f"/installations/{world.site.pk}/"
    assert world[role]("GET", path).json()["offline_authorization"] == "known"
    assert world[role]("GET", path).json()["backend_maintenance"] is False
    body = {"offline_authorization": "reject", "backend_maintenance": True}
    changed = world[role]("PATCH", path, body)
    assert changed.status_code == 200, changed.content
    assert {name: changed.json()[name] for name in body} == body
    assert world["viewer"]("PATCH", path, body).status_code == 403
    for bad in ({"offline_authorization": "sometimes"}, {"backend_maintenance": "yes"}):
        refused = world[role]("PATCH", path, bad)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == f"/{next(iter(bad))}"
