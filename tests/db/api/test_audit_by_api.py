"""The audit trail over the API: who sees what, filters, paging, the stream of lines, and no secret in it."""

import json
from datetime import timedelta

from django.utils import timezone

from accounts.audit_chain import START, digest_of, seal
from accounts.models import AuditEntry
from tests.db.api.conftest import Caller, World, token_for

CANARY = "Canary0Zq7Password01"


def results(world: World, role: str, query: str = "") -> list[dict[str, object]]:
    answer = world[role]("GET", f"/audit/{query}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, object]] = answer.json()["results"]
    return found


def test_owner_and_service_see_their_installations_and_nobody_else_anything(world: World) -> None:
    for role in ("owner", "service", "member"):
        found = results(world, role, "?page_size=500")
        assert {row["installation"] for row in found} == {world.site.pk}
        assert "charger_registered" in {row["action"] for row in found}
        assert results(world, role, f"?installation={world.elsewhere.pk}") == []
    for role in ("viewer", "stranger", "expired"):
        assert results(world, role) == []
    seen = {row["installation"] for row in results(world, "staff", "?page_size=500")}
    assert {world.site.pk, world.elsewhere.pk, None} <= seen
    assert AuditEntry.objects.filter(action="staff_access", actor=world.users["staff"], object_type="user").count() == 1
    narrow = Caller(token_for(world.users["staff"], installations=[world.elsewhere.pk]))
    assert {row["installation"] for row in narrow("GET", "/audit/").json()["results"]} == {world.elsewhere.pk}


def test_a_change_is_told_with_before_after_reason_and_request(world: World) -> None:
    path = f"/installations/{world.site.pk}/"
    body = {"name": "Garage East", "reason": "renamed by the landlord"}
    answer = world["owner"]("PATCH", path, body, X_Request_ID="abc-1", If_Match=world["owner"]("GET", path)["ETag"])
    assert answer.status_code == 200, answer.content
    (row,) = results(world, "service", "?action=installation_changed")
    assert (row["before"], row["after"]) == ({"name": "Garage"}, {"name": "Garage East"})
    assert (row["reason"], row["request_id"]) == ("renamed by the landlord", "abc-1")
    assert (row["actor"], row["actor_label"]) == (world.users["owner"].pk, "owner@example.org (test)")
    assert (row["object_type"], row["object_label"]) == ("installation", "Garage East")


def test_filters_narrow_and_what_is_no_filter_is_refused(world: World) -> None:
    everything = results(world, "owner", "?page_size=500")
    soon = (timezone.now() + timedelta(minutes=1)).isoformat().replace("+", "%2B")
    assert results(world, "owner", f"?since={soon}") == []
    assert results(world, "owner", f"?until={soon}&page_size=500") == everything
    (charger,) = results(world, "owner", "?charger=zcs000143")
    assert charger["action"] == "charger_registered"
    assert results(world, "owner", f"?object_type=charger&object_id={world.charger.pk}") == [charger]
    assert results(world, "owner", "?charger=FOREIGN1") == []
    assert results(world, "owner", "?person=LANDLORD&page_size=500") == everything
    assert results(world, "owner", "?person=nobody") == []
    assert world["owner"]("GET", "/audit/?colour=red").status_code == 400
    assert world["owner"]("GET", "/audit/?cursor=x").json()["code"] == "cursor"
    first = world["owner"]("GET", "/audit/?page_size=2").json()
    second = world["owner"]("GET", first["next"].partition("testserver")[2]).json()
    assert [*first["results"], *second["results"]] == everything[:4]


def test_the_stream_of_lines_is_enough_to_verify_the_chain(world: World) -> None:
    seal()
    answer = world["staff"]("GET", "/audit/", Accept="application/x-ndjson")
    assert answer["Content-Type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.getvalue().decode().splitlines()]
    sealed = sorted((line for line in lines if line["position"]), key=lambda line: int(line["position"]))
    assert [line["position"] for line in sealed] == list(
        range(1, AuditEntry.objects.exclude(position=None).count() + 1)
    )
    previous = START
    for line in sealed:
        previous = digest_of(AuditEntry.objects.get(pk=line["id"]), line["position"], previous)
        assert line["digest"] == previous.hex()


def test_no_secret_stands_in_it(world: World) -> None:
    path = f"/installations/{world.site.pk}/authentication/"
    body = {
        "mode": "ocpp_direct",
        "server_url": "wss://ocpp.example.com/{deviceId}",
        "initial_device_password": CANARY,
        "authorization_required": True,
    }
    previewed = world["service"]("POST", f"{path}preview/", body).json()
    codes = [row["code"] for row in previewed["warnings"]]
    saved = world["service"]("PUT", path, {**body, "acknowledge": codes}, If_Match='"1"')
    assert saved.status_code == 202, saved.content
    handed = world["service"]("POST", "/chargers/ZCS000143/link-password/", {"way": "by_hand"})
    told = world["owner"]("GET", "/audit/", Accept="application/x-ndjson").getvalue().decode()
    assert "authentication_changed" in told
    assert CANARY not in told
    password = handed.json().get("password") or handed.json().get("link", {}).get("password", CANARY)
    assert password not in told
