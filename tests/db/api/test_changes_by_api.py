"""A bulk mode switch as a script does it: ask, follow one resource, acknowledge, apply, read who was refused."""

from typing import Any

import pytest

from chargers.models import AuthenticationChange, Rollout
from chargers.services.changes import work_on
from installations.services.grants import grant_access
from tests.db.api.conftest import World

ASK = {"mode": "ocpp_direct", "server_url": "ws://ocpp.example.com/{deviceId}"}
BASE = "/authentication-changes/"


def work() -> None:
    for change in AuthenticationChange.objects.all():
        while work_on(change.pk):
            pass


def test_from_a_filter_to_rollouts(world: World) -> None:
    asked = world["service"]("POST", BASE, {**ASK, "filter": {}})
    assert asked.status_code == 202, asked.content
    assert asked.json()["state"] == "judging"
    assert asked.json()["installations"] == {"total": 1, "pending": 1}
    address = asked["Location"]
    work()
    ready = world["service"]("GET", address).json()
    assert ready["state"] == "ready"
    codes = [warning["code"] for warning in ready["warnings"]]
    assert "cleartext" in codes
    refused = world["service"]("POST", f"{address}apply/", {"acknowledge": []})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_acknowledged")
    applied = world["service"]("POST", f"{address}apply/", {"acknowledge": codes})
    assert applied.status_code == 202
    work()
    done = world["service"]("GET", address).json()
    assert (done["state"], done["installations"]) == ("finished", {"total": 1, "saved": 1})
    rows = world["service"]("GET", f"{address}installations/?state=saved").json()["results"]
    assert rows[0]["installation"] == world.site.pk
    assert Rollout.objects.get(pk=rows[0]["rollout"]).installation == world.site
    again = world["service"]("POST", f"{address}apply/", {"acknowledge": codes})
    assert (again.status_code, again.json()["code"]) == (409, "change_not_ready")
    assert [row["id"] for row in world["service"]("GET", BASE).json()["results"]] == [done["id"]]
    assert world["owner"]("GET", address).status_code == 404


def test_those_one_may_only_look_at_are_refused_one_by_one(world: World) -> None:
    grant_access(
        installation=world.elsewhere, actor=world.users["staff"], role="viewer", email=world.users["service"].email
    )
    ids = [world.site.pk, world.elsewhere.pk]
    address = world["service"]("POST", BASE, {**ASK, "installations": ids})["Location"]
    work()
    rows = world["service"]("GET", f"{address}installations/").json()["results"]
    assert {row["installation"]: row["state"] for row in rows} == {ids[0]: "ready", ids[1]: "refused"}
    assert [finding["code"] for row in rows for finding in row["findings"] if row["state"] == "refused"] == ["no_right"]
    german = world["service"]("GET", f"{address}installations/?state=refused", Accept_Language="de").json()["results"]
    assert german[0]["findings"][0]["detail"] == "Sie dürfen den Modus dieser Installation nicht setzen."


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (ASK, "either", "/installations"),
        ({**ASK, "filter": {}, "installations": [1]}, "either", "/installations"),
        ({**ASK, "installations": [987654321]}, "unknown_installation", "/installations/0"),
        ({**ASK, "filter": {"search": "no such place"}}, "no_installations", ""),
        ({**ASK, "filter": {"state": "nonsense"}}, "invalid_choice", "/filter/state"),
        ({**ASK, "filter": {}, "acknowledge": ["cleartext"]}, "unknown_field", "/acknowledge"),
    ],
)
def test_what_cannot_be_asked_for_names_the_field(world: World, body: dict[str, Any], code: str, pointer: str) -> None:
    answer = world["service"]("POST", BASE, body)
    assert answer.status_code == 422, answer.content
    assert (answer.json()["errors"][0]["code"], answer.json()["errors"][0]["pointer"]) == (code, pointer)
    assert not AuthenticationChange.objects.exists()
