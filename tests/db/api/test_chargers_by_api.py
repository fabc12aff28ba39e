"""Chargers through the API: credentials once, lists line by line, moves, deletion."""

from typing import Any

import pytest

from accounts.models import AuditEntry
from chargers.link_key import matches
from chargers.models import BackendProfile, Charger, Delivery, DeliveryEvent, Transaction
from chargers.rollout.states import DeliveryState
from installations.models import AuthenticationRevision
from installations.services.grants import grant_access
from tests.db.api.conftest import World


def register(world: World, **fields: Any) -> Any:
    return world["service"]("POST", "/chargers/", {"installation": world.site.pk, **fields})


def test_a_registration_answers_once_with_what_to_enter(world: World, settings: Any) -> None:
    settings.GATEWAY_PUBLIC_URL = "wss://gateway.example.com/ocpp/"
    answer = register(world, device_id=" zap*1 ", name="Left", circuit=world.circuit.pk)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["device_id"] == "ZAP*1"
    assert body["link"]["url"] == "wss://gateway.example.com/ocpp/ZAP*1"
    assert body["link"]["user"] == "ZAP*1"
    password = body["link"]["password"]
    assert len(password) == 20
    assert password.isalnum()
    charger = Charger.objects.get(device_id="ZAP*1")
    assert charger.key_digest is not None
    assert matches(password.encode(), bytes(charger.key_digest), settings.CHARGER_KEY_PEPPER.encode())
    again = world["service"]("GET", answer["Location"])
    assert "link" not in again.json()
    assert password not in again.content.decode()
    assert all(password not in f"{row.before}{row.after}" for row in AuditEntry.objects.all())
    assert Delivery.objects.filter(charger=charger, revision=world.site.revision).count() == 1


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"device_id": "ZCS000143"}, "/device_id", "already_here"),
        ({"device_id": "zcs000143"}, "/device_id", "already_here"),
        ({"device_id": "foreign1"}, "/device_id", "already_registered"),
        ({"device_id": "a:b"}, "/device_id", "device_id"),
        ({"device_id": ".."}, "/device_id", "device_id"),
        ({"device_id": "A", "circuit": 987654321}, "/circuit", "unknown_circuit"),
        ({"device_id": "A", "server_url": "http://x.example"}, "/server_url", "scheme"),
        ({"device_id": "A", "key_digest": "00"}, "/key_digest", "unknown_field"),
        ({"device_id": "A", "applied_revision": 1}, "/applied_revision", "unknown_field"),
        ({"device_id": 7}, "/device_id", "type"),
        ({"device_id": "A", "circuit": True}, "/circuit", "type"),
    ],
)
def test_a_bad_registration_is_explained_and_not_done(world: World, fields: Any, pointer: str, code: str) -> None:
    answer = register(world, **fields)
    assert answer.status_code == 422, answer.content
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
    assert Charger.objects.count() == 2
    assert "Elsewhere" not in answer.content.decode()
    assert str(world.elsewhere.pk) not in answer.json()["detail"]


ITEMS = [
    {"device_id": "L1"},
    {"device_id": "bad id"},
    {"device_id": "L1", "name": "twice"},
    {"device_id": "ZCS000143"},
    {"device_id": "L2", "name": "Two"},
]


def test_a_list_with_bad_lines_is_refused_whole_with_a_report(world: World) -> None:
    answer = world["service"]("POST", "/chargers/bulk/", {"installation": world.site.pk, "items": ITEMS})
    assert answer.status_code == 422
    found = {(error["index"], error["code"]) for error in answer.json()["errors"]}
    assert found == {(1, "device_id"), (2, "repeated"), (3, "already_here")}
    assert Charger.objects.count() == 2


def test_partial_keeps_the_good_lines(world: World) -> None:
    answer = world["service"]("POST", "/chargers/bulk/?mode=partial", {"installation": world.site.pk, "items": ITEMS})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["registered"], body["refused"]) == (2, 3)
    assert [bool(row["link"]) for row in body["results"]] == [True, False, False, False, True]
    assert Charger.objects.count() == 4


def test_a_list_of_wrong_things_names_each_place(world: World) -> None:
    items = [{"device_id": "L1"}, {"device_id": 5}, "text", {"device_id": "L2", "colour": 1}]
    answer = world["service"]("POST", "/chargers/bulk/", {"installation": world.site.pk, "items": items})
    assert answer.status_code == 422
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert {"/items/1/device_id", "/items/2", "/items/3/colour"} <= pointers


def test_a_charger_changes_its_name_url_and_circuit(world: World) -> None:
    body = {"name": "Left", "server_url": "wss://own.example/ocpp/X/", "circuit": None, "reason": "relabelled"}
    answer = world["service"]("PATCH", "/chargers/zcs000143/", body, If_Match='"1"')
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["name"], shown["server_url"], shown["circuit"]) == ("Left", "wss://own.example/ocpp/X", None)
    assert answer["ETag"] == '"2"'
    assert world["service"]("PATCH", "/chargers/ZCS000143/", {"name": "R"}, If_Match='"1"').status_code == 412
    assert AuditEntry.objects.filter(action="charger_changed", reason="relabelled").count() == 1


@pytest.mark.parametrize("state", ["pushing", "verifying", "unknown"])
def test_no_move_and_no_deletion_in_the_middle_of_a_push(world: World, state: str) -> None:
    world.session.delete()
    Delivery.objects.filter(pk=world.delivery.pk).update(state=state)
    moved = world["staff"]("PATCH", "/chargers/ZCS000143/", {"installation": world.elsewhere.pk})
    gone = world["staff"]("DELETE", "/chargers/ZCS000143/")
    for answer in (moved, gone):
        assert answer.status_code == 409
        assert answer.json()["code"] == "push_running"
    assert Charger.objects.get(device_id="ZCS000143").installation_id == world.site.pk


def test_a_move_ends_what_waited_and_inherits_over_there(world: World) -> None:
    answer = world["staff"]("PATCH", "/chargers/ZCS000143/", {"installation": world.elsewhere.pk})
    assert answer.status_code == 200, answer.content
    world.delivery.refresh_from_db()
    assert (world.delivery.state, world.delivery.reason) == (DeliveryState.SUPERSEDED, "moved")
    assert DeliveryEvent.objects.filter(delivery=world.delivery, reason="moved").count() == 1
    fresh = Delivery.objects.get(charger=world.charger, state="waiting")
    assert fresh.revision_id == world.elsewhere.revision_id
    assert answer.json()["circuit"] is None
    back = world["staff"]("PATCH", "/chargers/ZCS000143/", {"installation": world.site.pk})
    assert back.status_code == 200, back.content
    assert Delivery.objects.get(charger=world.charger, state="waiting").revision_id == world.site.revision_id


def test_moving_needs_the_role_on_both_sides(world: World) -> None:
    grant_access(installation=world.elsewhere, actor=world.users["staff"], role="viewer", email="service@example.org")
    answer = world["service"]("PATCH", "/chargers/ZCS000143/", {"installation": world.elsewhere.pk})
    assert answer.status_code == 403
    assert answer.json()["missing_roles"] == ["service"]


def test_a_charger_with_sessions_stays(world: World) -> None:
    Transaction.objects.create(charger=world.charger, connector=1, id_tag="A")
    assert world["service"]("DELETE", "/chargers/ZCS000143/").json()["code"] == "has_sessions"


def test_a_charger_without_sessions_goes(world: World) -> None:
    assert world["service"]("DELETE", "/chargers/ZCS000143/?reason=scrapped").json()["code"] == "has_sessions"
    world.session.delete()
    assert world["service"]("DELETE", "/chargers/ZCS000143/?reason=scrapped").status_code == 204
    assert world["service"]("GET", "/chargers/ZCS000143/").status_code == 404
    assert AuditEntry.objects.filter(action="charger_deleted", reason="scrapped").exists()


def test_an_installation_goes_only_when_empty_and_at_rest(world: World) -> None:
    path = f"/installations/{world.site.pk}/"
    world.session.delete()
    assert world["owner"]("DELETE", path).json()["code"] == "open_rollout"
    world["owner"]("POST", f"/rollouts/{world.rollout.pk}/cancel/", {})
    assert world["owner"]("DELETE", path).json()["code"] == "has_chargers"
    world["service"]("DELETE", "/chargers/ZCS000143/")
    assert world["owner"]("DELETE", path).status_code == 204
    assert world["owner"]("GET", path).status_code == 404
    assert AuditEntry.objects.filter(action="installation_deleted", installation_id=world.site.pk).exists()


def test_retry_brings_cancelled_deliveries_back(world: World) -> None:
    path = f"/rollouts/{world.rollout.pk}/"
    assert world["owner"]("POST", f"{path}cancel/", {}).json()["by_state"] == {"cancelled": 1}
    assert world["owner"]("POST", f"{path}cancel/", {}).status_code == 409
    shown = world["viewer"]("GET", f"{path}deliveries/?state=cancelled").json()["results"][0]
    assert shown["timeline"][-1]["to_state"] == "cancelled"
    assert shown["explanation"]
    assert world["service"]("POST", f"{path}retry/", {"chargers": ["zcs000143"]}).status_code == 202
    assert world["viewer"]("GET", path).json()["by_state"] == {"waiting": 1}


def test_a_charger_shows_what_its_backend_allows(world: World) -> None:
    charger = Charger.objects.get(device_id="ZCS000143")
    revision = AuthenticationRevision.objects.create(
        installation=world.site, number=50, mode="ocpp_cloud", server_url="wss://b.example.com/{deviceId}",
        authorization_required=True, digest="5" * 64,
    )  # fmt: skip
    Charger.objects.filter(pk=charger.pk).update(applied_revision=revision)
    schedule = {
        "chargingRateUnit": "W", "startSchedule": "2026-01-01T00:00:00Z",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6900}],
    }  # fmt: skip
    profile = {
        "chargingProfileId": 1, "stackLevel": 0, "chargingProfileKind": "Absolute",
        "chargingProfilePurpose": "TxDefaultProfile", "validTo": "2099-01-01T00:00:00Z", "chargingSchedule": schedule,
    }  # fmt: skip
    BackendProfile.objects.create(
        charger=charger, url="wss://b.example.com/ZCS000143", connector=0, number=1, profile=profile,
        set_at=revision.created_at,
    )  # fmt: skip
    shown = [{"connector": 1, "amperes": 10.0, "until": "2099-01-01T00:00:00Z"}]
    assert world["viewer"]("GET", "/chargers/ZCS000143/").json()["backend_limits"] == shown
    rows = world["viewer"]("GET", "/chargers/").json()["results"]
    assert {row["device_id"]: row["backend_limits"] for row in rows}["ZCS000143"] == shown
