"""The main job through the API: read, preview, save, history, restore."""

from typing import Any

import pytest
from django.db.models import QuerySet

from accounts.models import AuditEntry
from chargers.models import Rollout
from installations.models import Secret
from tests.db.api.conftest import World

SECRET = "Canary0Password0123X"
DIRECT = {
    "mode": "ocpp_direct",
    "server_url": "wss://ocpp.example.com/devices/<deviceid>",
    "initial_device_password": SECRET,
    "authorization_required": True,
}


def address(world: World) -> str:
    return f"/installations/{world.site.pk}/authentication/"


def warnings_of(world: World, body: dict[str, Any]) -> list[str]:
    answer = world["service"]("POST", f"{address(world)}preview/", body)
    assert answer.status_code == 200, answer.content
    return [finding["code"] for finding in answer.json()["warnings"]]


def save(world: World, body: dict[str, Any], etag: str = '"1"', role: str = "service") -> Any:
    return world[role]("PUT", address(world), {**body, "acknowledge": warnings_of(world, body)}, If_Match=etag)


@pytest.mark.parametrize("role", ["owner", "service", "member"])
def test_owner_and_service_switch_the_mode(world: World, role: str) -> None:
    answer = save(world, DIRECT, role=role)
    assert answer.status_code == 202, answer.content
    body = answer.json()
    assert body["revision"] == 2
    assert answer["ETag"] == '"2"'
    assert answer["Location"] == f"/api/v1/rollouts/{body['rollout']}/"
    assert body["server_url"] == "wss://ocpp.example.com/devices/{deviceId}"
    assert body["initial_device_password_set"] is True
    followed = world["viewer"]("GET", answer["Location"])
    assert followed.status_code == 200
    assert followed.json()["mode"] == "ocpp_direct"


def passwords() -> QuerySet[Secret]:
    """Rows of backend passwords: webhooks have secrets too."""
    return Secret.objects.filter(revisions__isnull=False).distinct()


def test_the_password_is_never_shown_again(world: World) -> None:
    saved = save(world, DIRECT)
    paths = [address(world), f"{address(world)}revisions/", f"{address(world)}revisions/2/", saved["Location"]]
    answers = [world["service"]("GET", path) for path in paths]
    preview = world["service"]("POST", f"{address(world)}preview/", DIRECT)
    for answer in (saved, preview, *answers):
        assert SECRET not in answer.content.decode()
    assert all(SECRET not in f"{row.before}{row.after}{row.reason}" for row in AuditEntry.objects.all())
    secret = passwords().get()
    assert SECRET.encode() not in bytes(secret.ciphertext)
    shown = saved.json()["initial_device_password_fingerprint"]
    assert shown
    assert secret.fingerprint not in saved.content.decode()


def test_a_save_without_if_match_is_told_to_send_it(world: World) -> None:
    answer = world["service"]("PUT", address(world), DIRECT)
    assert answer.status_code == 428
    assert answer.json()["code"] == "if_match_required"
    assert answer["ETag"] == '"1"'


def test_a_stale_save_gets_the_current_etag_and_changes_nothing(world: World) -> None:
    assert save(world, DIRECT).status_code == 202
    answer = save(world, {"mode": "native"}, etag='"1"')
    assert answer.status_code == 412
    assert answer["ETag"] == '"2"'
    assert Rollout.objects.filter(installation=world.site).count() == 2


def test_a_warning_that_nobody_acknowledged_stops_the_save(world: World) -> None:
    answer = world["service"]("PUT", address(world), DIRECT, If_Match='"1"')
    assert answer.status_code == 422
    assert answer.json()["code"] == "not_acknowledged"
    assert {error["code"] for error in answer.json()["errors"]} >= {"balancing_stops"}


def test_a_problem_names_field_rule_and_repair(world: World) -> None:
    body = {"mode": "ocpp_direct", "server_url": "https://ocpp.example.com/{deviceId}"}
    answer = world["service"]("PUT", address(world), body, If_Match='"1"')
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert error["pointer"] == "/server_url"
    assert "wss" in error["detail"]
    preview = world["service"]("POST", f"{address(world)}preview/", body)
    assert preview.status_code == 200
    assert preview.json()["settings"] is None
    assert preview.json()["problems"][0]["code"] == error["code"]


def test_cloud_is_set_like_the_others_and_its_password_is_never_told(world: World) -> None:
    body = {
        "mode": "ocpp_cloud", "server_url": "wss://ocpp.example.com/{deviceId}",
        "initial_device_password": "Initial0Password0123",
    }  # fmt: skip
    seen = world["service"]("POST", f"{address(world)}preview/", body).json()
    assert seen["problems"] == []
    assert {notice["code"] for notice in seen["notices"]} >= {"backend_authorises", "balancing_stays", "backend_away"}
    (row,) = seen["chargers"]
    assert (row["dialled_url"], row["identity"], row["reroutes"]) == (
        "wss://ocpp.example.com/ZCS000143", "ZCS000143", True,
    )  # fmt: skip
    answer = world["service"]("PUT", address(world), body, If_Match='"1"')
    assert answer.status_code == 202, answer.content
    assert answer.json()["mode"] == "ocpp_cloud"
    assert answer.json()["initial_device_password_set"] is True
    assert b"Initial0Password0123" not in answer.content
    listed = world["owner"]("GET", "/installations/?mode=ocpp_cloud").json()["results"]
    assert [site["id"] for site in listed] == [world.site.pk]


@pytest.mark.parametrize(
    ("url", "code", "suggestion"),
    [
        ("wss://ocpp.example.com/x", "placeholder", "wss://ocpp.example.com/x/{deviceId}"),
        ("https://ocpp.example.com/x", "scheme", "wss://ocpp.example.com/x/{deviceId}"),
        ("wss://10.0.0.5/{deviceId}", "address", ""),
        ("wss://169.254.169.254/{deviceId}", "address", ""),
        ("", "no_url", ""),
    ],
)
def test_in_cloud_a_url_that_cannot_be_dialled_is_refused_and_repaired(
    world: World, url: str, code: str, suggestion: str
) -> None:
    body = {"mode": "ocpp_cloud", "server_url": url}
    problem = world["service"]("POST", f"{address(world)}preview/", body).json()["problems"][0]
    assert (problem["code"], problem["pointer"], problem["suggestion"]) == (code, "/server_url", suggestion)
    refused = world["service"]("PUT", address(world), body, If_Match='"1"')
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == code


def test_restore_makes_a_new_revision_with_the_old_settings_and_password(world: World) -> None:
    assert save(world, DIRECT).status_code == 202
    cleared = {**DIRECT, "initial_device_password": None}
    assert save(world, cleared, etag='"2"').json()["initial_device_password_set"] is False
    path = f"{address(world)}revisions/2/restore/"
    assert world["service"]("POST", path, {}).status_code == 428
    answer = world["service"]("POST", path, {}, If_Match='"3"')
    assert answer.status_code == 202, answer.content
    assert answer.json()["restored_from"] == 2
    assert answer.json()["revision"] == 4
    assert answer.json()["initial_device_password_set"] is True
    assert passwords().count() == 1
    history = world["viewer"]("GET", f"{address(world)}revisions/").json()["results"]
    assert [row["revision"] for row in history] == [4, 3, 2, 1]
    assert [change["field"] for change in history[0]["changes"]] == ["initial_device_password"]
    assert world["service"]("POST", f"{address(world)}revisions/9/restore/", {}, If_Match='"4"').status_code == 404


def test_the_same_password_entered_again_keeps_its_row(world: World) -> None:
    save(world, DIRECT)
    save(world, {**DIRECT, "note": "again"}, etag='"2"')
    assert passwords().count() == 1


def test_answers_follow_the_callers_language_and_codes_do_not(world: World) -> None:
    german = world["service"]("PUT", address(world), DIRECT, If_Match='"7"', Accept_Language="de")
    assert german.json()["code"] == "stale"
    assert german["Content-Language"] == "de"
