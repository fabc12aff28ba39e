"""The main job as an installer does it, in a browser, on a running portal with simulated chargers."""

from collections import Counter

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance import verdict
from tests.acceptance.portal import Portal, wait_until
from tests.browser.conftest import OpenPage, browser, open_page, shoot

__all__ = ["browser", "open_page"]

pytestmark = pytest.mark.browser

PASSWORD = "Initial0Password0123"


def rows(page: Page) -> dict[str, str]:
    """Device id to state, as the live page shows them at this instant."""
    found = page.evaluate(
        "[...document.querySelectorAll('tr[data-state]')].map((row) => [row.dataset.device, row.dataset.state])"
    )
    return dict(found)


def states(page: Page) -> Counter[str]:
    return Counter(rows(page).values())


def acknowledge_and_name(page: Page, name: str) -> None:
    for box in page.locator('input[name="acknowledge"]').all():
        box.check()
    if page.locator("#id_confirm_name").count():
        page.locator("#id_confirm_name").fill(name)


def test_from_native_to_direct_and_back(portal: Portal, open_page: OpenPage) -> None:
    page = open_page()
    url = portal.info["url"].rstrip("/")
    service = next(user for user in portal.info["users"] if user["role"] == "service")
    name = portal.info["installations"][0]["name"]
    page.goto(f"{url}/sign-in/")
    page.get_by_label("E-mail address").fill(service["email"])
    page.get_by_label("Password").fill(service["password"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=name).click()
    page.get_by_role("link", name="Authentication", exact=True).click()
    page.locator('input[name="mode"][value="ocpp_direct"]').check()
    page.get_by_label("Server URL").fill(f"{portal.info['backend_url']}/{{deviceId}}")
    page.get_by_label("Initial device password").fill(PASSWORD)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview p[role=status]")).to_contain_text("1 cannot")
    acknowledge_and_name(page, name)
    shoot(page, "acceptance-preview")
    page.get_by_role("button", name="Save and roll out").click()
    expect(page.get_by_role("heading", name="Version 2: OCPP direct")).to_be_visible()

    total = portal.chargers
    wait_until(lambda: states(page)["applied"], timeout_seconds=60, what="a first charger landed")
    shoot(page, "rollout")
    wait_until(
        lambda: (
            states(page)["waiting"] + states(page)["unsupported"] == 2
            and states(page)["applied"] + states(page)["handed_over"] == total - 2
        ),
        timeout_seconds=150,
        what="every ready charger landed, watched on the live page",
    )
    expect(page.locator("tr[data-state=unsupported]")).to_contain_text("firmware cannot")
    expect(page.locator("tr[data-state=waiting]")).to_contain_text("offline")
    shown = rows(page)
    landed = {device for device, state in shown.items() if state in {"applied", "handed_over"}}
    kept = {device for device, state in shown.items() if state == "applied"}
    boots = [line for line in portal.backend() if line["action"] == "BootNotification"]
    assert landed == {line["identity"] for line in boots}
    assert all(line["path"].endswith(f"/{line['identity']}") for line in boots)
    assert all(line["basic_user"] == line["identity"] for line in boots)

    page.get_by_role("link", name=name).first.click()
    page.get_by_role("link", name="History", exact=True).click()
    page.get_by_role("link", name="Restore").last.click()
    acknowledge_and_name(page, name)
    page.get_by_role("button", name="Restore and roll out").click()
    expect(page.get_by_role("heading", name="Version 3: Native")).to_be_visible()
    wait_until(
        lambda: kept <= {device for device, state in rows(page).items() if state == "applied"},
        timeout_seconds=150,
        what="every charger that kept its link is back",
    )
    judge = portal.judge()
    assert verdict.disturbances(judge) == []
    assert verdict.open_fences(judge) == []
    assert verdict.repeats(judge) == []
    for record in (portal.data / "judge.ndjson", portal.log, *(portal.data / "logs").glob("*.log")):
        assert PASSWORD not in record.read_text()
