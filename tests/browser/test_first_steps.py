"""An installer waits in front of the page, and it ticks by itself when the charger calls."""

from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from chargers.models import ChargerLink
from chargers.services.registration import register_charger
from installations.services.installations import create_installation
from tests.browser.conftest import OpenPage, fits
from tests.browser.stage import EMAIL, PASSWORD, let_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_list_ticks_itself_while_somebody_watches(live_server: Any, open_page: OpenPage) -> None:
    person = User.objects.create_user(EMAIL, PASSWORD)
    site = create_installation(actor=person, name="Garage Nord")
    charger, _link = register_charger(installation=site, device_id="ZCS000001", actor=person)
    page = open_page(width=360)
    let_in(page.context, live_server.url, person)
    page.goto(f"{live_server.url}/installations/{site.pk}/")
    steps = page.locator("#first-steps")
    expect(steps.get_by_role("img", name="done")).to_have_count(1)
    assert fits(page)
    ChargerLink.objects.create(charger=charger, connected_at=charger.created_at, boot_accepted=True)
    expect(steps.get_by_role("img", name="done")).to_have_count(3)
