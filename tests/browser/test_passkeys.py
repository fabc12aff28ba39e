"""Passkeys with an authenticator of the browser's own: made, used alone, used beside the password, and refused."""

from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Page, expect

from accounts.models import AuditEntry, BrowserSession, Passkey, User
from tests.browser import axe
from tests.browser.conftest import OpenPage
from tests.browser.stage import EMAIL, PASSWORD, let_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def sign_out(page: Page) -> None:
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_passkey_is_made_signs_in_alone_and_beside_the_password(live_server: Any, open_page: OpenPage) -> None:
    person = User.objects.create_user(EMAIL, PASSWORD)
    page = open_page()
    wire = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    phone = wire.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE})["authenticatorId"]
    let_in(page.context, live_server.url, person)
    page.goto(f"{live_server.url}/account/second-step/")
    page.get_by_label("What is it called?").fill("my phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("The passkey was added.")).to_be_visible()
    expect(page.get_by_role("cell", name="my phone")).to_be_visible()
    expect(page.get_by_text("without them a lost device locks you out")).to_be_visible()
    page.get_by_role("button", name="Make new recovery codes").click()
    code = page.locator("#recovery-codes code").first.inner_text()

    sign_out(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="No installation yet")).to_be_visible()
    assert AuditEntry.objects.filter(action="signed_in", after={"second_factor": "passkey"}).count() == 1

    sign_out(page)

    def by_password() -> None:
        page.goto(f"{live_server.url}/sign-in/?next=/account/")
        page.get_by_label("E-mail address").fill(EMAIL)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="One more step")).to_be_visible()

    by_password()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="New token")).to_be_visible()
    sign_out(page)
    by_password()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="New token")).to_be_visible()

    # What can do harm is proved by it as well, in the dialog.
    session = SessionStore(BrowserSession.objects.latest("signed_in_at").session_key)
    session["proved_at"] -= 301
    session.save()
    page.reload()
    page.get_by_label("What is it for?").fill("script")
    page.get_by_label("Read everything I can see").check()
    page.get_by_role("button", name="Make the token").click()
    dialog = page.get_by_role("dialog", name="Is it you?")
    expect(dialog.get_by_role("button", name="Use a passkey")).to_be_visible()
    assert axe.faults(page) == []
    dialog.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("This is the new token.")).to_be_visible()

    # Nobody asked for finger or PIN: then it is not both steps. And one that was removed here signs nobody in.
    sign_out(page)
    wire.send("WebAuthn.setUserVerified", {"authenticatorId": phone, "isUserVerified": False})
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("No passkey was given.")).to_be_visible()
    wire.send("WebAuthn.setUserVerified", {"authenticatorId": phone, "isUserVerified": True})
    Passkey.objects.all().delete()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("This passkey does not sign you in here.")).to_be_visible()
