"""Members of an organisation through the API: for its admins and platform staff, by the rules of the page."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Membership, Organisation
from tests.db.api.conftest import Caller, World, token_for

PASSWORD = "a-quite-other-phrase-7"


@pytest.fixture
def firm(world: World) -> Organisation:
    firm = Organisation.objects.get(name="Installers")
    Membership.objects.create(organisation=firm, user=world.users["service"], is_admin=True)
    return firm


def test_an_admin_lists_adds_changes_and_removes(world: World, firm: Organisation) -> None:
    admin, base = world["service"], f"/organisations/{firm.pk}/"
    assert admin("GET", base).json() == {
        "id": firm.pk, "name": "Installers", "admin": True, "second_factor_required": False,
    }  # fmt: skip
    listed = admin("GET", f"{base}members/?count=true").json()
    assert (listed["count"], [row["email"] for row in listed["results"]]) == (
        2, ["member@example.org", "service@example.org"],
    )  # fmt: skip
    body = {"email": "New@example.org", "name": "Nia", "reason": "Starts in May"}
    made = admin("POST", f"{base}members/", body, Idempotency_Key="once")
    again = admin("POST", f"{base}members/", body, Idempotency_Key="once")
    assert (made.status_code, again.json()) == (201, made.json())
    row = made.json()
    assert {**row, "id": 0, "invitation_url": ""} == {
        "id": 0, "email": "new@example.org", "name": "Nia", "admin": False, "active": True, "second_step": False,
        "invitation_url": "",
    }  # fmt: skip
    code = row["invitation_url"].partition("/sign-in/invitation/#")[2]
    form = {"code": code, "new": PASSWORD, "again": PASSWORD}
    assert Client().post(reverse("invitation"), form)["Location"] == reverse("sign_in")
    assert code not in str(list(AuditEntry.objects.values()))
    assert AuditEntry.objects.get(action="member_added").reason == "Starts in May"

    known = admin("POST", f"{base}members/", {"email": world.users["owner"].email, "admin": True}).json()
    assert (known["admin"], known["invitation_url"]) == (True, None), "an account that stands gets no code"
    twice = admin("POST", f"{base}members/", {"email": "new@example.org"})
    assert (twice.status_code, twice.json()["code"]) == (409, "member_already")
    assert admin("PATCH", made["Location"], {"admin": True}).json()["admin"] is True
    assert admin("DELETE", f"{made['Location']}?reason=Left").status_code == 204
    assert AuditEntry.objects.get(action="member_removed").reason == "Left"
    assert admin("GET", made["Location"]).status_code == 404
    assert admin("DELETE", f"{base}members/{known['id']}/").status_code == 204
    mine = f"{base}members/{Membership.objects.get(user=world.users['service']).pk}/"
    for method, sent in (("PATCH", {"admin": False}), ("DELETE", None)):
        refused = admin(method, mine, sent)
        assert (refused.status_code, refused.json()["code"]) == (409, "last_admin")


def test_others_see_or_find_nothing(world: World, firm: Organisation) -> None:
    seat = Membership.objects.get(user=world.users["member"])
    base = f"/organisations/{firm.pk}/members/"
    calls: list[tuple[str, str, Any]] = [
        ("GET", base, None), ("POST", base, {"email": "x@example.org"}), ("GET", f"{base}{seat.pk}/", None),
        ("PATCH", f"{base}{seat.pk}/", {"admin": True}), ("DELETE", f"{base}{seat.pk}/", None),
    ]  # fmt: skip
    limited = Caller(token_for(world.users["service"], installations=[world.site.pk]))
    narrow = Caller(token_for(world.users["service"], scopes=["read"]))
    for method, path, body in calls:
        plain = world["member"](method, path, body)
        assert (plain.status_code, plain.json()["code"], plain.json()["missing_roles"]) == (
            403,
            "admin_only",
            ["admin"],
        )
        foreign = world["stranger"](method, path, body)
        absent = world["stranger"](method, path.replace(f"/{firm.pk}/", "/999999999/"), body)
        assert (foreign.status_code, {**foreign.json(), "request_id": ""}) == (
            404, {**absent.json(), "request_id": ""},
        )  # fmt: skip
        assert limited(method, path, body).json()["code"] == "token_limited"
        if method != "GET":
            assert narrow(method, path, body).json()["missing_scope"] == "organisations:write"
    assert world["member"]("GET", f"/organisations/{firm.pk}/").json()["admin"] is False
    assert world["stranger"]("GET", f"/organisations/{firm.pk}/").status_code == 404
    assert world["staff"]("GET", base).status_code == 200
    assert Membership.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/email"),
        ({"email": "no address"}, "/email"),
        ({"email": 7}, "/email"),
        ({"email": "a@b.org", "admin": 1}, "/admin"),
        ({"email": "a@b.org", "role": "owner"}, "/role"),
    ],
)
def test_what_does_not_fit_names_the_field(world: World, firm: Organisation, body: Any, pointer: str) -> None:
    answer = world["service"]("POST", f"/organisations/{firm.pk}/members/", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
