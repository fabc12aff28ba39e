"""The message log over the API: pages, filters, and a stream of lines."""

import json

from tests.db.api.conftest import World
from tests.db.messages import NOON, say

PATH = "/chargers/zcs000143/messages/"


def test_messages_come_newest_first_with_their_json(world: World) -> None:
    say(world.charger, 3, payload='{"idTag":"04A2B3"}', action="Authorize")
    say(world.charger, at=NOON, action="", outcome="malformed", payload="no json", answer="", latency_seconds=None)
    first = world["service"]("GET", f"{PATH}?page_size=2&count=true").json()
    assert first["count"] == 4
    assert first["results"][0]["payload"] == {"idTag": "04A2B3"}
    second = world["service"]("GET", first["next"].split("/api/v1")[1]).json()
    assert second["results"][0]["payload"] == "no json"
    times = [row["at"] for row in first["results"] + second["results"]]
    assert times == sorted(times, reverse=True)


def test_filters(world: World) -> None:
    say(world.charger, 2)
    say(world.charger, direction="to_charger", action="Reset", status="Rejected")
    found = world["owner"]("GET", f"{PATH}?direction=to_charger&action=Reset&search=Rejected").json()["results"]
    assert [row["action"] for row in found] == ["Reset"]
    since = f"{NOON:%Y-%m-%dT%H:%M:%SZ}".replace(":00Z", ":01Z")
    assert len(world["owner"]("GET", f"{PATH}?since={since}").json()["results"]) == 1
    for query in ("direction=sideways", "since=yesterday", "colour=red"):
        assert world["owner"]("GET", f"{PATH}?{query}").status_code == 400


def test_all_of_them_as_a_stream_of_lines(world: World) -> None:
    say(world.charger, 3)
    answer = world["service"]("GET", f"{PATH}?action=Heartbeat", Accept="application/x-ndjson")
    assert answer["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line)["action"] for line in b"".join(answer).splitlines()] == ["Heartbeat"] * 3
    refused = world["viewer"]("GET", PATH, Accept="application/x-ndjson")
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["missing_roles"] == ["owner", "service"]
