"""Rollouts steered through the API, and the policy they go by."""

from typing import Any

import pytest

from accounts.models import AuditEntry
from chargers.models import Delivery, Rollout
from tests.db.api.conftest import World

WINDOW = {"days": ["sat", "sun"], "from": "22:00", "to": "05:00"}


def save(world: World, **fields: Any) -> Any:
    path = f"/installations/{world.site.pk}/authentication/"
    etag = world["service"]("GET", path)["ETag"]
    return world["service"]("PUT", path, {"mode": "native", **fields}, if_match=etag)


def steer(world: World, order: str, **fields: Any) -> Any:
    return world["owner"]("POST", f"/rollouts/{world.rollout.pk}/{order}/", fields)


def test_a_policy_is_agreed_with_the_save_and_shown_by_its_rollout(world: World) -> None:
    answer = save(
        world,
        authorization_required=False,
        acknowledge=["everybody_may_charge"],
        policy={"start": "together", "waves": ["1", "50%"], "windows": [WINDOW], "per_minute": 30},
    )
    assert answer.status_code == 202, answer.content
    shown = world["viewer"]("GET", f"/rollouts/{answer.json()['rollout']}/").json()
    assert shown["policy"] == {
        "start": "together", "waves": ["1", "50%"], "windows": [{**WINDOW, "days": ["sat", "sun"]}], "per_minute": 30,
    }  # fmt: skip
    assert (shown["wave"], shown["released_at"], shown["paused_at"], shown["pause_cause"]) == (0, None, None, "")


def test_a_preview_tells_the_policy_that_silence_means(world: World) -> None:
    path = f"/installations/{world.site.pk}/authentication/preview/"
    body = {"mode": "ocpp_direct", "server_url": "wss://ocpp.example.com/{deviceId}"}
    shown = world["service"]("POST", path, body).json()
    assert shown["policy"] == {"start": "as_ready", "waves": [], "windows": [], "per_minute": None}


@pytest.mark.parametrize(
    ("policy", "pointer", "code"),
    [
        ({"waves": ["x"]}, "/policy/waves/0", "wave"),
        ({"start": "never"}, "/policy/start", "invalid_choice"),
        ({"per_minute": 0}, "/policy/per_minute", "min_value"),
        ({"per_minute": True}, "/policy/per_minute", "type"),
        ({"windows": [{"days": ["mon"], "from": "25:00", "to": "05:00"}]}, "/policy/windows/0/from", "time"),
        ({"windows": [{"days": [], "from": "22:00", "to": "05:00"}]}, "/policy/windows/0/days", "min_length"),
        ({"speed": 1}, "/policy/speed", "unknown_field"),
    ],
)
def test_a_bad_policy_is_explained_and_nothing_is_saved(world: World, policy: Any, pointer: str, code: str) -> None:
    answer = save(world, policy=policy)
    assert answer.status_code == 422, answer.content
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
    assert Rollout.objects.filter(installation=world.site).count() == 1


def test_pause_and_resume_are_told_audited_and_refused_twice(world: World) -> None:
    paused = steer(world, "pause", reason="the site is being rebuilt")
    assert (paused.status_code, paused.json()["state"], paused.json()["pause_cause"]) == (200, "paused", "person")
    assert paused.json()["explanation"]
    assert steer(world, "pause").json()["code"] == "paused_already"
    listed = world["viewer"]("GET", "/rollouts/?state=paused").json()["results"]
    assert [row["id"] for row in listed] == [world.rollout.pk]
    assert world["viewer"]("GET", "/rollouts/?state=running").json()["results"] == []
    resumed = steer(world, "resume")
    assert (resumed.status_code, resumed.json()["state"], resumed.json()["explanation"]) == (202, "running", "")
    assert steer(world, "resume").json()["code"] == "not_paused"
    entries = AuditEntry.objects.filter(object_type="rollout", object_id=str(world.rollout.pk)).order_by("pk")
    assert [entry.action for entry in entries] == ["rollout_paused", "rollout_resumed"]
    assert entries[0].reason == "the site is being rebuilt"


def test_proceed_lets_those_go_that_are_ready(world: World) -> None:
    assert steer(world, "proceed").json()["code"] == "nothing_to_proceed"
    Rollout.objects.filter(pk=world.rollout.pk).update(policy={"start": "together"})
    Delivery.objects.filter(rollout=world.rollout).update(reason="together", due_at=None)
    answer = steer(world, "proceed")
    assert answer.status_code == 202
    assert answer.json()["released_at"] is not None
    assert Delivery.objects.get(rollout=world.rollout).due_at is not None


def test_a_delivery_tells_what_the_engine_sees_and_would_do(world: World) -> None:
    delivery = Delivery.objects.get(rollout=world.rollout)
    shown = world["viewer"]("GET", f"/rollouts/{world.rollout.pk}/deliveries/{delivery.pk}/").json()
    assert shown["outlook"][0].startswith("The charger is offline")
    assert shown["outlook"][-1].startswith("Next: nothing.")


def test_an_installation_says_what_happens_to_drift(world: World) -> None:
    path = f"/installations/{world.site.pk}/"
    assert world["viewer"]("GET", path).json()["drift_policy"] == "correct"
    etag = world["owner"]("GET", path)["ETag"]
    changed = world["owner"]("PATCH", path, {"drift_policy": "report"}, if_match=etag)
    assert changed.json()["drift_policy"] == "report"
