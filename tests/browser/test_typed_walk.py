"""The sign-in ends while somebody types: in a plain form and in a live one, nothing is lost and nothing is saved."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from accounts.models import User
from chargers.services.registration import register_charger
from installations.models import Installation
from installations.services.installations import create_installation
from tests.browser.conftest import OpenPage, shoot
from tests.browser.stage import EMAIL, PASSWORD, let_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MADE = "Sesame0Sesame0Sesame"


@pytest.fixture
def person() -> User:
    return User.objects.create_user(EMAIL, PASSWORD, name="Ina Installer")


@pytest.fixture
def site(person: User) -> Installation:
    place = create_installation(actor=person, name="Garage Nord", address="Nordstraße 1, Hamburg")
    register_charger(installation=place, device_id="ZCS000001", actor=person)
    return place


def sign_in_again(page: Page) -> None:
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_what_was_typed_is_back_in_its_form_after_signing_in_again(
    live_server: Any, open_page: OpenPage, person: User, site: Installation
) -> None:
    page = open_page()
    let_in(page.context, live_server.url, person)
    page.goto(f"{live_server.url}/installations/{site.pk}/authentication/")
    page.locator('input[name="mode"][value="ocpp_cloud"]').check()
    page.get_by_label("Initial device password").fill(MADE)
    page.get_by_label("Why?").fill("Spring")
    Session.objects.all().delete()
    page.get_by_label("Server URL").fill("wss://typed.example.com/{deviceId}")
    expect(page.get_by_text("nothing that you typed is lost")).to_be_visible()
    shoot(page, "typed-sign-in")
    sign_in_again(page)
    expect(page.get_by_text("Passwords are never kept")).to_be_visible()
    expect(page.locator('input[name="mode"][value="ocpp_cloud"]')).to_be_checked()
    expect(page.get_by_label("Server URL")).to_have_value("wss://typed.example.com/{deviceId}")
    expect(page.get_by_label("Why?")).to_have_value("Spring")
    expect(page.get_by_label("Initial device password")).to_have_value("")
    expect(page.locator("#said-server_url").get_by_text("wss://typed.example.com/ZCS000001")).to_be_visible()
    shoot(page, "typed-back")
    assert MADE not in page.content()

    page.goto(f"{live_server.url}/installations/{site.pk}/chargers/register/")
    page.get_by_label("One charger a line").fill("ZCS000144; Bay 2\nZCS000145")
    Session.objects.all().delete()
    page.get_by_role("button", name="Register the list").click()
    sign_in_again(page)
    expect(page.get_by_label("One charger a line")).to_have_value("ZCS000144; Bay 2\nZCS000145")
    assert list(site.chargers.values_list("device_id", flat=True)) == ["ZCS000001"]
    page.get_by_role("button", name="Register the list").click()
    expect(page.get_by_text("2 chargers are registered")).to_be_visible()
