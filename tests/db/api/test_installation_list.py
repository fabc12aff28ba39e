"""Many installations in one request: all or nothing, or the good ones, each fault with its place."""

from typing import Any

import pytest

from accounts.models import AuditEntry
from installations.models import Grant, Installation
from tests.db.api.conftest import Caller, World, token_for

BULK = "/installations/bulk/"
GOOD = {"name": "Depot", "time_zone": "Europe/Oslo", "network_type": "IT", "main_fuse_current": 63}
BAD: list[Any] = [{"time_zone": "Mars/Base"}, {"name": "X", "owner": 7}, "no object", {"name": 3}]


def test_all_are_made_as_each_would_be_alone(world: World) -> None:
    body = {"items": [GOOD, {"name": "Harbour"}], "reason": "Rollout of May"}
    made = world["owner"]("POST", BULK, body, Idempotency_Key="k")
    assert made.status_code == 201, made.content
    assert world["owner"]("POST", BULK, body, Idempotency_Key="k").json() == made.json()
    assert (made.json()["created"], made.json()["refused"]) == (2, 0)
    first, second = made.json()["results"]
    assert (first["index"], first["name"], second["name"], second["errors"]) == (0, "Depot", "Harbour", [])
    shown = world["owner"]("GET", f"/installations/{first['id']}/").json()
    assert {name: shown[name] for name in GOOD} == GOOD
    assert set(Grant.objects.filter(installation=second["id"]).values_list("role", flat=True)) == {"owner", "service"}
    entries = AuditEntry.objects.filter(action="installation_created", installation_id=first["id"])
    assert [entry.reason for entry in entries] == ["Rollout of May"]


def test_one_fault_keeps_all_out_unless_the_good_ones_are_wanted(world: World) -> None:
    before = Installation.objects.count()
    refused = world["owner"]("POST", BULK, {"items": [GOOD, *BAD]})
    assert refused.status_code == 422
    told = {(fault["index"], fault["pointer"], fault["code"]) for fault in refused.json()["errors"]}
    assert told == {
        (1, "/name", "required"), (1, "/time_zone", "time_zone"), (2, "/owner", "unknown_field"), (3, "", "type"),
        (4, "/name", "type"),
    }  # fmt: skip
    assert Installation.objects.count() == before
    partial = world["owner"]("POST", f"{BULK}?mode=partial", {"items": [*BAD, GOOD]}).json()
    assert (partial["created"], partial["refused"]) == (1, 4)
    assert [row["id"] is None for row in partial["results"]] == [True, True, True, True, False]
    assert Installation.objects.count() == before + 1


@pytest.mark.parametrize("items", [[], [GOOD] * 1001, {}, None])
def test_a_list_that_is_none_or_too_long_is_refused_whole(world: World, items: Any) -> None:
    answer = world["owner"]("POST", BULK, {"items": items})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/items")


def test_a_token_for_some_installations_makes_none(world: World) -> None:
    limited = Caller(token_for(world.users["owner"], installations=[world.site.pk]))
    assert limited("POST", BULK, {"items": [GOOD]}).json()["code"] == "token_limited"
