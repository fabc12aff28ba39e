"""A form sent after the sign-in had ended: nothing that was typed is lost, saved or shown to anybody else."""

import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.models import Session
from django.forms import PasswordInput
from django.forms.forms import BaseForm
from django.test import Client

from accounts.models import User
from accounts.sessions import PROVED_AT
from accounts.typed import SESSION_KEY, is_secret, typed_into
from installations.models import Installation

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[3]
SECRET = "Sesame0Sesame0Sesame"
TYPED = {
    "mode": "ocpp_direct", "server_url": 'wss://typed.example/{deviceId}"<', "initial_device_password": SECRET,
    "note": "Spring\nclean", "expected_number": "1", "authorization_required": "on", "step": "save",
}  # fmt: skip


class Browser:
    """One browser with real forms: each is sent with the token of the page it stands on."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)

    @property
    def token(self) -> str:
        return self.client.cookies["csrftoken"].value

    def sign_in(self, person: User, path: str = "/account/") -> Any:
        self.client.get(f"/sign-in/?next={path}")
        answer = self.send("/sign-in/", {"username": person.email, "password": "a-password-for-tests", "next": path})
        assert answer.status_code == 302, answer.content.decode()
        return self.client.get(answer["Location"])

    def send(self, path: str, fields: Mapping[str, Any], token: str = "", **headers: str) -> Any:
        values = {**fields, "csrfmiddlewaretoken": token or self.token}
        return self.client.post(path, values, headers={"Referer": f"http://testserver{path}?tab=2", **headers})

    def end_session(self) -> None:
        Session.objects.all().delete()


@pytest.fixture
def browser() -> Browser:
    return Browser()


def settings_of(site: Installation) -> str:
    return f"/installations/{site.pk}/authentication/"


def test_the_form_comes_back_as_it_was_typed_unsent_and_without_its_password(
    browser: Browser, people: dict[str, User], site: Installation
) -> None:
    browser.sign_in(people["owner"])
    browser.end_session()
    answer = browser.send(settings_of(site), TYPED)
    assert answer["Location"] == "/sign-in/?" + urlencode({"next": f"{settings_of(site)}?tab=2"})
    waiting = browser.client.get(answer["Location"]).content.decode()
    assert "Nothing was saved, and nothing that you typed is lost" in waiting
    assert "typed.example" not in waiting
    shown = browser.sign_in(people["owner"], f"{settings_of(site)}?tab=2").content.decode()
    assert 'data-name="server_url"' in shown
    assert "wss://typed.example/{deviceId}&quot;&lt;</textarea>" in shown
    assert re.search(r'data-name="expected_number"[^>]*>\s*1</textarea>', shown)
    assert "type them again" in shown
    assert SECRET not in shown
    site.refresh_from_db()
    assert site.revision is not None
    assert site.revision.number == 1
    assert 'id="kept"' not in browser.client.get(settings_of(site)).content.decode()


def test_nothing_of_the_first_person_shows_to_another_who_signs_in(
    browser: Browser, people: dict[str, User], site: Installation
) -> None:
    browser.sign_in(people["owner"])
    browser.end_session()
    browser.send(settings_of(site), TYPED)
    shown = browser.sign_in(people["service"], settings_of(site)).content.decode()
    assert 'id="kept"' not in shown
    assert "typed.example" not in shown
    assert SESSION_KEY not in browser.client.session


def test_a_form_from_before_the_last_sign_in_comes_back_to_its_person_only(
    browser: Browser, people: dict[str, User], site: Installation
) -> None:
    """Signed in anew in another window: the page's token does not fit any more."""
    browser.sign_in(people["owner"])
    old = browser.token
    browser.end_session()
    browser.sign_in(people["owner"])
    assert browser.token != old
    answer = browser.send(settings_of(site), TYPED, token=old)
    assert answer["Location"] == f"{settings_of(site)}?tab=2"
    assert "wss://typed.example/" in browser.client.get(answer["Location"]).content.decode()

    browser.end_session()
    browser.sign_in(people["service"])
    refused = browser.send(settings_of(site), TYPED, token=old)
    assert refused.status_code == 403
    assert "This form is out of date" in refused.content.decode()
    assert SESSION_KEY not in browser.client.session


def test_what_another_site_sends_is_refused_and_not_kept(
    browser: Browser, people: dict[str, User], site: Installation
) -> None:
    browser.sign_in(people["owner"])
    for token in ("x" * 64, "a" * 32, "no token"):
        assert browser.send(settings_of(site), TYPED, token=token).status_code == 403
    browser.end_session()
    assert browser.send(settings_of(site), TYPED, token="a" * 64).status_code == 403
    evil = {"fields": '[["server_url", "wss://evil.example"]]', "page": "https://evil.example/", "action": "//evil"}
    assert browser.send("/sign-in/typed/", evil, token="a" * 64)["Location"] == "/sign-in/?next=%2F"
    assert "evil" not in browser.sign_in(people["owner"], settings_of(site)).content.decode()


def test_a_part_of_a_page_is_told_to_bring_what_was_typed_to_safety(
    browser: Browser, people: dict[str, User], site: Installation
) -> None:
    browser.sign_in(people["owner"])
    browser.end_session()
    answer = browser.send(settings_of(site), TYPED, **{"HX-Request": "true"})
    assert (answer.status_code, answer["X-Typed"]) == (401, "keep")
    brought = {"page": settings_of(site), "action": settings_of(site), "secrets": '[["initial_device_password", ""]]',
               "fields": '[["server_url", "wss://typed.example/x"], ["initial_device_password", "never"]]'}  # fmt: skip
    assert browser.send("/sign-in/typed/", brought)["Location"].startswith("/sign-in/?next=")
    shown = browser.sign_in(people["owner"], settings_of(site)).content.decode()
    assert "wss://typed.example/x</textarea>" in shown
    assert "type them again" in shown
    assert "never</textarea>" not in shown


def test_secrets_are_known_by_their_names_and_a_setting_of_a_charger_by_its_key() -> None:
    typed = typed_into([("key", "AuthorizationKey"), ("value", "s3cret"), ("new_password", ""), ("otp", "123456")])
    assert typed.fields == [("key", "AuthorizationKey")]
    assert typed.secrets == ["value", "otp"]
    assert typed_into([("key", "HeartbeatInterval"), ("value", "300")]).secrets == []


def test_whatever_is_typed_unseen_counts_as_a_secret_under_any_name() -> None:
    modules = [import_module(f"{room}.forms") for room in ("accounts", "installations")]
    modules += [import_module(f"chargers.forms.{path.stem}") for path in (ROOT / "chargers/forms").glob("[a-z]*.py")]
    found = {
        name
        for module in modules
        for form in vars(module).values()
        if isinstance(form, type) and issubclass(form, BaseForm)
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field.widget, PasswordInput) or "one-time" in str(field.widget.attrs)
    }
    assert len(found) >= 4
    assert {name for name in found if not is_secret(name)} == set()


def test_what_needs_a_proof_of_the_person_comes_back_after_it_where_scripts_are_off(
    browser: Browser, people: dict[str, User], site: Installation
) -> None:
    browser.sign_in(people["owner"])
    session = browser.client.session
    session[PROVED_AT] = 0
    session.save()
    answer = browser.send(settings_of(site), TYPED)
    assert answer["Location"].startswith("/sign-in/prove/?next=")
    proof = {"passcode": "", "password": "a-password-for-tests", "next": f"{settings_of(site)}?tab=2"}
    back = browser.send("/sign-in/prove/", proof)
    assert back.status_code == 302, back.content.decode()
    shown = browser.client.get(back["Location"]).content.decode()
    assert "wss://typed.example/" in shown
    assert SECRET not in shown
