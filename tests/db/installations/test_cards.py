"""Charge cards: add, change, delete, import; who sees and changes which."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.models import ApiToken, AuditEntry, Membership, Organisation, User
from accounts.permissions import Action, Scope
from accounts.refusals import Conflict, Forbidden, Invalid, Stale
from installations.access import Missing
from installations.card_file import as_values, read_cards
from installations.card_input import CardLine, card_faults
from installations.cards import at_installation, list_cards, owners_at, require_cards
from installations.models import Grant, IdTag, Installation
from installations.services.card_import import Effect, Report, import_cards, preview_import
from installations.services.cards import add_card, delete_card, update_card
from installations.services.installations import create_installation, delete_installation

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("owner@example.org")


@pytest.fixture
def garage(owner: User) -> Installation:
    return create_installation(actor=owner, name="Garage")


@pytest.fixture
def firm(garage: Installation) -> Organisation:
    firm = Organisation.objects.create(name="Firm")
    Grant.objects.create(installation=garage, role="owner", organisation=firm)
    return firm


def person(name: str, **fields: Any) -> User:
    return User.objects.create_user(f"{name}@example.org", **fields)


def member(firm: Organisation) -> User:
    user = person("member")
    Membership.objects.create(organisation=firm, user=user)
    return user


def trail(*actions: str) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    rows = AuditEntry.objects.filter(action__startswith="card_").order_by("pk")
    return [(row.action, row.before, row.after) for row in rows if not actions or row.action in actions]


def test_a_card_is_kept_in_capitals_and_audited(garage: Installation, owner: User) -> None:
    card = add_card(owner=garage, actor=owner, id_tag=" ab1 ", holder=" Ann ", parent_id_tag="staff", reason="new")
    assert (card.id_tag, card.holder, card.parent_id_tag, card.version) == ("AB1", "Ann", "STAFF", 1)
    entry = AuditEntry.objects.get(action="card_added")
    assert (entry.installation_id, entry.object_id, entry.reason) == (garage.pk, str(card.pk), "new")
    assert entry.after["id_tag"] == "AB1"


def test_every_fault_is_told_at_once(garage: Installation, owner: User) -> None:
    with pytest.raises(Invalid) as refusal:
        add_card(owner=garage, actor=owner, id_tag="", holder="x" * 101, label="a\nb", parent_id_tag="ü")
    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [
        ("/id_tag", "id_tag"),
        ("/parent_id_tag", "id_tag"),
        ("/holder", "too_long"),
        ("/label", "not_one_line"),
    ]
    assert not IdTag.objects.exists()


def test_a_tag_is_listed_once_per_owner_in_any_capitalisation(
    garage: Installation, firm: Organisation, owner: User
) -> None:
    add_card(owner=garage, actor=owner, id_tag="ab1")
    add_card(owner=firm, actor=owner, id_tag="ab1")
    with pytest.raises(Invalid) as refusal:
        add_card(owner=garage, actor=owner, id_tag="AB1")
    assert refusal.value.faults[0].code == "already_here"
    other = add_card(owner=garage, actor=owner, id_tag="AB2")
    with pytest.raises(Invalid):
        update_card(card=other, actor=owner, changes={"id_tag": "ab1"})


def test_a_change_counts_up_and_tells_before_and_after(garage: Installation, owner: User) -> None:
    card = add_card(owner=garage, actor=owner, id_tag="AB1", holder="Ann")
    update_card(card=card, actor=owner, changes={"blocked": True, "holder": "Ann"}, expected_version=1)
    update_card(card=card, actor=owner, changes={"blocked": True})
    card.refresh_from_db()
    assert (card.blocked, card.version) == (True, 2)
    assert trail("card_changed") == [("card_changed", {"blocked": False}, {"blocked": True})]
    with pytest.raises(Stale) as refusal:
        update_card(card=card, actor=owner, changes={"holder": "Bo"}, expected_version=1)
    assert refusal.value.current == 2


def test_a_deleted_card_leaves_its_trail(garage: Installation, owner: User) -> None:
    delete_card(card=add_card(owner=garage, actor=owner, id_tag="AB1", holder="Ann"), actor=owner)
    assert not IdTag.objects.exists()
    assert trail("card_deleted")[0][1]["holder"] == "Ann"


def test_a_card_that_somebody_else_deleted_is_gone_and_not_a_failure(garage: Installation, owner: User) -> None:
    card = add_card(owner=garage, actor=owner, id_tag="AB1")
    again = IdTag.objects.select_related("installation").get(pk=card.pk)
    delete_card(card=card, actor=owner)
    for late in (
        lambda: delete_card(card=again, actor=owner),
        lambda: update_card(card=again, actor=owner, changes={"blocked": True}),
    ):
        with pytest.raises(Conflict) as refusal:
            late()
        assert refusal.value.code == "gone"
    assert [action for action, _before, _after in trail()] == ["card_added", "card_deleted"]


def test_an_installation_takes_its_cards_with_it(garage: Installation, owner: User) -> None:
    add_card(owner=garage, actor=owner, id_tag="AB1")
    garage.rollouts.all().delete()
    delete_installation(installation=garage, actor=owner)
    assert not IdTag.objects.exists()


# Who sees and changes.


def test_members_change_their_organisations_cards_and_nobody_else(garage: Installation, firm: Organisation) -> None:
    add_card(owner=firm, actor=member(firm), id_tag="FIRM")
    user, staff = User.objects.get(email="member@example.org"), person("staff", is_staff=True)
    service, stranger = person("service"), person("stranger")
    Grant.objects.create(installation=garage, role="service", user=service)
    for seeing in (user, staff, service):
        assert [card.id_tag for card in list_cards(seeing)] == ["FIRM"]
    assert not list_cards(stranger).exists()
    require_cards(user, firm)
    require_cards(staff, firm)
    require_cards(service, garage)
    assert AuditEntry.objects.filter(action="staff_access", object_type="organisation").count() == 1
    with pytest.raises(Forbidden) as refusal:
        require_cards(service, firm)
    assert refusal.value.code == "membership_missing"
    assert owners_at(service, garage) == [garage]
    assert owners_at(user, garage) == [garage, firm]


def test_a_viewer_changes_nothing(garage: Installation) -> None:
    viewer = person("viewer")
    Grant.objects.create(installation=garage, role="viewer", user=viewer)
    with pytest.raises(Missing):
        require_cards(viewer, garage)
    assert owners_at(viewer, garage) == []


def test_a_token_for_one_installation_opens_no_organisation(garage: Installation, firm: Organisation) -> None:
    user = member(firm)
    scopes = [scope.value for scope in Scope]
    narrow = Actor(user, ApiToken(name="t", scopes=scopes, installation_ids=[garage.pk]))
    require_cards(narrow, garage)
    with pytest.raises(Forbidden) as refusal:
        require_cards(narrow, firm)
    assert refusal.value.code == "token_limited"
    reading = Actor(user, ApiToken(name="t", scopes=["read"]))
    with pytest.raises(Forbidden) as refusal:
        require_cards(reading, firm)
    assert refusal.value.extra == {"missing_scope": "cards:write"}
    require_cards(reading, firm, Action.VIEW)


def test_search_and_place(garage: Installation, firm: Organisation, owner: User) -> None:
    elsewhere = create_installation(actor=owner, name="Elsewhere")
    add_card(owner=garage, actor=owner, id_tag="04AA", holder="Ann Meier", parent_id_tag="STAFF")
    add_card(owner=firm, actor=owner, id_tag="04BB", label="Pool car")
    add_card(owner=elsewhere, actor=owner, id_tag="77")

    def found(search: str) -> list[str]:
        return [card.id_tag for card in list_cards(owner, search=search)]

    assert (found("04"), found("meier"), found("pool"), found("staff")) == (
        ["04AA", "04BB"],
        ["04AA"],
        ["04BB"],
        ["04AA"],
    )
    assert [card.id_tag for card in at_installation(list_cards(owner), garage.pk)] == ["04AA", "04BB"]
    assert [card.id_tag for card in at_installation(list_cards(owner), elsewhere.pk)] == ["77"]


# Import.

FILE = "id_tag,holder,blocked\nnew1,Ann,no\nknown,Bo,yes\nsame,Cy,no\n"


def lines(text: str = FILE) -> list[CardLine]:
    return read_cards(text, zone=UTC)


def effects(report: Report) -> list[Effect]:
    return [outcome.effect for outcome in report.outcomes]


@pytest.fixture
def listed(garage: Installation, owner: User) -> None:
    ends = datetime(2030, 1, 1, tzinfo=UTC)
    add_card(owner=garage, actor=owner, id_tag="KNOWN", holder="Old", expires_at=ends)
    add_card(owner=garage, actor=owner, id_tag="SAME", holder="Cy")


def test_a_preview_says_what_would_be_done_and_does_nothing(garage: Installation, listed: None) -> None:
    report = preview_import(owner=garage, lines=lines())
    assert effects(report) == [Effect.ADD, Effect.CHANGE, Effect.NOTHING]
    assert report.outcomes[1].changed == ("holder", "blocked")
    assert not report.applied
    assert sorted(IdTag.objects.values_list("id_tag", "holder")) == [("KNOWN", "Old"), ("SAME", "Cy")]


def test_an_import_adds_and_changes_and_keeps_what_the_file_leaves_out(
    garage: Installation, owner: User, listed: None
) -> None:
    report = import_cards(owner=garage, lines=lines(), actor=owner, reason="list of May")
    assert report.applied
    known = IdTag.objects.get(id_tag="KNOWN")
    assert (known.holder, known.blocked, known.version) == ("Bo", True, 2)
    assert known.expires_at == datetime(2030, 1, 1, tzinfo=UTC)
    assert IdTag.objects.get(id_tag="SAME").version == 1
    added, changed = trail()[-2:]
    assert (added[0], added[2]["id_tag"]) == ("card_added", "NEW1")
    assert changed == ("card_changed", {"holder": "Old", "blocked": False}, {"holder": "Bo", "blocked": True})
    assert AuditEntry.objects.filter(reason="list of May", installation_id=garage.pk).count() == 2
    again = import_cards(owner=garage, lines=lines(), actor=owner)
    assert set(effects(again)) == {Effect.NOTHING}
    assert len(trail()) == 4


@pytest.mark.parametrize(("partial", "kept"), [(False, set()), (True, {"GOOD", "GOOD2"})])
def test_all_or_the_good_ones_never_half(garage: Installation, owner: User, partial: bool, kept: set[str]) -> None:
    text = "id_tag,blocked\nGOOD,no\nBAD,maybe\ngood,yes\nGOOD2,\n"
    report = import_cards(owner=garage, lines=lines(text), actor=owner, partial=partial)
    assert report.applied is partial
    assert effects(report) == [Effect.ADD, Effect.REFUSED, Effect.REFUSED, Effect.ADD]
    assert [fault.code for outcome in report.outcomes for fault in outcome.faults] == ["flag", "repeated"]
    assert set(IdTag.objects.values_list("id_tag", flat=True)) == kept


def test_an_organisation_imports_beside_the_installation(
    garage: Installation, firm: Organisation, owner: User, listed: None
) -> None:
    import_cards(owner=firm, lines=lines(), actor=owner)
    assert firm.id_tags.count() == 3
    assert garage.id_tags.get(id_tag="KNOWN").holder == "Old"
    assert trail()[-1][2]["organisation"] == "Firm"


def test_a_long_file_costs_few_queries(garage: Installation, firm: Organisation, owner: User) -> None:
    for place in (garage, firm):
        text = "id_tag,holder\n" + "".join(f"T{number},H\n" for number in range(1000))
        for changed in (text, text.replace(",H", ",I")):
            with CaptureQueriesContext(connection) as queries:
                import_cards(owner=place, lines=lines(changed), actor=owner)
            assert len(queries) <= 14


def test_items_are_judged_like_rows() -> None:
    values = as_values({"id_tag": "a", "holder": " x ", "reason": "no field"})
    assert values == {"id_tag": "A", "holder": "x"}
    assert not list(card_faults(values))
