"""The palette by keyboard alone, and what a live page leaves as it was when it is drawn anew."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chargers.models import Delivery
from tests.browser.conftest import OpenPage
from tests.browser.stage import Stage, build, let_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def stage(live_server: Any) -> Stage:
    return build()


@pytest.fixture
def page(open_page: OpenPage, live_server: Any, stage: Stage) -> Page:
    page = open_page()
    let_in(page.context, live_server.url, stage.person)
    return page


def test_from_any_page_to_any_other_without_a_mouse(live_server: Any, page: Page, stage: Stage) -> None:
    page.goto(f"{live_server.url}/account/")
    page.keyboard.press("/")
    expect(page.locator("#palette-q")).to_be_focused()
    expect(page.locator("#palette-results").get_by_role("link", name="Rollouts")).to_be_visible()
    page.keyboard.type("zcs")
    third = page.locator("#palette-results a").nth(2)
    expect(third).to_contain_text("ZCS000003")
    for _step in range(3):
        page.keyboard.press("ArrowDown")
    expect(third).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#palette-q")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()

    page.keyboard.press("Control+k")
    page.keyboard.type("ZCS000002")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="ZCS000002")).to_be_visible()

    page.goto(f"{live_server.url}/installations/{stage.site.pk}/")
    page.keyboard.press("Control+k")
    page.keyboard.type("history")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Versions of the authentication settings")).to_be_visible()


def test_focus_and_what_was_unfolded_outlive_a_live_page_s_drawing(live_server: Any, page: Page, stage: Stage) -> None:
    page.goto(f"{live_server.url}/chargers/ZCS000004/")
    link = page.get_by_role("link", name="To the rollout").first
    link.focus()
    fold = page.locator("#reported")
    fold.locator("summary").click() if fold.get_attribute("open") is None else None
    link.focus()
    Delivery.objects.filter(charger__device_id="ZCS000004").update(state="cancelled", reason="")
    expect(page.get_by_text("Cancelled before anything was sent").first).to_be_visible()
    expect(page.get_by_role("link", name="To the rollout").first).to_be_focused()
    expect(fold).to_have_attribute("open", "")
