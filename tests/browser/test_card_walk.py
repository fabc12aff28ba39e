"""Charge cards in a real browser: the refused one by a button, a list by a file."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from chargers.models import Charger, RefusedTag
from installations.models import IdTag, Installation
from installations.services.installations import create_installation
from tests.browser.conftest import OpenPage, fits, shoot
from tests.browser.test_walks import EMAIL, PASSWORD, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FILE = "id_tag;holder;blocked\r\n04FF01;Bo;no\r\n04A2B3;Ann Meier;yes\r\n04FF02;;maybe\r\n"


@pytest.fixture
def site() -> Installation:
    person = User.objects.create_user(EMAIL, PASSWORD, name="Ina Installer")
    place = create_installation(actor=person, name="Garage Nord", time_zone="Europe/Berlin")
    charger = Charger.objects.create(installation=place, device_id="ZCS000001")
    RefusedTag.objects.create(charger=charger, id_tag="04A2B3", status="Invalid", refused_at=timezone.now())
    return place


@pytest.mark.parametrize("width", [360, 1200])
def test_a_refused_card_is_added_then_a_file_is_imported(
    live_server: Any, open_page: OpenPage, site: Installation, width: int
) -> None:
    page = open_page(width=width)
    sign_in(page, live_server, "/chargers/ZCS000001/")
    expect(page.get_by_role("heading", name="Refused cards")).to_be_visible()
    assert fits(page)
    shoot(page, f"charger-with-refused-card-{width}")
    page.get_by_role("link", name="Add this card").click()
    expect(page.get_by_label("Card number")).to_have_value("04A2B3")
    page.get_by_label("Holder").fill("Ann")
    page.get_by_role("button", name="Add the card").click()
    expect(page.get_by_text("The card 04A2B3 was added.")).to_be_visible()
    expect(page.get_by_role("heading", name="Refused in the last 24 hours")).to_have_count(0)

    page.get_by_role("link", name="Import a file").click()
    page.get_by_label("CSV file").set_input_files(
        {"name": "cards.csv", "mimeType": "text/csv", "buffer": FILE.encode("utf-8-sig")}
    )
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("2 of 3 rows add or change a card; rows with faults: 1")).to_be_visible()
    assert fits(page)
    shoot(page, f"cards-report-{width}")
    assert IdTag.objects.count() == 1
    page.get_by_role("button", name="Apply the good rows").click()
    expect(page.get_by_text("Imported: 1 added, 1 changed, 0 unchanged, 1 left out.")).to_be_visible()
    expect(page.get_by_role("button", name="Open again 04A2B3")).to_be_visible()
    assert fits(page)
    shoot(page, f"cards-{width}")

    page.get_by_role("searchbox").fill("bo")
    expect(page.get_by_role("button", name="Open again 04A2B3")).to_have_count(0)
    page.get_by_role("link", name="Delete 04FF01").click()
    page.get_by_role("button", name="Delete the card").click()
    expect(page.get_by_text("The card 04FF01 was deleted.")).to_be_visible()
