"""Step-up in the browser: the dialog asks, what was typed stays, and a wrong password proves nothing."""

from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Page, expect

from accounts.models import BrowserSession, User
from installations.models import Grant, Installation
from installations.services.cards import add_card
from installations.services.installations import create_installation
from tests.browser import axe
from tests.browser.conftest import OpenPage, fits
from tests.browser.stage import EMAIL, PASSWORD, let_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def person() -> User:
    return User.objects.create_user(EMAIL, PASSWORD)


@pytest.fixture
def site(person: User) -> Installation:
    place = create_installation(actor=person, name="Garage Nord")
    add_card(owner=place, actor=person, id_tag="04A2B3")
    return place


def let_the_proof_grow_old(person: User) -> None:
    session = SessionStore(BrowserSession.objects.get(user=person).session_key)
    session["proved_at"] -= 301
    session.save()


def prove(page: Page, password: str) -> None:
    page.get_by_role("dialog", name="Is it you?").get_by_label("Your password").fill(password)
    page.get_by_role("button", name="Go on").click()


def test_the_dialog_asks_and_everything_typed_stays(
    live_server: Any, open_page: OpenPage, person: User, site: Installation
) -> None:
    page = open_page(width=360, height=740)
    let_in(page.context, live_server.url, person)
    page.goto(f"{live_server.url}/installations/{site.pk}/authentication/")
    page.locator('input[name="mode"][value="ocpp_direct"]').check()
    page.get_by_label("Server URL").fill("wss://ocpp.example.com/{deviceId}")
    page.get_by_label("Initial device password").fill("Typed0Once1And2Kept3")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("button", name="Save and roll out")).to_be_visible()
    for box in page.locator('input[name="acknowledge"]').all():
        box.check()
    confirm = page.get_by_label("Type the installation's name")
    if confirm.count():
        confirm.fill("Garage Nord")
    let_the_proof_grow_old(person)
    page.get_by_role("button", name="Save and roll out").click()
    expect(page.get_by_role("dialog", name="Is it you?")).to_be_visible()
    assert axe.faults(page) == []
    assert fits(page)
    prove(page, "not-my-password")
    expect(page.get_by_text("This is not your password")).to_be_visible()
    prove(page, PASSWORD)
    expect(page.get_by_role("heading", name="Version 2: OCPP direct")).to_be_visible()
    site.refresh_from_db()
    assert site.revision is not None
    assert site.revision.secret is not None

    User.objects.create_user("bo@example.org")
    let_the_proof_grow_old(person)
    page.goto(f"{live_server.url}/installations/{site.pk}/access/")
    page.get_by_label("E-mail address").fill("bo@example.org")
    page.get_by_role("button", name="Give access").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_label("E-mail address")).to_have_value("bo@example.org")
    assert not Grant.objects.filter(user__email="bo@example.org").exists()
    page.get_by_role("button", name="Give access").click()
    prove(page, PASSWORD)
    expect(page.get_by_text("Access was given.")).to_be_visible()
