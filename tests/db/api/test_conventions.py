"""What holds for every resource: problem details, strict bodies and queries, pages, limits, request ids."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from accounts.api.parsing import LARGEST_BODY
from accounts.models import AuditEntry
from installations.models import Installation
from tests.db.api.conftest import Caller, World, token_for

PARTS = {"type", "title", "status", "detail", "code", "request_id"}


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body.keys() >= PARTS
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == answer["X-Request-ID"]
    return body


def test_without_a_token_everything_asks_for_one(world: World) -> None:
    answer = world["nobody"]("GET", "/installations/")
    problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["nonsense", "cp_" + "x" * 43, "", "\u00e9\u00e9"])
def test_an_unknown_token_is_refused(world: World, token: str) -> None:
    caller = Caller()
    answer = caller("GET", "/installations/", Authorization=f"Bearer {token}".encode().decode("latin-1"))
    problem(answer, 401, "bad_token")


def test_a_session_cookie_opens_nothing(world: World) -> None:
    caller = Caller()
    caller.client.force_login(world.users["owner"])
    problem(caller("GET", "/installations/"), 401, "not_authenticated")


def test_a_person_who_was_deactivated_is_out_at_once(world: World) -> None:
    world.users["viewer"].is_active = False
    world.users["viewer"].save()
    problem(world["viewer"]("GET", "/installations/"), 401, "bad_token")


@pytest.mark.parametrize(
    "path", ["/nowhere/", "/installations", "/installations/0/", "/installations/9" + "9" * 30 + "/"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_address_is_a_problem_and_never_a_redirect(world: World, path: str, method: str) -> None:
    problem(world["owner"](method, path, {}), 404, "not_found")


def test_other_methods_are_named_in_allow(world: World) -> None:
    answer = world["owner"]("DELETE", "/installations/")
    problem(answer, 405, "method_not_allowed")
    assert "POST" in answer["Allow"]


def test_only_json_is_answered_and_read(world: World) -> None:
    problem(world["owner"]("GET", "/installations/", Accept="text/html"), 406, "not_acceptable")
    headers = {"Authorization": f"Bearer {world['owner'].token}"}
    answer = world["owner"].client.post("/api/v1/installations/", {"name": "x"}, headers=headers)
    problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed"),
        (b"", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"name": NaN}', "malformed"),
        (b'{"main_fuse_current": 1e999}', "malformed"),
        (b"[" * 100_000, "malformed"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "too_deep"),
        (b"[]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b'{"name": "a", "name": "b"}', "repeated_name"),
        (b'{"name": "a\\u0000b"}', "character"),
        (b'{"name": "\\ud800"}', "character"),
    ],
)
def test_a_broken_body_is_told_what_is_wrong(world: World, body: bytes, code: str) -> None:
    if body == b"":
        answer = world["owner"]("POST", "/installations/", body)
        problem(answer, 422, "invalid")
    else:
        problem(world["owner"]("POST", "/installations/", body), 400, code)
    assert Installation.objects.count() == 2


def test_an_oversized_body_is_refused(world: World) -> None:
    body = json.dumps({"name": "x" * LARGEST_BODY}).encode()
    problem(world["owner"]("POST", "/installations/", body), 413, "too_large")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"name": "G", "colour": "red"}, "/colour", "unknown_field"),
        ({"name": "G", "owner": 1}, "/owner", "unknown_field"),
        ({"name": "G", "id": 7}, "/id", "unknown_field"),
        ({"name": "G", "revision": 7}, "/revision", "unknown_field"),
        ({"name": "G", "a/b~c": 7}, "/a~1b~0c", "unknown_field"),
        ({"name": 5}, "/name", "type"),
        ({"name": None}, "/name", "null"),
        ({"name": True}, "/name", "type"),
        ({"name": ""}, "/name", "blank"),
        ({"name": "x" * 201}, "/name", "max_length"),
        ({}, "/name", "required"),
        ({"name": "G", "main_fuse_current": "63"}, "/main_fuse_current", "type"),
        ({"name": "G", "main_fuse_current": 0}, "/main_fuse_current", "range"),
        ({"name": "G", "main_fuse_current": 0.01}, "/main_fuse_current", "range"),
        ({"name": "G", "main_fuse_current": -1}, "/main_fuse_current", "range"),
        ({"name": "G", "network_type": "XX"}, "/network_type", "invalid_choice"),
        ({"name": "G", "time_zone": "Mars/Base"}, "/time_zone", "time_zone"),
        ({"name": "G", "reason": 3}, "/reason", "type"),
    ],
)
def test_a_wrong_value_is_named_by_pointer_and_code(world: World, body: Any, pointer: str, code: str) -> None:
    errors = problem(world["owner"]("POST", "/installations/", body), 422, "invalid")["errors"]
    assert (pointer, code) in {(error["pointer"], error["code"]) for error in errors}
    assert all(error["detail"] for error in errors)
    assert Installation.objects.count() == 2


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("colour=red", "colour", "unknown_parameter"),
        ("page_size=0", "page_size", "min_value"),
        ("page_size=501", "page_size", "max_value"),
        ("page_size=x", "page_size", "invalid"),
        ("mode=none", "mode", "invalid_choice"),
        ("search=a&search=b", "search", "repeated"),
        ("search=%00", "search", "null_characters_not_allowed"),
    ],
)
def test_a_wrong_query_is_named(world: World, query: str, parameter: str, code: str) -> None:
    errors = problem(world["owner"]("GET", f"/installations/?{query}"), 400, "query")["errors"]
    assert (parameter, code) in {(error["parameter"], error["code"]) for error in errors}


def test_single_resources_take_no_parameters(world: World) -> None:
    problem(world["owner"]("GET", f"/installations/{world.site.pk}/?verbose=1"), 400, "query")


@pytest.mark.parametrize("cursor", ["x", "%00", "W10", "bnVsbA", "WyJuYW1lLGlkIiwwLFsxLDJdXQ", "e30", "%F0%9F%92%A9"])
def test_a_foreign_cursor_is_refused(world: World, cursor: str) -> None:
    answer = world["owner"]("GET", f"/installations/?cursor={cursor}")
    assert answer.status_code in {200, 400}, answer.content
    if answer.status_code == 400:
        assert answer.json()["code"] in {"cursor", "query"}


def test_pages_hang_together_in_both_directions(world: World) -> None:
    for number in range(7):
        world["owner"]("POST", "/installations/", {"name": f"Site {number % 3}"})
    names, path, pages = [], "/installations/?page_size=3&count=true", 0
    backward = ""
    while path:
        page = world["owner"]("GET", path.removeprefix("http://testserver")).json()
        assert page["count"] == 8
        names += [(row["name"], row["id"]) for row in page["results"]]
        backward, path, pages = page["previous"], page["next"], pages + 1
    assert pages == 3
    assert names == sorted(names)
    assert len(set(names)) == 8
    before = world["owner"]("GET", backward.removeprefix("http://testserver")).json()
    assert [(row["name"], row["id"]) for row in before["results"]] == names[3:6]


def test_a_request_id_comes_back_and_stands_in_the_audit(world: World) -> None:
    answer = world["owner"]("POST", "/installations/", {"name": "G", "reason": "new site"}, X_Request_ID="abc-123")
    assert answer["X-Request-ID"] == "abc-123"
    entry = AuditEntry.objects.get(action="installation_created", object_id=str(answer.json()["id"]))
    assert (entry.request_id, entry.reason, entry.remote_address) == ("abc-123", "new site", "127.0.0.1")
    assert entry.actor == world.users["owner"]
    assert world["owner"]("GET", "/users/me/", X_Request_ID="a b\tc")["X-Request-ID"] != "a b\tc"


def test_too_many_requests_are_told_when_to_come_back(world: World, settings: Settings) -> None:
    settings.API_RATE_LIMIT = 2
    first = world["viewer"]("GET", "/users/me/")
    assert first["RateLimit"].startswith('"default";r=1')
    world["viewer"]("GET", "/users/me/")
    refused = world["viewer"]("GET", "/users/me/")
    problem(refused, 429, "too_many_requests")
    assert 1 <= int(refused["Retry-After"]) <= 60
    other = Caller(token_for(world.users["viewer"]))
    assert other("GET", "/users/me/").status_code == 429, "a second token is no way around"
    assert world["owner"]("GET", "/users/me/").status_code == 200


def test_a_fault_of_ours_is_a_problem_with_the_request_id(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.api.views.list_organisations", lambda who: 1 / 0)
    caller = world["viewer"]
    caller.client.raise_request_exception = False
    body = problem(caller("GET", "/users/me/"), 500, "server_error")
    assert "ZeroDivision" not in body["detail"]


def test_nothing_is_kept_in_caches(world: World) -> None:
    assert world["viewer"]("GET", "/installations/")["Cache-Control"] == "no-store"


def test_head_is_get_without_a_body(world: World) -> None:
    answer = world["viewer"]("HEAD", "/installations/?page_size=1")
    assert (answer.status_code, answer.content) == (200, b"")
