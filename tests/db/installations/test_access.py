"""visible() and require(): grants by person and organisation, expiry, tokens, staff."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import ApiToken, AuditEntry, Membership, Organisation, User
from accounts.permissions import ROLES, Action, Role
from accounts.refusals import Forbidden
from chargers.models import Charger, Delivery
from installations.access import Missing, may, require, roles_on, visible
from installations.models import Circuit, Grant, Installation

pytestmark = pytest.mark.django_db


def site(name: str = "Garage") -> Installation:
    return Installation.objects.create(name=name)


def person(name: str = "a", **fields: Any) -> User:
    return User.objects.create_user(f"{name}@example.org", **fields)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("action", list(Action))
def test_visible_require_and_may_say_the_same(role: Role, action: Action) -> None:
    garage, user = site(), person()
    site("Foreign")
    Grant.objects.create(installation=garage, role=role, user=user)
    allowed = role in ROLES[action]
    assert list(visible(Installation.objects.all(), user, action)) == ([garage] if allowed else [])
    assert may(user, garage, action) is allowed
    if allowed:
        require(user, garage, action)
    else:
        with pytest.raises(Missing) as refusal:
            require(user, garage, action)
        assert set(refusal.value.roles) == ROLES[action]


def test_an_organisation_carries_its_members_while_they_are_members() -> None:
    garage, user, firm = site(), person(), Organisation.objects.create(name="Firm")
    Grant.objects.create(installation=garage, role=Role.SERVICE, organisation=firm)
    assert not visible(Installation.objects.all(), user).exists()
    membership = Membership.objects.create(organisation=firm, user=user)
    assert roles_on(user, garage) == {Role.SERVICE}
    membership.delete()
    assert roles_on(user, garage) == frozenset()


def test_two_grants_show_an_installation_once() -> None:
    garage, user = site(), person()
    for role in (Role.OWNER, Role.SERVICE):
        Grant.objects.create(installation=garage, role=role, user=user)
    assert list(visible(Installation.objects.all(), user)) == [garage]


@pytest.mark.parametrize(("seconds", "seen"), [(-1, False), (60, True)])
def test_a_grant_ends_when_it_says(seconds: int, seen: bool) -> None:
    garage, user = site(), person()
    ends = timezone.now() + timedelta(seconds=seconds)
    Grant.objects.create(installation=garage, role=Role.OWNER, user=user, expires_at=ends)
    assert visible(Installation.objects.all(), user).exists() is seen


def test_a_deactivated_person_sees_nothing() -> None:
    garage, user = site(), person(is_active=False)
    Grant.objects.create(installation=garage, role=Role.OWNER, user=user)
    assert not visible(Installation.objects.all(), user).exists()
    assert not may(user, garage, Action.VIEW)
    with pytest.raises(Missing):
        require(user, garage, Action.VIEW)


def test_what_hangs_on_an_installation_is_seen_with_it() -> None:
    garage, user, foreign = site(), person(), site("Foreign")
    Grant.objects.create(installation=garage, role=Role.VIEWER, user=user)
    for place in (garage, foreign):
        Circuit.objects.create(installation=place, name="A", max_current=16)
        Charger.objects.create(installation=place, device_id=f"C{place.pk}")
    assert [row.installation for row in visible(Circuit.objects.all(), user)] == [garage]
    assert [row.installation for row in visible(Charger.objects.all(), user)] == [garage]
    assert not visible(Delivery.objects.all(), user, through="rollout__installation").exists()


def test_a_token_narrows_to_scopes_and_installations() -> None:
    garage, other, user = site(), site("Other"), person()
    for place in (garage, other):
        Grant.objects.create(installation=place, role=Role.SERVICE, user=user)
    actor = Actor(user, ApiToken(name="t", scopes=["read"], installation_ids=[other.pk]))
    assert list(visible(Installation.objects.all(), actor)) == [other]
    assert not visible(Installation.objects.all(), actor, Action.SET_AUTHENTICATION).exists()
    assert not may(actor, garage, Action.VIEW)
    with pytest.raises(Forbidden) as refusal:
        require(actor, other, Action.SET_AUTHENTICATION)
    assert refusal.value.extra == {"missing_scope": "authentication:write"}


def test_staff_need_no_grant_and_leave_one_trace_an_hour() -> None:
    garage, user = site(), person(is_staff=True)
    assert list(visible(Installation.objects.all(), user)) == [garage]
    for _visit in range(3):
        require(user, garage, Action.SET_AUTHENTICATION)
    assert AuditEntry.objects.filter(action="staff_access", installation_id=garage.pk).count() == 1
    Grant.objects.create(installation=garage, role=Role.OWNER, user=user)
    require(user, garage, Action.GRANT_ACCESS)
    assert AuditEntry.objects.filter(action="staff_access").count() == 1
