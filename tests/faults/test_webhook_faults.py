"""Senders of webhooks that die at any moment: every event arrives, under one id and as the same bytes."""

import time
from functools import partial
from http.server import BaseHTTPRequestHandler

import pytest

from tests.acceptance.portal import wait_until
from tests.faults.assertions import settled
from tests.faults.saving import save
from tests.faults.world import World
from tests.receiver import Receiver, listening

pytestmark = pytest.mark.slow
KINDS = ["delivery.ended", "rollout.finished"]


def slowly(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(0.3)
    handler.send_response(200)
    handler.end_headers()


def beyond(receiver: Receiver, count: int) -> bool:
    return len(receiver.heard) > count


def test_senders_killed_again_and_again_lose_nothing(world: World) -> None:
    """Two of them; each is killed while its receiver holds events that it has not recorded."""
    with listening() as receiver:
        receiver.talk = slowly
        body = {"installation": world.site, "url": receiver.url, "events": KINDS}
        made = world.api("POST", "/webhooks/", body=body).json()
        hook = f"/webhooks/{made['id']}/"
        settled(world, save(world), timeout_seconds=90)
        for _number in range(12):
            assert world.api("POST", f"{hook}test/").status_code == 202
        for name, heard in (("webhooks-1", 2), ("webhooks-2", 6), ("webhooks-1", 9)):
            world.start(name)
            wait_until(partial(beyond, receiver, heard), timeout_seconds=60, what="events", every_seconds=0.02)
            world.kill(name)
        world.start("webhooks-2")

        def all_there() -> bool:
            rows = world.api("GET", f"{hook}deliveries/?count=true").json()
            return rows["count"] >= 12 + 5 and all(row["state"] == "delivered" for row in rows["results"])

        wait_until(all_there, timeout_seconds=120, what="every event delivered", every_seconds=0.5)
        rows = world.api("GET", f"{hook}deliveries/").json()["results"]
        assert {row["event_id"] for row in rows} == {heard.name for heard in receiver.heard}
        bodies = {(heard.name, heard.body) for heard in receiver.heard}
        assert len(bodies) == len(rows), "one id, the same bytes"
        assert len(receiver.heard) > len(rows), "what was sent and not recorded was said again"
        assert {event["type"] for event in receiver.events()} >= {"delivery.ended", "webhook.test"}
