"""OCPP cloud over real processes: into it and back, by API and in a browser; chargers and the backend testify."""

import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance import verdict
from tests.acceptance.conftest import new_folder
from tests.acceptance.portal import Portal, wait_until
from tests.acceptance.switching import switch, wait_for_all
from tests.acceptance.test_switch_in_browser import acknowledge_and_name, states
from tests.browser.conftest import OpenPage, browser, open_page, shoot

__all__ = ["browser", "open_page"]

PASSWORD = "Cloud0Password012345"


@pytest.fixture(scope="module")
def portal(data_folders: list[Path]) -> Iterator[Portal]:
    """Few chargers: one of every kind, and those of the second place."""
    running = Portal(new_folder(data_folders), chargers=6, options=("--speed", "6"))
    running.start(timeout_seconds=300)
    try:
        yield running
    finally:
        running.stop()


def cloud(portal: Portal) -> dict[str, Any]:
    return {
        "mode": "ocpp_cloud", "server_url": f"{portal.info['backend_url']}/{{deviceId}}",
        "initial_device_password": PASSWORD, "authorization_required": True,
    }  # fmt: skip


def heard(portal: Portal) -> list[dict[str, Any]]:
    """What the backend heard of this site; the chargers of the demo's other place may go there by themselves."""
    return [line for line in portal.backend() if not str(line["identity"]).startswith("ZHA")]


def sessions(portal: Portal) -> dict[str, list[dict[str, Any]]]:
    """What the backend heard of sessions, by charger, in its order."""
    by_charger: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in heard(portal):
        if line["action"] in {"StartTransaction", "MeterValues", "StopTransaction"}:
            by_charger[line["identity"]].append(line)
    return by_charger


def complete(lines: list[dict[str, Any]]) -> bool:
    """A start, meter values of it and its stop, under one id that is the backend's own."""
    actions = [line["action"] for line in lines]
    if "StopTransaction" not in actions or actions[0] != "StartTransaction":
        return False
    within = lines[1 : actions.index("StopTransaction") + 1]
    return len({line["payload"]["transactionId"] for line in within}) == 1 and len(within) > 1


def none_left_open(portal: Portal) -> bool:
    return all(
        [line["action"] for line in lines].count("StartTransaction")
        == [line["action"] for line in lines].count("StopTransaction")
        for lines in sessions(portal).values()
    )


def test_a_whole_session_arrives_at_the_backend_and_sessions_end_where_they_began(portal: Portal) -> None:
    installation = portal.info["installations"][0]["id"]
    rollout = switch(portal, installation, cloud(portal))
    rows = wait_for_all(portal, rollout, timeout_seconds=300)
    applied = {row["device_id"] for row in rows if row["state"] == "applied"}
    assert len(applied) == len(rows) - 1, rows

    def connected() -> bool:
        return bool(
            portal.api("GET", f"/installations/{installation}/").json()["backends"]["connected"] == len(applied)
        )

    wait_until(connected, timeout_seconds=90, what="every charger connected to its backend")
    boots = [line for line in heard(portal) if line["action"] == "BootNotification"]
    assert {line["identity"] for line in boots} == applied
    assert all(line["basic_user"] == line["identity"] for line in boots)
    wait_until(
        lambda: any(complete(lines) for lines in sessions(portal).values()),
        timeout_seconds=240,
        what="a whole charging session at the backend",
    )
    charger = next(device for device, lines in sessions(portal).items() if complete(lines))
    shown = portal.api("GET", f"/chargers/{charger}/").json()
    assert shown["upstream"]["state"] == "connected"
    assert shown["alarms"] == []

    back = switch(portal, installation, {"mode": "native", "server_url": "", "authorization_required": True})
    returned = wait_for_all(portal, back, timeout_seconds=300)
    assert applied <= {row["device_id"] for row in returned if row["state"] == "applied"}

    def left() -> bool:
        backends = portal.api("GET", f"/installations/{installation}/").json()["backends"]
        return bool(backends["connected"] == 0 and backends["queued"] == 0)

    wait_until(left, timeout_seconds=60, what="no connection to the backend any more")
    assert none_left_open(portal)
    told = len(heard(portal))
    time.sleep(5)
    assert len(heard(portal)) == told
    assert all(portal.api("GET", f"/chargers/{device}/").json()["left_behind"] is None for device in sorted(applied))
    judge = portal.judge()
    assert verdict.disturbances(judge) == []
    assert verdict.open_fences(judge) == []
    assert verdict.repeats(judge) == []
    written = [line["payload"] for line in judge if line["action"] == "ChangeConfiguration"]
    assert not any(one["key"] == "AuthorizationKey" or "ws://" in str(one["value"]) for one in written)
    for record in (portal.data / "judge.ndjson", portal.log, *(portal.data / "logs").glob("*.log")):
        assert PASSWORD not in record.read_text()


def sign_in(page: Page, portal: Portal) -> None:
    service = next(user for user in portal.info["users"] if user["role"] == "service")
    page.goto(f"{portal.info['url'].rstrip('/')}/sign-in/")
    page.get_by_label("E-mail address").fill(service["email"])
    page.get_by_label("Password").fill(service["password"])
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.browser
def test_into_the_cloud_in_a_browser(portal: Portal, open_page: OpenPage) -> None:
    page = open_page()
    sign_in(page, portal)
    place = portal.info["installations"][1]
    url = portal.info["url"].rstrip("/")
    page.goto(f"{url}/installations/{place['id']}/authentication/")
    page.locator('input[name="mode"][value="ocpp_cloud"]').check()
    page.get_by_label("Server URL").fill(f"{portal.info['backend_url']}")
    expect(page.locator("#said-server_url")).to_contain_text("/{deviceId}")
    page.get_by_label("Server URL").fill(f"{portal.info['backend_url']}/{{deviceId}}")
    shoot(page, "cloud-form")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview")).to_contain_text("by this portal, signing in as")
    acknowledge_and_name(page, place["name"])
    shoot(page, "cloud-preview")
    page.get_by_role("button", name="Save and roll out").click()
    expect(page.get_by_role("heading", name="Version 2: OCPP cloud")).to_be_visible()
    wait_until(lambda: states(page)["applied"] == 2, timeout_seconds=120, what="both chargers landed")
    page.goto(f"{url}/chargers/ZHA000001/")
    expect(page.locator("#upstream")).to_contain_text("backend connected", timeout=60_000)
    shoot(page, "cloud-charger")
    page.goto(f"{url}/installations/{place['id']}/")
    expect(page.locator("#backends")).to_contain_text("backend connected: 2", timeout=60_000)
    shoot(page, "cloud-installation")
    for name, dark, width in (("dark", True, 1280), ("phone", False, 360)):
        other = open_page(dark=dark, width=width)
        sign_in(other, portal)
        for what, path in (
            ("form", f"installations/{place['id']}/authentication/"), ("charger", "chargers/ZHA000001/"),
            ("installation", f"installations/{place['id']}/"), ("chargers", f"installations/{place['id']}/chargers/"),
        ):  # fmt: skip
            other.goto(f"{url}/{path}")
            shoot(other, f"cloud-{what}-{name}")
            assert other.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
