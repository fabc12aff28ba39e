"""A backend tried over the API: 202 and an address to follow, refusals by field, limits."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from chargers.links.fake import FakeLink
from chargers.links.registry import put_in_place, take_away
from chargers.models import GatewayNode, GatewayRequest
from gateway.store.jobs import EndRequest
from gateway.store.request_jobs import claim, end
from tests.db.api.conftest import World
from tests.db.api.test_canary import CANARY, text_of_the_database

DRAFT = {"mode": "ocpp_direct", "server_url": "wss://ocpp.example.com/{deviceId}"}


@pytest.fixture(autouse=True)
def link(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLink]:
    monkeypatch.setattr(transaction, "on_commit", lambda work: work())
    now = timezone.now()
    GatewayNode.objects.create(name="node-1", started_at=now, seen_at=now)
    fake = FakeLink({})
    put_in_place(fake)
    yield fake
    take_away(fake)


def test_it_is_followed_to_its_end(world: World) -> None:
    path = f"/installations/{world.site.pk}/authentication/test/"
    body = {**DRAFT, "initial_device_password": CANARY, "device_id": "zcs000143"}
    answer = world["service"]("POST", path, body, Idempotency_Key="k")
    assert answer.status_code == 202, answer.content
    assert world["service"]("POST", path, body, Idempotency_Key="k").json() == answer.json()
    assert GatewayRequest.objects.filter(kind="backend_test").count() == 2  # the world has one
    address = answer["Location"]
    told = world["viewer"]("GET", address).json()
    assert (told["state"], told["steps"], told["error"], told["ended_at"]) == ("waiting", [], None, None)
    assert (told["url"], told["identity"], told["password"]) == (
        "wss://ocpp.example.com/ZCS000143", "ZCS000143", "typed",
    )  # fmt: skip
    assert CANARY not in text_of_the_database()
    assert claim(told["id"], "node-1") is not None
    assert world["viewer"]("GET", address).json()["state"] == "running"
    steps = [
        {"step": "url", "state": "done", "milliseconds": 1},
        {"step": "name", "state": "failed", "milliseconds": None},
    ]
    end([EndRequest(told["id"], "name_not_found", {"steps": steps, "milliseconds": 12, "http_status": 0})])
    told = world["viewer"]("GET", address).json()
    assert (told["state"], told["error"]["code"]) == ("failed", "name_not_found")
    assert "public DNS" in told["error"]["detail"]
    assert [(step["step"], step["state"]) for step in told["steps"]] == [("url", "done"), ("name", "failed")]
    assert told["http_status"] is None
    german = world["viewer"]("GET", address, Accept_Language="de").json()
    assert german["error"]["code"] == "name_not_found"
    assert german["error"]["detail"] != told["error"]["detail"]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"mode": "native"}, "/mode", "no_backend"),
        ({**DRAFT, "server_url": "http://x.example.com"}, "/server_url", "scheme"),
        ({**DRAFT, "device_id": "FOREIGN1"}, "/device_id", "unknown_charger"),
        ({**DRAFT, "colour": "red"}, "/colour", "unknown_field"),
    ],
)
def test_a_refusal_names_field_and_rule(world: World, body: dict[str, Any], pointer: str, code: str) -> None:
    answer = world["owner"]("POST", f"/installations/{world.site.pk}/authentication/test/", body)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


def test_too_many_are_429_with_the_time_to_wait(world: World) -> None:
    path = f"/installations/{world.site.pk}/authentication/test/"
    answers = [world["owner"]("POST", path, DRAFT) for _count in range(11)]
    assert {answer.status_code for answer in answers[:10]} == {202}
    assert (answers[10].status_code, answers[10].json()["code"]) == (429, "too_many_tests")
    assert 1 <= int(answers[10]["Retry-After"]) <= 60


def test_a_bus_that_is_away_is_an_end_with_a_reason(world: World, link: FakeLink) -> None:
    link.available = False
    answer = world["owner"]("POST", f"/installations/{world.site.pk}/authentication/test/", DRAFT)
    told = world["owner"]("GET", answer["Location"]).json()
    assert (told["state"], told["error"]["code"]) == ("failed", "bus_away")
