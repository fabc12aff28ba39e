"""Commands over the API: 202 and a row to follow, refusals by field, conflicts with the state of things."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEntry
from chargers.links.fake import FakeLink
from chargers.links.registry import put_in_place, take_away
from chargers.models import ChargerLink, GatewayNode, GatewayRequest, ReportedSetting
from gateway.store.jobs import EndRequest
from gateway.store.request_jobs import claim, end
from tests.db.api.conftest import World

PATH = "/chargers/zcs000143/commands/"


@pytest.fixture(autouse=True)
def link(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLink]:
    """The charger is connected to a gateway that lives."""
    monkeypatch.setattr(transaction, "on_commit", lambda work: work())
    now = timezone.now()
    GatewayNode.objects.create(name="node-1", started_at=now, seen_at=now)
    ChargerLink.objects.create(
        charger=world.charger, node="node-1", epoch=1, connected_at=now, last_seen_at=now, boot_accepted=True
    )
    fake = FakeLink({})
    put_in_place(fake)
    yield fake
    take_away(fake)


def test_a_command_is_followed_to_the_chargers_word(world: World) -> None:
    body = {"command": "reset", "type": "Soft", "reason": "stuck"}
    asked = world["owner"]("POST", PATH, body, Idempotency_Key="k")
    assert asked.status_code == 202, asked.content
    assert world["owner"]("POST", PATH, body, Idempotency_Key="k").json() == asked.json()
    told = asked.json()
    assert (told["command"], told["parameters"], told["state"]) == ("reset", {"type": "Soft"}, "waiting")
    taken = claim(told["id"], "node-1")
    assert taken is not None
    assert (taken.device_id, taken.payload) == ("ZCS000143", {"action": "Reset", "call": {"type": "Soft"}})
    end([EndRequest(told["id"], result={"status": "Accepted"})])
    seen = world["viewer"]("GET", asked["Location"]).json()
    assert (seen["state"], seen["status"], seen["error"]) == ("done", "Accepted", None)
    assert "restarts" in seen["detail"]
    entry = AuditEntry.objects.get(action="asked_gateway")
    assert (entry.after["kind"], entry.reason) == ("reset", "stuck")
    rows = world["viewer"]("GET", PATH).json()["results"]
    assert [row["id"] for row in rows] == [told["id"], world.command.pk]


def test_a_charger_that_is_away_is_a_conflict_and_nothing_is_asked(world: World) -> None:
    ChargerLink.objects.update(disconnected_at=timezone.now())
    answer = world["service"]("POST", PATH, {"command": "clear_cache"})
    assert (answer.status_code, answer.json()["code"]) == (409, "offline")
    assert GatewayRequest.objects.filter(kind="clear_cache").count() == 0


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"command": "explode"}, "/command", "command"),
        ({"command": "reset"}, "/type", "required"),
        ({"command": "unlock", "connector_id": "1"}, "/connector_id", "type"),
        ({"command": "clear_cache", "type": "Soft"}, "/type", "not_for_this_command"),
        ({"command": "reset", "colour": "red"}, "/colour", "unknown_field"),
        (
            {"command": "change_configuration", "settings": {"AuthorizationKey": "x"}}, "/settings", "secret_key",
        ),
    ],
)  # fmt: skip
def test_a_refusal_names_field_and_rule(world: World, body: dict[str, Any], pointer: str, code: str) -> None:
    answer = world["owner"]("POST", PATH, body)
    assert answer.status_code == 422, answer.content
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


def test_the_configuration_is_read_and_changed(world: World) -> None:
    world.charger.vendor, world.charger.model = "Portal Simulator", "Keep"
    world.charger.save(update_fields=["vendor", "model"])
    ReportedSetting.objects.create(charger=world.charger, key="A", value="1", reported_at=timezone.now())
    path = "/chargers/ZCS000143/configuration/"
    assert [row["key"] for row in world["viewer"]("GET", path).json()["settings"]] == ["A"]
    changed = world["service"]("PATCH", path, {"settings": {"A": "2"}})
    assert changed.status_code == 202, changed.content
    assert changed.json()["parameters"] == {"settings": {"A": "2"}}
    assert world["viewer"]("GET", changed["Location"]).json()["command"] == "change_configuration"
    managed = world["service"]("PATCH", path, {"settings": {"CentralSystemURL": "wss://x.example.com"}})
    assert (managed.status_code, managed.json()["errors"][0]["code"]) == (422, "managed_key")


def test_too_many_are_429(world: World) -> None:
    answers = [world["owner"]("POST", PATH, {"command": "clear_cache"}) for _count in range(31)]
    assert {answer.status_code for answer in answers[:30]} == {202}
    assert (answers[30].status_code, answers[30].json()["code"]) == (429, "too_many_commands")


def test_an_error_has_its_code_and_its_sentence(world: World) -> None:
    asked = world["owner"]("POST", PATH, {"command": "clear_cache"}).json()
    assert claim(asked["id"], "node-1") is not None
    end([EndRequest(asked["id"], "busy", {"reason": "push"})])
    told = world["viewer"]("GET", f"{PATH}{asked['id']}/").json()
    assert (told["state"], told["error"]["code"], told["result"]) == ("failed", "busy", {"reason": "push"})
    assert "nothing was sent" in told["error"]["detail"]
