"""An actor is a person, narrowed or not."""

from accounts.actor import Actor
from accounts.models import ApiToken, User
from accounts.permissions import Scope


def test_a_person_on_a_page_is_not_narrowed() -> None:
    actor = Actor.of(User(email="a@example.org"))
    assert all(actor.has_scope(scope) for scope in Scope)
    assert actor.installation_ids is None
    assert actor.label == "a@example.org"


def test_a_token_narrows_and_is_named() -> None:
    token = ApiToken(name="fleet", scopes=["read"], installation_ids=[3])
    actor = Actor(User(email="a@example.org"), token)
    assert actor.has_scope(Scope.READ)
    assert not actor.has_scope(Scope.CHARGERS)
    assert actor.installation_ids == [3]
    assert actor.label == "a@example.org (fleet)"
    assert Actor.of(actor) is actor
