"""The system's Chromium, driven by Playwright; a page that logs an error or breaks its own policy fails the test."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / ".local" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def system_chromium() -> str:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        message = f"no Chromium on this machine (looked for {', '.join(NAMES)}): the browser tests did not run"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module: Playwright's loop occupies the thread, which other modules need for themselves."""
    path = system_chromium()
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # The test's own thread uses the database beside that loop, never inside it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


type OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """``open_page(dark=…, width=…)``: a fresh window; complaints of the page fail the test at its end."""
    complaints: list[str] = []
    contexts = []

    def note(message: ConsoleMessage) -> None:
        expected = "the server responded with a status of 4" in message.text
        # A live page asks again and again: leaving it cuts off what was asked last.
        cut_off = message.text.startswith(("htmx:afterRequest", "htmx:sendError", "htmx:sendAbort"))
        if message.type in {"error", "warning"} and not expected and not cut_off:
            complaints.append(message.text)

    def make(*, dark: bool = False, width: int = 1280, height: int = 900, **options: Any) -> Page:
        context = browser.new_context(
            color_scheme="dark" if dark else "light", viewport={"width": width, "height": height}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def shoot(page: Page, name: str) -> None:
    """With SCREENSHOTS=1: keep a picture in .local/screenshots for people to look at."""
    if not os.environ.get("SCREENSHOTS"):
        return
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def fits(page: Page) -> bool:
    """No sideways scrolling."""
    return bool(page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth"))
