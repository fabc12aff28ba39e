"""The five walks without a mouse, and by the names that a screen reader tells.

To the first charger, the switch, the way back, a refused card, and a failed delivery at night.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from chargers.models import Delivery
from installations.models import IdTag, Installation
from tests.browser.conftest import OpenPage, fits
from tests.browser.stage import EMAIL, PASSWORD, Stage, build, let_in

pytestmark = [pytest.mark.browser, pytest.mark.core, pytest.mark.django_db(transaction=True)]

MOST_STEPS = 90


@pytest.fixture
def stage(live_server: Any) -> Stage:
    return build()


@pytest.fixture
def page(open_page: OpenPage, live_server: Any, stage: Stage) -> Page:
    page = open_page()
    let_in(page.context, live_server.url, stage.person)
    return page


def reach(page: Page, target: Locator) -> Locator:
    """With the Tab key alone, and what has the focus is seen to have it."""
    for _step in range(MOST_STEPS):
        if target.evaluate("(one) => one === document.activeElement"):
            style = target.evaluate("(one) => { const s = getComputedStyle(one); return s.outlineStyle + s.boxShadow }")
            assert style != "nonenone", "the focus cannot be seen"
            return target
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} cannot be reached with the keyboard")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    reach(page, target)
    page.keyboard.press(key)


def write(page: Page, target: Locator, text: str) -> None:
    reach(page, target)
    page.keyboard.type(text)


def confirm(page: Page) -> None:
    """Every point of a preview, its installation's name, and the save."""
    for box in page.get_by_role("group", name=re.compile("confirm")).get_by_role("checkbox").all():
        press(page, box, "Space")
    if page.get_by_label("Type the installation's name").count():
        write(page, page.get_by_label("Type the installation's name"), "Garage Nord")


def test_from_an_empty_portal_to_the_first_charger(live_server: Any, open_page: OpenPage, db: None) -> None:
    User.objects.create_user(EMAIL, PASSWORD, name="Ina Installer")
    page = open_page(width=360, height=740)
    page.goto(f"{live_server.url}/")
    write(page, page.get_by_label("E-mail address"), EMAIL)
    write(page, page.get_by_label("Password"), PASSWORD)
    page.keyboard.press("Enter")
    press(page, page.get_by_role("link", name="New installation").first)
    write(page, page.get_by_label("Name"), "Garage Nord")
    page.keyboard.press("Enter")
    press(page, page.get_by_role("link", name="Register chargers").first)
    write(page, page.get_by_label("Serial number"), "zcs000143")
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name="ZCS000143", exact=True).first).to_be_visible()
    assert fits(page)
    press(page, page.get_by_role("link", name=re.compile("Overview")).first)
    done = page.locator(".step-done")
    expect(done).to_have_count(1)


def test_the_switch(live_server: Any, page: Page, stage: Stage) -> None:
    page.goto(f"{live_server.url}/installations/{stage.site.pk}/authentication/")
    reach(page, page.get_by_role("radio", name=re.compile("OCPP direct")))
    url = page.get_by_label("Server URL")
    reach(page, url)
    page.keyboard.press("Control+a")
    page.keyboard.type("wss://new.example.com/{deviceId}")
    press(page, page.get_by_role("button", name="Preview"))
    expect(page.get_by_role("button", name="Save and roll out")).to_be_visible()
    assert page.evaluate("document.activeElement !== document.body"), "the preview took the focus away"
    confirm(page)
    press(page, page.get_by_role("button", name="Save and roll out"))
    expect(page.get_by_role("heading", name="Version 3: OCPP direct")).to_be_visible()
    assert Installation.objects.get(pk=stage.site.pk).revision.server_url == "wss://new.example.com/{deviceId}"  # type: ignore[union-attr]


def test_the_way_back(live_server: Any, page: Page, stage: Stage) -> None:
    page.goto(f"{live_server.url}/installations/{stage.site.pk}/")
    press(page, page.get_by_role("link", name="History"))
    press(page, page.get_by_role("link", name="Restore"))
    expect(page.get_by_text("Preview")).to_be_visible()
    confirm(page)
    press(page, page.get_by_role("button", name="Restore and roll out"))
    expect(page.get_by_role("heading", name="Version 3: Native")).to_be_visible()


def test_a_refused_card(live_server: Any, page: Page, stage: Stage) -> None:
    page.goto(f"{live_server.url}/installations/{stage.site.pk}/cards/")
    press(page, page.get_by_role("link", name="Add this card"))
    expect(page.get_by_label("Card number")).to_have_value("04FFEE")
    write(page, page.get_by_label("Holder"), "Ann")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").get_by_text("The card 04FFEE was added.")).to_be_visible()
    assert IdTag.objects.filter(id_tag="04FFEE", holder="Ann").exists()


def test_a_failed_delivery_at_night(live_server: Any, open_page: OpenPage, stage: Stage) -> None:
    page = open_page(dark=True, reduced_motion="reduce")
    let_in(page.context, live_server.url, stage.person)
    page.goto(f"{live_server.url}/")
    moving = page.evaluate("document.getAnimations().filter((one) => one.playState === 'running').length")
    assert moving == 0, "something moves though less motion is wanted"
    page.keyboard.press("Control+k")
    page.keyboard.type("ZCS000004")
    expect(page.locator("#palette-results a").first).to_contain_text("ZCS000004")
    page.keyboard.press("Enter")
    press(page, page.get_by_role("link", name="To the rollout").first)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Version 2")
    press(page, page.get_by_role("link", name="ZCS000004"))
    press(page, page.get_by_role("button", name="Try again"))
    expect(page.locator("main").get_by_text(re.compile("waits|waiting", re.IGNORECASE)).first).to_be_visible()
    assert Delivery.objects.get(pk=stage.delivery.pk).state == "waiting"
