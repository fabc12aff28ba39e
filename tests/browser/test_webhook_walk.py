"""A webhook from the empty list to a test event that arrived, on a phone; then its receiver goes away."""

from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import Organisation, User
from installations.models import Installation
from installations.services.installations import create_installation
from installations.webhooks import sender
from tests.browser.conftest import OpenPage, fits, shoot
from tests.browser.test_walks import EMAIL, PASSWORD, sign_in
from tests.receiver import listening

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def site() -> Installation:
    person = User.objects.create_user(EMAIL, PASSWORD, name="Ina Installer")
    return create_installation(actor=person, name="Garage Nord", time_zone="Europe/Berlin")


def test_a_webhook_is_made_tried_and_mended(live_server: Any, open_page: OpenPage, site: Installation) -> None:
    assert not Organisation.objects.exists()
    page = open_page(width=360)
    with listening() as receiver:
        sign_in(page, live_server, f"/installations/{site.pk}/edit/")
        page.get_by_role("link", name="Webhooks").click()
        expect(page.get_by_role("heading", name="No webhook yet")).to_be_visible()
        assert fits(page)
        page.get_by_role("link", name="Add a webhook").click()
        page.get_by_label("URL").fill("hooks.example.com/portal")
        page.get_by_role("button", name="Add the webhook").click()
        page.get_by_label("A charging session stopped").check()
        page.get_by_role("button", name="Add the webhook").click()
        expect(page.get_by_text("The URL must start with https://.")).to_be_visible()
        expect(page.get_by_label("A charging session stopped")).to_be_checked()
        page.get_by_label("URL").fill(receiver.url)
        page.get_by_role("button", name="Add the webhook").click()
        expect(page.get_by_text("It is shown this once")).to_be_visible()
        secret = page.locator("#new-secret").inner_text()
        assert fits(page)
        shoot(page, "webhook-secret")

        page.get_by_role("button", name="Send a test event").click()
        expect(page.locator("#new-secret")).to_have_count(0)
        expect(page.locator("tr[data-state=waiting]")).to_be_visible()
        sender.deliver()
        assert receiver.heard[0].verified(secret)["type"] == "webhook.test"
        expect(page.locator("tr[data-state=delivered]")).to_be_visible()
        expect(page.get_by_role("cell", name="204")).to_be_visible()
        assert fits(page)

        receiver.statuses = [503]
        page.get_by_role("button", name="Send again").click()
        expect(page.locator("tr[data-state=waiting]")).to_be_visible()
        sender.deliver()
        expect(page.get_by_text("only an answer from 200 to 299")).to_be_visible()
        expect(page.get_by_text("No event has arrived since")).to_be_visible()
        shoot(page, "webhook-failing")
        page.get_by_role("link", name="Test event").click()
        expect(page.get_by_text("answer 503")).to_be_visible()
        expect(page.get_by_text("webhook.test")).to_be_visible()
        assert fits(page)
        shoot(page, "webhook-delivery")

        receiver.statuses = [200]
        page.get_by_role("button", name="Send now").click()
        sender.deliver()
        expect(page.get_by_text("answer 200")).to_be_visible()
