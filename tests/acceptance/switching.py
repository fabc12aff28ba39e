"""Steps of a mode switch by API, as a charge-point operator's script would take them."""

from typing import Any

from tests.acceptance.portal import Portal, wait_until

FINAL = {"applied", "handed_over", "rejected", "unsupported", "failed", "superseded", "cancelled"}


def switch(portal: Portal, installation: int, settings: dict[str, Any], *, role: str = "service") -> str:
    """Preview, acknowledge every warning, save; answers the rollout's address."""
    base = f"/installations/{installation}/authentication/"
    etag = portal.api("GET", base, role=role).headers["ETag"]
    preview = portal.api("POST", f"{base}preview/", role=role, body=settings)
    assert preview.status_code == 200, preview.text
    assert preview.json()["problems"] == [], preview.text
    acknowledge = [finding["code"] for finding in preview.json()["warnings"]]
    saved = portal.api(
        "PUT", base, role=role, body={**settings, "acknowledge": acknowledge}, headers={"If-Match": etag}
    )
    assert saved.status_code == 202, saved.text
    return saved.headers["Location"]


def deliveries(portal: Portal, rollout: str) -> list[dict[str, Any]]:
    path = rollout if rollout.startswith("http") else portal.info["url"].rstrip("/") + rollout
    return list(portal.pages_of(f"{path}deliveries/"))


def explained(delivery: dict[str, Any]) -> bool:
    """Final, or waiting for a named thing that only the site can change."""
    return delivery["state"] in FINAL or (delivery["state"] == "waiting" and delivery["reason"] == "offline")


def wait_for_all(portal: Portal, rollout: str, *, timeout_seconds: float, count: int = 1) -> list[dict[str, Any]]:
    """``count``: at least so many deliveries; one to which an older setting is just being pushed gets its own later."""

    def settled() -> list[dict[str, Any]]:
        rows = deliveries(portal, rollout)
        return rows if len(rows) >= count and all(explained(row) for row in rows) else []

    try:
        return wait_until(settled, timeout_seconds=timeout_seconds, what="every delivery final or offline")
    except AssertionError as error:
        left = [row for row in deliveries(portal, rollout) if not explained(row)]
        raise AssertionError(f"{error}; unsettled: {left[:5]}") from error
