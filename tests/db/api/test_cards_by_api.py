"""Charge cards over the API: one at a time and as a list."""

from typing import Any

import pytest

from accounts.models import AuditEntry, Membership, Organisation
from installations.models import Grant, IdTag
from tests.db.api.conftest import Caller, World, token_for


@pytest.fixture
def firm(world: World) -> Organisation:
    """The owner's organisation, which owns the site."""
    firm = Organisation.objects.create(name="Firm")
    Membership.objects.create(organisation=firm, user=world.users["owner"])
    Grant.objects.create(installation=world.site, role="owner", organisation=firm)
    return firm


def codes(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.content
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def tags(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["id_tag"] for row in answer.json()["results"]]


# One card.


def test_a_card_is_added_read_changed_and_deleted(world: World) -> None:
    service = world["service"]
    body = {"installation": world.site.pk, "id_tag": "ab1", "expires_at": "2030-01-01T00:00:00Z", "reason": "new"}
    made = service("POST", "/id-tags/", body)
    assert made.status_code == 201, made.content
    assert made["ETag"] == '"1"'
    path = made["Location"]
    card = service("GET", path).json()
    assert (card["id_tag"], card["installation"], card["organisation"]) == ("AB1", world.site.pk, None)
    changed = service("PATCH", path, {"blocked": True, "holder": "Bo"}, If_Match='"1"')
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')
    assert (changed.json()["blocked"], changed.json()["expires_at"]) == (True, "2030-01-01T00:00:00Z")
    stale = service("PATCH", path, {"holder": "Cy"}, If_Match='"1"')
    assert (stale.status_code, stale["ETag"]) == (412, '"2"')
    assert service("DELETE", f"{path}?reason=lost").status_code == 204
    assert service("GET", path).status_code == 404
    entries = AuditEntry.objects.filter(object_id=str(card["id"]), object_type="idtag").order_by("pk")
    assert [(entry.action, entry.reason) for entry in entries] == [
        ("card_added", "new"),
        ("card_changed", ""),
        ("card_deleted", "lost"),
    ]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/id_tag", "required"),
        ({"id_tag": "A"}, "/installation", "one_of"),
        ({"id_tag": "A", "installation": 987654321}, "/installation", "unknown_installation"),
        ({"id_tag": "A", "organisation": 987654321}, "/organisation", "unknown_organisation"),
        ({"id_tag": "Ä", "installation": 0}, "/id_tag", "id_tag"),
        ({"id_tag": "04a2b3", "installation": 0}, "/id_tag", "already_here"),
        ({"id_tag": "X" * 21, "installation": 0}, "/id_tag", "max_length"),
        ({"id_tag": 5, "installation": 0}, "/id_tag", "type"),
        ({"id_tag": "A", "installation": 0, "blocked": "yes"}, "/blocked", "type"),
        ({"id_tag": "A", "installation": 0, "version": 3}, "/version", "unknown_field"),
        ({"id_tag": "A", "installation": 0, "expires_at": "1999-01-01T00:00Z"}, "/expires_at", "range"),
        ({"id_tag": "A", "installation": 0, "holder": "a\nb"}, "/holder", "not_one_line"),
    ],
)
def test_a_wrong_card_is_named_by_pointer_and_code(world: World, body: Any, pointer: str, code: str) -> None:
    if body.get("installation") == 0:
        body = {**body, "installation": world.site.pk}
    assert (pointer, code) in codes(world["owner"]("POST", "/id-tags/", body))
    assert IdTag.objects.count() == 2


def test_the_owner_of_a_card_cannot_be_changed(world: World) -> None:
    answer = world["owner"]("PATCH", f"/id-tags/{world.card.pk}/", {"installation": world.elsewhere.pk})
    assert codes(answer) == [("/installation", "unknown_field")]


def test_a_foreign_owner_in_a_body_is_as_unknown_as_none(world: World) -> None:
    foreign = Organisation.objects.create(name="Foreign")
    for name, real in (("installation", world.elsewhere.pk), ("organisation", foreign.pk)):
        for path, rest in (("/id-tags/", {"id_tag": "A"}), ("/id-tags/import/", {"items": [{"id_tag": "A"}]})):
            answers = [world["service"]("POST", path, {name: pk, **rest}) for pk in (real, 987654321)]
            assert [codes(answer) for answer in answers] == [[(f"/{name}", f"unknown_{name}")]] * 2


def test_a_viewer_is_told_the_role(world: World) -> None:
    for path, rest in (("/id-tags/", {"id_tag": "A"}), ("/id-tags/import/", {"items": [{"id_tag": "A"}]})):
        answer = world["viewer"]("POST", path, {"installation": world.site.pk, **rest})
        assert answer.status_code == 403
        assert answer.json()["missing_roles"] == ["owner", "service"]


def test_a_repeated_post_adds_once(world: World) -> None:
    body = {"installation": world.site.pk, "id_tag": "AB1"}
    first, again = (world["owner"]("POST", "/id-tags/", body, Idempotency_Key="k") for _time in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"


# Organisations.


def test_a_card_of_an_organisation_is_changed_by_its_members_only(world: World, firm: Organisation) -> None:
    made = world["owner"]("POST", "/id-tags/", {"organisation": firm.pk, "id_tag": "FIRM"})
    assert made.status_code == 201, made.content
    path = made["Location"]
    assert world["viewer"]("GET", path).json()["organisation"] == firm.pk
    for role in ("service", "viewer"):
        refused = world[role]("PATCH", path, {"blocked": True})
        assert (refused.status_code, refused.json()["code"]) == (403, "membership_missing")
    assert world["stranger"]("GET", path).status_code == 404
    narrow = Caller(token_for(world.users["owner"], installations=[world.site.pk]))
    refused = narrow("PATCH", path, {"blocked": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "token_limited")
    assert world["owner"]("PATCH", path, {"blocked": True}).status_code == 200
    assert AuditEntry.objects.get(action="card_changed").installation_id is None


def test_filters(world: World, firm: Organisation) -> None:
    owner = world["owner"]
    owner("POST", "/id-tags/", {"organisation": firm.pk, "id_tag": "FIRM", "label": "Pool car"})
    assert tags(owner("GET", "/id-tags/")) == ["04A2B3", "FIRM"]
    assert tags(owner("GET", f"/id-tags/?installation={world.site.pk}")) == ["04A2B3", "FIRM"]
    assert tags(owner("GET", f"/id-tags/?organisation={firm.pk}")) == ["FIRM"]
    assert tags(owner("GET", "/id-tags/?search=04a")) == ["04A2B3"]
    assert tags(owner("GET", "/id-tags/?search=pool")) == ["FIRM"]
    assert tags(owner("GET", f"/id-tags/?installation={world.elsewhere.pk}")) == []
    assert tags(owner("GET", "/id-tags/?organisation=987654321")) == []


def test_a_foreign_installation_does_not_tell_whose_it_is(world: World, firm: Organisation) -> None:
    """The viewer sees the firm's card at the site, but not that the firm owns another place."""
    world["owner"]("POST", "/id-tags/", {"organisation": firm.pk, "id_tag": "FIRM"})
    Grant.objects.create(installation=world.elsewhere, role="owner", organisation=firm)
    assert tags(world["viewer"]("GET", f"/id-tags/?organisation={firm.pk}")) == ["FIRM"]
    assert tags(world["viewer"]("GET", f"/id-tags/?installation={world.elsewhere.pk}")) == []


# Import.


def send(world: World, body: dict[str, Any], mode: str = "all") -> Any:
    return world["owner"]("POST", f"/id-tags/import/?mode={mode}", {"installation": world.site.pk, **body})


ITEMS = [{"id_tag": "new", "holder": "Bo"}, {"id_tag": "04a2b3", "blocked": True}, {"id_tag": "NEW"}]


def test_items_are_added_and_changed(world: World) -> None:
    answer = send(world, {"items": ITEMS[:2], "reason": "list"})
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["added"], body["changed"], body["unchanged"], body["refused"]) == (1, 1, 0, 0)
    assert [row["effect"] for row in body["results"]] == ["add", "change"]
    assert body["results"][1] | {"errors": []} == {
        "index": 1,
        "row": 2,
        "id_tag": "04A2B3",
        "effect": "change",
        "id": world.card.pk,
        "changed": ["blocked"],
        "errors": [],
    }
    world.card.refresh_from_db()
    assert (world.card.blocked, world.card.holder) == (True, "Ann")
    assert IdTag.objects.get(pk=body["results"][0]["id"]).holder == "Bo"
    assert AuditEntry.objects.filter(reason="list").count() == 2


def test_one_bad_item_keeps_everything_out_unless_partial(world: World) -> None:
    answer = send(world, {"items": ITEMS})
    assert codes(answer) == [("/id_tag", "repeated")]
    assert answer.json()["errors"][0]["index"] == 2
    assert world.site.id_tags.count() == 1
    kept = send(world, {"items": ITEMS}, "partial").json()
    assert (kept["added"], kept["changed"], kept["refused"]) == (1, 1, 1)
    assert kept["results"][2]["errors"][0]["code"] == "repeated"
    assert world.site.id_tags.count() == 2


def test_csv_names_the_row(world: World) -> None:
    text = "\ufeffid_tag;expires_at;parent\r\nNEW;31.12.2029;staff\r\n\r\nBAD;soon;\r\n"
    answer = send(world, {"csv": text})
    assert codes(answer) == [("/expires_at", "date")]
    error = answer.json()["errors"][0]
    assert error["index"] == 1
    assert error["detail"].startswith("Row 4: ")
    kept = send(world, {"csv": text}, "partial").json()
    assert [(row["row"], row["effect"], row["id"] is None) for row in kept["results"]] == [
        (2, "add", False),
        (4, "refused", True),
    ]
    card = IdTag.objects.get(id_tag="NEW")
    assert card.expires_at is not None
    assert card.expires_at.isoformat() == "2029-12-31T23:00:00+00:00", "midnight in Oslo"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/items", "one_of"),
        ({"items": [{"id_tag": "A"}], "csv": "id_tag\nA"}, "/items", "one_of"),
        ({"items": []}, "/items", "min_length"),
        ({"items": [{"holder": "A"}]}, "/items/0/id_tag", "required"),
        ({"items": [{"id_tag": "A", "colour": 1}]}, "/items/0/colour", "unknown_field"),
        ({"csv": "holder\nA"}, "/csv", "header"),
        ({"csv": "id_tag\n" + "A\n" * 5001}, "/csv", "too_many"),
        ({"csv": 5}, "/csv", "type"),
    ],
)
def test_a_wrong_import_is_named(world: World, body: Any, pointer: str, code: str) -> None:
    for mode in ("all", "partial"):
        assert (pointer, code) in codes(send(world, body, mode))


def test_an_organisations_list_and_a_repeated_import(world: World, firm: Organisation) -> None:
    body = {"organisation": firm.pk, "items": [{"id_tag": "FIRM"}]}
    first = world["owner"]("POST", "/id-tags/import/", body, Idempotency_Key="k")
    again = world["owner"]("POST", "/id-tags/import/", body, Idempotency_Key="k")
    assert (first.status_code, first.json()["added"]) == (200, 1)
    assert again.json() == first.json()
    assert firm.id_tags.count() == 1
