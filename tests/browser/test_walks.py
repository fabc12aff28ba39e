"""The walks of an installer and an owner, in a real browser."""

import re
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import AuditEntry, User
from chargers.models import Rollout
from chargers.services.registration import register_charger
from installations.authentication import Draft
from installations.models import Installation
from installations.services.authentication import publish_revision
from installations.services.installations import create_installation
from tests.browser.conftest import OpenPage, shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EMAIL, PASSWORD = "ina@example.org", "walks-in-the-garage"


@pytest.fixture
def person() -> User:
    return User.objects.create_user(EMAIL, PASSWORD, name="Ina Installer")


@pytest.fixture
def site(person: User) -> Installation:
    place = create_installation(
        actor=person, name="Garage Nord", address="Nordstraße 1, Hamburg", main_fuse_current=Decimal(63)
    )
    for number in range(1, 5):
        register_charger(installation=place, device_id=f"ZCS00000{number}", actor=person, name=f"Bay {number}")
    return place


def sign_in(page: Page, server: Any, path: str = "/") -> None:
    page.goto(f"{server.url}/sign-in/?next={path}")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_from_an_empty_portal_to_registered_chargers(live_server: Any, open_page: OpenPage, person: User) -> None:
    page = open_page()
    sign_in(page, live_server)
    expect(page.get_by_role("heading", name="No installation yet")).to_be_visible()
    page.get_by_role("link", name="New installation").first.click()
    page.get_by_label("Name").fill("Garage Nord")
    page.get_by_role("button", name="Make the installation").click()
    expect(page.get_by_role("heading", name="Garage Nord")).to_be_visible()

    page.get_by_role("link", name="Register chargers").click()
    page.get_by_label("Serial number").fill("zcs000143")
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_role("cell", name="ZCS000143", exact=True).first).to_be_visible()
    expect(page.get_by_text("The password is shown this once")).to_be_visible()
    shoot(page, "registered")

    page.get_by_label("One charger a line").fill("ZCS000144; Bay 2\nnot a serial!\nZCS000145")
    page.get_by_role("button", name="Register the list").click()
    expect(page.get_by_text("1 of 3 lines have faults")).to_be_visible()
    expect(page.get_by_text("Nothing was registered")).to_be_visible()
    page.get_by_label("Register the good lines").check()
    page.get_by_role("button", name="Register the list").click()
    expect(page.get_by_text("2 chargers are registered")).to_be_visible()
    page.reload()
    assert page.locator("#credentials code").count() >= 0
    page.goto(f"{live_server.url}/installations/")
    expect(page.get_by_text("3 offline")).to_be_visible()


def fill_direct(page: Page, url: str) -> None:
    page.locator('input[name="mode"][value="ocpp_direct"]').check()
    page.get_by_label("Server URL").fill(url)


def test_the_switch_is_checked_while_typing_previewed_acknowledged_and_saved(
    live_server: Any, open_page: OpenPage, site: Installation
) -> None:
    page = open_page()
    sign_in(page, live_server, f"/installations/{site.pk}/authentication/")
    expect(page.get_by_label("Server URL")).to_be_hidden()
    fill_direct(page, "http://ocpp.example.com/{deviceId}")
    expect(page.get_by_text("must start with wss://")).to_be_visible()
    fill_direct(page, "wss://OCPP.example.com/x/<deviceid>")
    feedback = page.locator("#said-server_url")
    expect(feedback.get_by_text("wss://ocpp.example.com/x/{deviceId}")).to_be_visible()
    expect(feedback.get_by_text("wss://ocpp.example.com/x/ZCS000001")).to_be_visible()
    page.get_by_role("button", name="Make one").click()
    made = page.get_by_label("Initial device password").input_value()
    assert re.fullmatch(r"[A-Za-z0-9]{20}", made)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("4 chargers change")).to_be_visible()
    shoot(page, "authentication")
    page.get_by_role("button", name="Save and roll out").click()
    expect(page.get_by_text("Type the installation's name exactly")).to_be_visible()

    page.get_by_label("Type the installation's name").fill("Garage Nord")
    page.get_by_role("button", name="Save and roll out").click()
    expect(page.get_by_text("please confirm every point")).to_be_visible()
    expect(page.get_by_label("Initial device password")).to_have_value(made)
    for box in page.locator('input[name="acknowledge"]').all():
        box.check()
    page.get_by_role("button", name="Save and roll out").click()
    expect(page.get_by_role("heading", name="Version 2: OCPP direct")).to_be_visible()
    site.refresh_from_db()
    assert site.revision is not None
    assert site.revision.server_url == "wss://ocpp.example.com/x/{deviceId}"
    assert site.revision.secret is not None
    assert made not in page.content()

    from chargers.services.rollouts import open_deliveries

    open_deliveries(Rollout.objects.get(revision=site.revision).pk)
    expect(page.get_by_text("0 of 4 chargers done")).to_be_visible()
    shoot(page, "rollout")


def confirm_all(page: Page) -> None:
    expect(page.get_by_role("button", name="Save and roll out")).to_be_visible()
    for box in page.locator('input[name="acknowledge"]').all():
        box.check()


def test_two_editors_see_each_others_change_and_merge_field_by_field(
    live_server: Any, open_page: OpenPage, site: Installation
) -> None:
    """The first gives the chargers a tag and another backend; the second names yet another backend."""
    publish_revision(
        installation=site, draft=Draft("ocpp_direct", "wss://a.example.com/{deviceId}"), actor=None, expected_number=1
    )
    first, second = open_page(), open_page()
    for page in (first, second):
        sign_in(page, live_server, f"/installations/{site.pk}/authentication/")
    first.get_by_label("A card or app is required").uncheck()
    first.get_by_label("Default tag").fill("THEIRS")
    first.get_by_label("Server URL").fill("wss://b.example.com/{deviceId}")
    second.get_by_label("Server URL").fill("wss://c.example.com/<deviceid>")
    second.get_by_role("button", name="Make one").click()
    made = second.get_by_label("Initial device password").input_value()
    second.get_by_label("Why?").fill("mine")
    for page in (first, second):
        page.get_by_role("button", name="Preview").click()
        confirm_all(page)
    first.get_by_role("button", name="Save and roll out").click()
    expect(first.get_by_role("heading", name="Version 3: OCPP direct")).to_be_visible()

    second.get_by_role("button", name="Save and roll out").click()
    expect(second.get_by_text("published version 3")).to_be_visible()
    expect(second.get_by_label("Why?")).to_have_value("mine")
    expect(second.get_by_label("Default tag")).to_have_value("THEIRS")
    expect(second.get_by_label("A card or app is required")).not_to_be_checked()
    expect(second.get_by_label("Initial device password")).to_have_value(made)
    expect(second.get_by_label("Server URL")).to_have_value("wss://c.example.com/<deviceid>")
    assert made not in second.locator("#meeting").inner_text()
    row = second.locator('[data-merge="server_url"]')
    expect(row.get_by_text("wss://b.example.com/")).to_be_visible()
    shoot(second, "merge")
    expect(second.locator('input[name="acknowledge"]:checked')).to_have_count(0)
    row.get_by_label("Take theirs").check()
    expect(second.get_by_label("Server URL")).to_have_value("wss://b.example.com/{deviceId}")
    expect(second.get_by_role("button", name="Save and roll out")).to_have_count(0)
    row.get_by_label("Keep mine").check()
    expect(second.get_by_label("Server URL")).to_have_value("wss://c.example.com/<deviceid>")
    row.get_by_label("Take theirs").check()
    second.get_by_label("Server URL").fill("wss://d.example.com/{deviceId}")
    expect(row.get_by_label("Keep mine")).to_be_checked()

    second.get_by_role("button", name="Preview").click()
    confirm_all(second)
    second.get_by_role("button", name="Save and roll out").click()
    expect(second.get_by_role("heading", name="Version 4: OCPP direct")).to_be_visible()
    site.refresh_from_db()
    assert site.revision is not None
    assert (site.revision.server_url, site.revision.default_id_tag) == ("wss://d.example.com/{deviceId}", "THEIRS")
    assert site.revision.authorization_required is False
    assert site.revision.secret is not None


def test_an_older_version_comes_back_through_the_history(
    live_server: Any, open_page: OpenPage, site: Installation
) -> None:
    page = open_page()
    sign_in(page, live_server, f"/installations/{site.pk}/authentication/")
    for required in (False, True, False):
        box = page.get_by_label("A card or app is required")
        box.set_checked(required)
        if required:
            break
        page.get_by_role("button", name="Preview").click()
        page.get_by_label("Everybody who can reach").check()
        page.get_by_role("button", name="Save and roll out").click()
        expect(page.get_by_role("heading", name="Version 2: Native")).to_be_visible()
        page.goto(f"{live_server.url}/installations/{site.pk}/authentication/")
    page.goto(f"{live_server.url}/installations/{site.pk}/history/")
    shoot(page, "history")
    page.get_by_role("link", name="Restore").click()
    expect(page.get_by_text("No charge card is registered")).to_be_visible()
    expect(page.get_by_role("button", name="Restore and roll out")).to_have_count(0)


def test_a_token_is_shown_once(live_server: Any, open_page: OpenPage, person: User) -> None:
    page = open_page()
    sign_in(page, live_server, "/account/")
    page.get_by_label("What is it for?").fill("fleet script")
    page.get_by_role("button", name="Make the token").click()
    text = page.locator("#new-token").inner_text()
    assert text.startswith("cp_")
    page.goto(f"{live_server.url}/account/")
    assert text not in page.content()
    expect(page.get_by_text("fleet script")).to_be_visible()


def test_the_keyboard_reaches_the_content_and_the_search(
    live_server: Any, open_page: OpenPage, site: Installation
) -> None:
    page = open_page()
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/installations/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("nowhere")
    expect(page.get_by_text("Nothing fits this search")).to_be_visible()


def test_ctrl_k_finds_a_charger_from_every_page(live_server: Any, open_page: OpenPage, site: Installation) -> None:
    page = open_page()
    sign_in(page, live_server, "/account/")
    expect(page.get_by_role("heading", name="Ina Installer")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("zcs000002")
    page.locator("#palette-results").get_by_role("link", name="ZCS000002").click()
    expect(page.get_by_role("heading", name="ZCS000002")).to_be_visible()


def test_what_cannot_be_undone_asks_first(live_server: Any, open_page: OpenPage, site: Installation) -> None:
    page = open_page()
    sign_in(page, live_server, "/chargers/ZCS000003/edit/")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Delete the charger ZCS000003?")).to_be_visible()
    page.get_by_role("button", name="No, go back").click()
    expect(page.get_by_role("heading", name="Edit the charger")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_label("Reason").fill("Stolen on Friday")
    page.get_by_label("Reason").press("Enter")
    expect(page.get_by_text("The charger was deleted.")).to_be_visible()
    assert AuditEntry.objects.get(action="charger_deleted").reason == "Stolen on Friday"


def test_the_preview_shows_what_was_typed_last_and_goes_when_that_changes(
    live_server: Any, open_page: OpenPage, site: Installation
) -> None:
    page = open_page()
    sign_in(page, live_server, f"/installations/{site.pk}/authentication/")
    fill_direct(page, "wss://first.example.com/{deviceId}")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("4 chargers change")).to_be_visible()
    said = page.locator("#said-server_url")
    expect(said.get_by_text("wss://first.example.com/ZCS000001")).to_be_visible()
    fill_direct(page, "wss://second.example.com/{deviceId}")
    expect(page.get_by_text("4 chargers change")).to_have_count(0)
    expect(said.get_by_text("wss://second.example.com/ZCS000001")).to_be_visible()
