"""Signing in is limited; a session ends by itself, from elsewhere and with a new password; what can hurt asks anew."""

import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.guesses import PER_ACCOUNT
from accounts.models import AuditEntry, BrowserSession, User
from accounts.tasks import tidy
from installations.models import AuthenticationRevision, Grant, Installation
from tests.db.pages.scene import client_of

pytestmark = pytest.mark.django_db

PASSWORD, NEW = "a-password-for-tests", "a-quite-other-phrase-7"


def sign_in(client: Client, password: str = PASSWORD, email: str = "owner@example.org") -> int:
    return client.post("/sign-in/", {"username": email, "password": password}).status_code


def is_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def shift(client: Client, **seconds: int) -> None:
    """As if what the session remembers had been so many seconds earlier."""
    session = client.session
    for name, value in seconds.items():
        session[name] -= value
    session.save()


@pytest.fixture
def owner(people: dict[str, User]) -> User:
    return people["owner"]


def test_guesses_are_limited_per_account_and_a_right_one_begins_anew(owner: User) -> None:
    client = Client(headers={"Accept-Language": "en"})
    for _ in range(PER_ACCOUNT - 1):
        assert sign_in(client, "wrong") == 200
    assert sign_in(client) == 302
    for _ in range(PER_ACCOUNT):
        assert sign_in(Client(), "wrong", "OWNER@example.org ") == 200
    answer = Client().post("/sign-in/", {"username": "owner@example.org", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= 900
    assert "Too many attempts. Wait 15 minutes, then try again." in answer.content.decode()
    assert 'value="owner@example.org"' in answer.content.decode()
    assert is_in(client), "who is in stays in"


def test_guesses_are_limited_per_address_over_all_accounts(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.guesses.PER_ADDRESS", 3)
    for number in range(3):
        assert sign_in(Client(), "wrong", f"nobody{number}@example.org") == 200
    assert sign_in(Client()) == 429
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert sign_in(elsewhere) == 302


@pytest.mark.parametrize(
    ("past", "still_in"),
    [
        ({"seen_at": 29 * 60}, True),
        ({"seen_at": 31 * 60}, False),
        ({"signed_in_at": 11 * 3600}, True),
        ({"signed_in_at": 12 * 3600 + 1}, False),
    ],
)
def test_a_session_ends_when_it_is_left_alone_or_has_lasted_long(
    owner: User, past: dict[str, int], still_in: bool
) -> None:
    client = client_of(owner)
    shift(client, **past)
    assert is_in(client) is still_in
    assert BrowserSession.objects.filter(user=owner).exists() is still_in
    if still_in:
        assert time.time() - client.session["seen_at"] < 60
    else:
        assert sign_in(client) == 302
        assert is_in(client)


def test_a_page_that_asks_by_itself_keeps_no_session_open(owner: User, site: Installation) -> None:
    client = client_of(owner)
    shift(client, seen_at=29 * 60)
    before = client.session["seen_at"]
    assert client.get(reverse("account"), headers={"X-Poll": "1"}).status_code == 200
    assert client.session["seen_at"] == before


def test_a_person_sees_where_they_are_signed_in_and_signs_out_there(owner: User, people: dict[str, User]) -> None:
    here, phone, desk = client_of(owner), Client(headers={"User-Agent": "X (iPhone) Safari/1"}), client_of(owner)
    stranger = client_of(people["stranger"])
    assert sign_in(phone) == 302
    shown = here.get(reverse("security")).content.decode()
    assert "Safari, iPhone" in shown
    assert shown.count("Sign out there</button>") == 2
    there = BrowserSession.objects.get(session_key=phone.session.session_key)
    assert stranger.post(reverse("session_end", args=[there.pk])).status_code == 404
    assert here.post(reverse("session_end", args=[there.pk])).status_code == 302
    assert (is_in(phone), is_in(desk), is_in(here)) == (False, True, True)
    assert here.post(reverse("sessions_end")).status_code == 302
    assert (is_in(desk), is_in(here), is_in(stranger)) == (False, True, True)
    assert AuditEntry.objects.filter(action="sessions_ended", actor=owner).count() == 2
    assert here.post(reverse("sign_out"))["Location"] == reverse("sign_in"), "and nothing waits to be sent again"
    assert not BrowserSession.objects.filter(user=owner).exists()


def test_a_new_password_follows_the_rules_and_ends_the_other_sessions(owner: User) -> None:
    here, there = client_of(owner), client_of(owner)
    form = {"current": PASSWORD, "new": NEW, "again": NEW}
    for change, word in (
        ({"current": "wrong"}, "This is not your password"),
        ({"again": "other"}, "The two new passwords differ"),
        ({"new": "short", "again": "short"}, "at least 12 characters"),
        ({"new": "owner@example.org", "again": "owner@example.org"}, "too similar"),
    ):
        answer = here.post(reverse("security"), {**form, **change})
        assert answer.status_code == 422
        assert word in answer.content.decode()
        assert not any(value in answer.content.decode() for value in (PASSWORD, NEW))
    assert here.post(reverse("security"), form).status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)
    assert here.get(reverse("security")).content.decode().count("this one") == 1
    assert sign_in(Client(), PASSWORD) == 200
    assert sign_in(Client(), NEW) == 302
    entry = AuditEntry.objects.get(action="password_changed")
    assert (entry.actor, entry.before, entry.after) == (owner, {}, {})


def test_what_can_hurt_asks_who_it_is_when_the_last_proof_is_old(site: Installation, people: dict[str, User]) -> None:
    client, access = client_of(people["owner"]), reverse("installation_access", args=[site.pk])
    grant = {"email": "stranger@example.org", "role": "viewer", "who": "user"}
    shift(client, proved_at=5 * 60)
    asked = client.post(access, grant, headers={"Referer": f"http://testserver{access}"})
    assert asked["Location"] == f"{reverse('prove')}?next={access.replace('/', '%2F')}"
    assert client.post(access, grant, headers={"HX-Request": "true"})["X-Prove"] == "1"
    assert not Grant.objects.filter(user=people["stranger"]).exists()
    wrong = client.post(reverse("prove"), {"password": "wrong", "next": access})
    assert (wrong.status_code, "This is not your password" in wrong.content.decode()) == (422, True)
    assert client.post(access, grant).status_code == 302, "a wrong one proves nothing"
    assert not Grant.objects.filter(user=people["stranger"]).exists()
    right = client.post(reverse("prove"), {"password": PASSWORD, "next": access})
    assert right["Location"] == access
    client.post(access, grant)
    shift(client, proved_at=5 * 60)
    away = client.post(reverse("prove"), {"password": PASSWORD, "next": "https://evil.example/"})
    assert away["Location"] == reverse("installations")
    shift(client, proved_at=5 * 60)
    part = client.post(reverse("prove"), {"password": PASSWORD}, headers={"HX-Request": "true"})
    assert (part.status_code, part["X-Fresh-Seconds"]) == (204, "300")
    shift(client, proved_at=5 * 60)
    settings_page = reverse("installation_authentication", args=[site.pk])
    assert client.post(settings_page, {"step": "preview"}).status_code in {200, 422}
    assert client.post(settings_page, {"step": "save"}).status_code == 302
    assert client.post(reverse("account"), {"name": "t"}).status_code == 302
    assert AuthenticationRevision.objects.filter(installation=site).count() == 1


def test_what_has_ended_is_forgotten(owner: User) -> None:
    here, left, old = client_of(owner), client_of(owner), client_of(owner)
    keys = [client.session.session_key for client in (here, left, old)]
    BrowserSession.objects.filter(session_key=keys[1]).update(seen_at=timezone.now() - timedelta(minutes=31))
    Session.objects.filter(session_key=keys[2]).update(expire_date=timezone.now() - timedelta(seconds=1))
    tidy()
    assert list(Session.objects.values_list("session_key", flat=True)) == [keys[0]]
    assert (is_in(here), is_in(left), is_in(old)) == (True, False, False)
