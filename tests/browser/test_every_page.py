"""Every page of the table: nothing for axe-core to find, in any theme and language; nothing that scrolls sideways;
light on the wire, and still while it is drawn."""

from typing import Any, Literal

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.browser import axe, weight
from tests.browser.conftest import OpenPage, fits, shoot
from tests.browser.stage import Stage, build, let_in
from tests.browser.table import PAGES, Shown

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WALL, DESK = {"width": 2560, "height": 1300}, {"width": 1280, "height": 900}
TABLET, PHONE = {"width": 768, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture
def stage(live_server: Any) -> Stage:
    return build()


def windows(open_page: OpenPage, server: Any, stage: Stage, language: str) -> dict[str, Page]:
    """One window where nobody is signed in, one of an installer, one of platform staff."""
    found = {by: open_page(locale=language, reduced_motion="reduce") for by in ("guest", "person", "staff")}
    for page in found.values():
        page.add_init_script(weight.OBSERVE)
    let_in(found["person"].context, server.url, stage.person)
    let_in(found["staff"].context, server.url, stage.staff)
    return found


def open_up(page: Page, server: Any, stage: Stage, shown: Shown) -> list[str]:
    """What the page weighs too much or jumps, before anything is done on it."""
    page.set_viewport_size(DESK)  # type: ignore[arg-type]  # a plain dict
    answer = page.goto(server.url + shown.address.format_map(stage.words))
    expect(page.locator("h1").first).to_be_visible()
    found = [f"{shown.name} {line}" for line in weight.faults(page, answer)]
    shown.act(page)
    return found


def paint(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Change the device's colour scheme; the page follows it."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function("(scheme) => (document.documentElement.dataset.bsTheme || scheme) === scheme", arg=scheme)


def narrow(page: Page, shown: Shown) -> list[str]:
    found = []
    for size in (WALL, TABLET, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dict
        if not fits(page):
            found.append(f"{shown.name} scrolls sideways at {size['width']} px")
    return found


@pytest.mark.core
@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_every_page_is_accessible_in_both_themes_and_every_language(
    live_server: Any, open_page: OpenPage, stage: Stage, language: str
) -> None:
    """On a phone, after a look at the desk and the wall. In the dark only the colours can differ."""
    found: list[str] = []
    window = windows(open_page, live_server, stage, language)
    for shown in PAGES:
        page = window[shown.by]
        paint(page, "light")
        found += open_up(page, live_server, stage, shown)
        assert page.locator("html").get_attribute("lang") == language
        if language == "en":
            found += [f"{shown.name} desk {line}" for line in axe.faults(page)]
        shoot(page, f"{language}-{shown.name}")
        found += narrow(page, shown)
        shoot(page, f"{language}-phone-{shown.name}")
        found += [f"{shown.name} {language} phone light {line}" for line in axe.faults(page)]
        paint(page, "dark")
        found += [f"{shown.name} {language} phone dark {line}" for line in axe.faults(page, only=axe.COLOURS)]
        shoot(page, f"{language}-phone-dark-{shown.name}")
    assert found == [], "\n".join(found)
