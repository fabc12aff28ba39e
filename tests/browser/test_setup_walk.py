"""Registering with a scanner, and the sheets that are printed: one charger a page."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from installations.services.installations import create_installation
from tests.browser.conftest import OpenPage, shoot
from tests.browser.stage import EMAIL, PASSWORD, let_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A browser that reads codes, with a camera that sees one after another.
CAMERA = """
const codes = [" https://maker.example/c/zcs000777 ", "not a serial!", "zcs000778"];
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect() { return codes.length ? [{ rawValue: codes.shift() }] : []; }
};
Object.defineProperty(navigator, "mediaDevices", { value: {
  getUserMedia: async () => document.createElement("canvas").captureStream(5),
} });
HTMLMediaElement.prototype.play = async () => {};
"""


def test_a_list_is_scanned_registered_and_printed_one_charger_a_page(live_server: Any, open_page: OpenPage) -> None:
    person = User.objects.create_user(EMAIL, PASSWORD, name="Ina Installer")
    site = create_installation(actor=person, name="Garage Nord", address="Nordstraße 1, Hamburg")
    page = open_page(width=360, height=740)
    let_in(page.context, live_server.url, person)
    page.add_init_script(CAMERA)
    page.goto(f"{live_server.url}/installations/{site.pk}/chargers/register/")
    expect(page.get_by_label("Serial number")).to_be_focused()

    area = page.get_by_label("One charger a line")
    area.focus()
    for typed in ("zcs000143", " zcs000144", "ZCS000143"):
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
    expect(area).to_have_value("ZCS000143\nZCS000144\n")
    expect(page.get_by_text("ZCS000143 is in the list already.")).to_be_visible()
    page.get_by_role("button", name="Scan one after another").click()
    expect(page.get_by_text("ZCS000778 was added.")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(area).to_have_value("ZCS000143\nZCS000144\nZCS000777\nZCS000778\n")
    shoot(page, "scanned")

    page.get_by_role("button", name="Register the list").click()
    expect(page.get_by_text("4 chargers are registered")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".setup").first).to_be_visible()
    expect(page.locator("#credentials")).to_be_hidden()
    shoot(page, "setup-print")
    printed = page.pdf(format="A5", margin={"top": "12mm", "bottom": "12mm", "left": "12mm", "right": "12mm"})
    assert max(int(count) for count in re.findall(rb"/Count (\d+)", printed)) == 4
