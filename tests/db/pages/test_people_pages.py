"""Organisations for their admins, people for platform staff, and invitations for who is new."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, Invitation, Membership, Organisation, User
from tests.db.pages.scene import client_of
from tests.db.pages.test_signing_in import PASSWORD, is_in, shift, sign_in

pytestmark = pytest.mark.django_db

NEW = "a-quite-other-phrase-7"


@pytest.fixture
def firm(people: dict[str, User]) -> Organisation:
    firm = Organisation.objects.create(name="Installers")
    Membership.objects.create(organisation=firm, user=people["service"], is_admin=True)
    Membership.objects.create(organisation=firm, user=people["viewer"])
    return firm


@pytest.fixture
def staff() -> User:
    return User.objects.create_user("staff@example.org", PASSWORD, is_staff=True)


def code_in(text: str) -> str:
    found = re.search(r'data-copy="http://testserver/sign-in/invitation/#([\w-]{32})"', text)
    assert found is not None
    return found[1]


def test_only_admins_and_staff_lead_an_organisation(firm: Organisation, people: dict[str, User], staff: User) -> None:
    address = reverse("organisation", args=[firm.pk])
    seat = Membership.objects.get(user=people["viewer"])
    member = reverse("member", args=[firm.pk, seat.pk])
    for role, status in (("service", 200), ("viewer", 403), ("owner", 404), ("stranger", 404)):
        client = client_of(people[role])
        assert client.get(address).status_code == status, role
        if status != 200:
            assert client.post(address, {"email": "new@example.org"}).status_code == status
            assert client.post(member, {"step": "remove"}).status_code == status
        assert client.get(reverse("people")).status_code == 403
        assert client.get(reverse("person", args=[staff.pk])).status_code == 403
        assert client.post(reverse("person", args=[staff.pk]), {"step": "code"}).status_code == 403
        assert client.post(reverse("organisations"), {"name": "Mine"}).status_code == 403
    assert client_of(staff).get(address).status_code == 200
    assert client_of(people["service"]).post(reverse("member", args=[firm.pk, 9_999_999]), {}).status_code == 404
    assert Membership.objects.count() == 2
    assert not Invitation.objects.exists()
    assert address in client_of(people["service"]).get(reverse("organisations")).content.decode()
    assert address not in client_of(people["viewer"]).get(reverse("organisations")).content.decode()
    for name in ("organisations", "people"):
        assert Client().get(reverse(name)).status_code == 302


def test_an_admin_adds_somebody_new_who_sets_their_own_password(firm: Organisation, people: dict[str, User]) -> None:
    admin, address = client_of(people["service"]), reverse("organisation", args=[firm.pk])
    known = admin.post(address, {"email": people["owner"].email.upper()})
    assert known.status_code == 302, "an account that stands gets no code: that would take it over"
    assert not Invitation.objects.exists()
    again = admin.post(address, {"email": people["owner"].email})
    assert (again.status_code, "is a member already" in again.content.decode()) == (422, True)
    answer = admin.post(address, {"email": "new@example.org", "name": "Nia", "is_admin": "on"})
    code = code_in(answer.content.decode())
    assert code not in admin.get(address).content.decode()
    assert code not in str(list(Invitation.objects.values())) + str(list(AuditEntry.objects.values()))

    guest, form = Client(), {"code": code, "new": NEW, "again": NEW}
    assert guest.get(reverse("invitation")).status_code == 200
    assert guest.post(reverse("invitation"), {**form, "code": "x" * 32}).status_code == 422
    similar = guest.post(reverse("invitation"), {**form, "new": "new@example.org", "again": "new@example.org"})
    assert (similar.status_code, "too similar" in similar.content.decode()) == (422, True)
    assert guest.post(reverse("invitation"), form)["Location"] == reverse("sign_in")
    assert guest.post(reverse("invitation"), form).status_code == 422, "counts once"
    assert sign_in(guest, NEW, "new@example.org") == 302
    assert guest.get(address).status_code == 200
    late = admin.post(address, {"email": "late@example.org"})
    Invitation.objects.update(expires_at="2020-01-01T00:00Z")
    assert guest.post(reverse("invitation"), {**form, "code": code_in(late.content.decode())}).status_code == 422


def test_members_are_made_admins_and_removed_but_never_the_last_admin(
    firm: Organisation, people: dict[str, User], staff: User
) -> None:
    admin = client_of(people["service"])
    mine, other = (Membership.objects.get(user=people[role]) for role in ("service", "viewer"))
    here = reverse("member", args=[firm.pk, mine.pk])
    for step in ("plain", "remove"):
        assert "This is the last admin" in admin.post(here, {"step": step}, follow=True).content.decode()
    admin.post(reverse("member", args=[firm.pk, other.pk]), {"step": "admin"})
    assert admin.post(here, {"step": "plain"})["Location"] == reverse("organisations")
    assert client_of(people["viewer"]).post(here, {"step": "remove"}).status_code == 302
    assert not Membership.objects.filter(user=people["service"]).exists()
    client_of(staff).post(reverse("member", args=[firm.pk, other.pk]), {"step": "remove"})
    assert not Membership.objects.exists(), "staff may leave it empty"
    told = AuditEntry.objects.filter(object_type="organisation").order_by("pk").values_list("action", "before__user")
    assert list(told) == [
        ("member_changed", "viewer@example.org"),
        ("member_changed", "service@example.org"),
        ("member_removed", "service@example.org"),
        ("member_removed", "viewer@example.org"),
    ]


def test_staff_take_people_in_shut_them_out_and_help_them(people: dict[str, User], staff: User) -> None:
    client = client_of(staff)
    answer = client.post(reverse("people"), {"email": "New@example.org", "name": "Nia"})
    code_in(answer.content.decode())
    taken = client.post(reverse("people"), {"email": "new@example.org"})
    assert (taken.status_code, "is here already" in taken.content.decode()) == (422, True)
    owner, out = people["owner"], client_of(people["owner"])
    address = reverse("person", args=[owner.pk])
    assert client.get(address).status_code == 200
    client.post(address, {"step": "save", "name": "Olivia", "is_staff": ""})
    owner.refresh_from_db()
    assert (owner.name, owner.is_active) == ("Olivia", False)
    assert not is_in(out)
    assert sign_in(Client()) == 200
    client.post(address, {"step": "save", "name": "Olivia", "is_active": "on"})
    code = code_in(client.post(address, {"step": "code"}).content.decode())
    assert Client().post(reverse("invitation"), {"code": code, "new": NEW, "again": NEW}).status_code == 302
    assert (sign_in(Client(), PASSWORD), sign_in(Client(), NEW)) == (200, 302)
    own = client.post(reverse("person", args=[staff.pk]), {"step": "save", "name": "", "is_active": "on"})
    assert (own.status_code, "cannot shut yourself out" in own.content.decode()) == (422, True)
    changed = AuditEntry.objects.filter(action="person_changed").order_by("pk").first()
    assert changed is not None
    assert (changed.actor, changed.before, changed.after) == (
        staff, {"name": "", "active": True}, {"name": "Olivia", "active": False},
    )  # fmt: skip
    shift(client, proved_at=300)
    assert client.post(address, {"step": "code"})["Location"].startswith(reverse("prove"))


def test_the_lists_cost_the_same_queries_for_more_rows(
    firm: Organisation, people: dict[str, User], staff: User
) -> None:
    def cost(client: Client, address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    leader, boss = client_of(people["service"]), client_of(staff)
    addresses = [
        (boss, reverse("people") + "?q=example"),
        (leader, reverse("organisation", args=[firm.pk])),
        (boss, reverse("organisations")),
    ]
    few = [cost(*one) for one in addresses]
    for number in range(60):
        person = User.objects.create_user(f"p{number:02}@example.org")
        Membership.objects.create(organisation=firm, user=person)
        Organisation.objects.create(name=f"Firm {number}")
    assert [cost(*one) for one in addresses] == few
    first = boss.get(reverse("people")).context["page"]
    second = boss.get(reverse("people"), {"cursor": first.next}).context["page"]
    assert len({*first.rows, *second.rows}) == User.objects.count()
