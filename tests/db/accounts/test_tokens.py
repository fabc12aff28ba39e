"""Tokens: shown once, narrowed, with an end; and the command that makes one."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.actor import Actor
from accounts.forms import SCOPE_LABELS
from accounts.models import ApiToken, AuditEntry, User
from accounts.permissions import Scope
from accounts.refusals import Invalid
from accounts.tokens import find_actor, issue_token, list_tokens, revoke_token

pytestmark = pytest.mark.django_db


def person() -> User:
    return User.objects.create_user("a@example.org")


def issue(user: User, **fields: Any) -> tuple[ApiToken, str]:
    options = {"name": "n", "scopes": ["read"], "expires_at": timezone.now() + timedelta(days=1), **fields}
    return issue_token(user=user, **options)


def test_a_token_opens_for_its_person_and_is_kept_only_as_a_digest() -> None:
    token, text = issue(person())
    actor = find_actor(text)
    assert actor is not None
    assert actor.token == token
    assert text.startswith(token.prefix)
    assert len(text) >= 43
    row = ApiToken.objects.values().get()
    assert text not in str(row)
    assert text.encode() not in bytes(row["digest"])
    assert text not in str(AuditEntry.objects.values())


def test_two_tokens_differ() -> None:
    user = person()
    assert issue(user)[1] != issue(user)[1]


def test_an_expired_a_revoked_and_an_unknown_token_open_nothing() -> None:
    user = person()
    token, text = issue(user)
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    assert find_actor(text) is None
    token, text = issue(user)
    revoke_token(token=token, actor=user)
    assert find_actor(text) is None
    assert find_actor(text + "x") is None
    assert find_actor("\ud800") is None
    assert AuditEntry.objects.filter(action="token_revoked").count() == 1


def test_the_last_use_is_noted_once_a_minute() -> None:
    _token, text = issue(person())
    assert find_actor(text)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    assert find_actor(text)
    assert ApiToken.objects.get().last_used_at == first


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["root"]}, "/scopes"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "/expires_at"),
        ({"expires_at": timezone.now() + timedelta(days=400)}, "/expires_at"),
    ],
)
def test_a_token_has_known_scopes_and_an_end(fields: Any, pointer: str) -> None:
    with pytest.raises(Invalid) as refusal:
        issue(person(), **fields)
    assert refusal.value.pointer == pointer


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"scopes": ["read", "access:write"]}, "/scopes"),
        ({"expires_at": timezone.now() + timedelta(days=2)}, "/expires_at"),
        ({"installation_ids": None}, "/installations"),
        ({"installation_ids": [1, 3]}, "/installations"),
    ],
)
def test_a_token_makes_none_that_is_wider(fields: Any, pointer: str) -> None:
    user = person()
    token, _text = issue(user, scopes=["read", "tokens:write"], installation_ids=[1, 2])
    options = {"installation_ids": [1], "expires_at": timezone.now() + timedelta(hours=1), **fields}
    with pytest.raises(Invalid) as refusal:
        issue(user, actor=Actor(user, token), **options)
    assert refusal.value.pointer == pointer
    assert issue(user, actor=Actor(user, token), **{**options, "scopes": ["read"], "installation_ids": [2],
                 "expires_at": timezone.now() + timedelta(hours=1)})  # fmt: skip


def test_a_person_lists_own_tokens_that_stand() -> None:
    user = person()
    kept, gone = issue(user)[0], issue(user)[0]
    issue(User.objects.create_user("b@example.org"))
    revoke_token(token=gone, actor=user)
    assert list(list_tokens(user)) == [kept]


def test_the_command_prints_the_token_alone() -> None:
    person()
    out = StringIO()
    call_command("create_token", "A@example.org", scopes="read,chargers:write", installations="4,5", days=3, stdout=out)
    actor = find_actor(out.getvalue().strip())
    assert actor is not None
    assert actor.token is not None
    assert actor.token.scopes == ["chargers:write", "read"]
    assert actor.installation_ids == [4, 5]


@pytest.mark.parametrize(
    ("email", "options"),
    [("x@example.org", {}), ("a@example.org", {"scopes": "x"}), ("a@example.org", {"installations": "x"})],
)
def test_the_command_says_what_is_wrong(email: str, options: dict[str, str]) -> None:
    person()
    with pytest.raises(CommandError):
        call_command("create_token", email, **options)


def test_every_scope_has_words_on_the_page() -> None:
    assert set(SCOPE_LABELS) == set(Scope)
