"""A save as a script does it: read the version, acknowledge every warning, PUT."""

import itertools
from typing import Any

import requests

from tests.faults.world import World

_serial = itertools.count(1)


def settings(world: World, url: str = "") -> dict[str, Any]:
    """Settings nobody had before: every charger has something to write."""
    return {
        "mode": "ocpp_direct",
        "server_url": url or f"{world.backend_url}/r{next(_serial)}/{{deviceId}}",
        "authorization_required": True,
        "policy": {"waves": ["1"]},
    }


def etag(world: World) -> str:
    return world.api("GET", f"/installations/{world.site}/authentication/").headers["ETag"]


def codes(world: World, body: dict[str, Any]) -> list[str]:
    shown = world.api("POST", f"/installations/{world.site}/authentication/preview/", body=body)
    assert shown.status_code == 200, shown.text
    assert shown.json()["problems"] == [], shown.text
    return [finding["code"] for finding in shown.json()["warnings"]]


def put(world: World, body: dict[str, Any], version: str, **headers: str) -> requests.Response:
    return world.api("PUT", f"/installations/{world.site}/authentication/", body=body, If_Match=version, **headers)


def save_for_all_at_once(world: World) -> str:
    """A rollout without waves, in which every charger has something to write: back to native from direct."""
    world.settle(save(world))
    return save(world, mode="native", server_url="", policy={"waves": []})


def save(world: World, url: str = "", **fields: Any) -> str:
    """The address of the rollout."""
    body = {**settings(world, url), **fields}
    body["acknowledge"] = codes(world, body)
    answer = put(world, body, etag(world))
    assert answer.status_code == 202, answer.text
    return answer.headers["Location"].removeprefix("/api/v1")
