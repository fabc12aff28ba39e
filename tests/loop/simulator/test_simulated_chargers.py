"""Simulated chargers against central systems built on the PyPI package ``ocpp``, over real sockets."""

# The package ocpp has no types.
# mypy: disable-error-code="import-untyped"

import asyncio
from collections import Counter
from pathlib import Path

import uvloop
from ocpp.v16 import call
from ocpp.v16.enums import AvailabilityType, ResetType

from gateway.simulator.backend import Users
from gateway.simulator.line import Boot
from gateway.simulator.scenarios import Scenario
from tests.loop.simulator.site import PASSWORD, Central, Site, until

KEY = "Backend0Key012345678"


async def booted(central: Central, count: int = 1) -> None:
    await until(lambda: len(central.lines("BootNotification")) >= count)


async def test_it_boots_under_its_path_and_basic_user(site: Site) -> None:
    central = await site.backend(users=Users(shared=PASSWORD))
    site.crowd(central, count=3)
    await booted(central, 3)
    for line in central.lines("BootNotification"):
        assert line["path"] == f"/ocpp/{line['identity']}"
        assert line["basic_user"] == line["identity"]
    assert {line["identity"] for line in central.lines("BootNotification")} == {"ZCS000001", "ZCS000002", "ZCS000003"}


async def test_a_wrong_password_is_tried_again_and_again(site: Site) -> None:
    central = await site.backend(users=Users(shared="Another0Password0123"))
    site.crowd(central)
    await until(lambda: len(central.lines("Handshake")) >= 3)
    assert not any(line["payload"]["admitted"] for line in central.lines("Handshake"))
    assert central.lines("BootNotification") == []


async def test_a_charger_that_keeps_its_link_has_two_connections(site: Site) -> None:
    portal, backend = await site.backend(users=Users(shared=PASSWORD)), await site.backend(users=Users(shared=KEY))
    site.crowd(portal)
    await booted(portal)
    for key, value in (("AuthorizationKey", KEY), ("CentralSystemURL", f"{backend.url}/base/ZCS000001")):
        assert (await portal.call(call.ChangeConfiguration(key, value))).status == "Accepted"
    await booted(backend)
    assert backend.lines("BootNotification")[0]["path"] == "/base/ZCS000001"
    assert (await portal.call(call.GetConfiguration(["CentralSystemURL"]))).configuration_key[0]["value"]
    assert (await portal.call(call.ChangeConfiguration("CentralSystemURL", ""))).status == "Accepted"
    await until(lambda: not backend.backend.sessions)
    assert portal.backend.sessions.keys() == {"ZCS000001"}
    assert len(portal.lines("Handshake")) == 1
    assert KEY not in (site.folder / "judge.ndjson").read_text()


async def test_a_charger_that_moves_leaves_after_its_soft_reset(site: Site) -> None:
    portal, backend = await site.backend(users=Users(shared=PASSWORD)), await site.backend(users=Users(shared=KEY))
    crowd = site.crowd(portal, profile="simulator-moving", state=site.folder / "state")
    await booted(portal)
    assert (await portal.call(call.ChangeConfiguration("AuthorizationKey", KEY))).status == "Accepted"
    assert (await portal.call(call.ChangeConfiguration("CentralSystemURL", backend.url))).status == "RebootRequired"
    assert (await portal.call(call.Reset(ResetType.soft))).status == "Accepted"
    await booted(backend)
    assert backend.lines("BootNotification")[0]["path"] == "/ZCS000001"
    assert not portal.backend.sessions

    await site.end(crowd)
    site.crowd(portal, profile="simulator-moving", state=site.folder / "state")
    await booted(backend, 2)
    assert len(portal.lines("Handshake")) == 1


async def test_a_rotated_key_counts_from_the_next_login_on(site: Site) -> None:
    users = Users(shared=KEY, path=site.folder / "users")
    portal, backend = await site.backend(), await site.backend(users=users, rotates=True)
    site.crowd(portal)
    await portal.call(call.ChangeConfiguration("AuthorizationKey", KEY))
    await portal.call(call.ChangeConfiguration("CentralSystemURL", f"{backend.url}/ZCS000001"))
    await until(lambda: users.has_own("ZCS000001"))
    await until(lambda: len(backend.lines("Handshake")) >= 2)
    assert all(line["payload"]["admitted"] for line in backend.lines("Handshake"))
    assert KEY not in (site.folder / "users").read_text()


async def test_what_happened_during_an_outage_is_told_afterwards_in_order(site: Site) -> None:
    central = await site.backend()
    crowd = site.crowd(central, scenario=Scenario.BUSY)
    await booted(central)
    point = crowd.chargers[0].point
    await until(lambda: point.lines["main"].boot is Boot.ACCEPTED)
    await central.go_away()
    await until(lambda: sum(each.action == "StopTransaction" for each in point.lines["main"].transactions) >= 2)
    again = await site.backend(port=central.port)
    await until(lambda: len(again.lines("StopTransaction")) >= 2)
    assert len(again.lines("BootNotification")) == 0
    assert len(again.lines("StartTransaction")) >= 2
    stops = [line["payload"]["transactionId"] for line in again.lines("StopTransaction")]
    assert stops == sorted(stops)
    assert -1 not in stops


async def test_the_judge_sees_every_call_and_the_open_transaction(site: Site) -> None:
    central = await site.backend()
    crowd = site.crowd(central)
    await booted(central)
    await central.call(call.ChangeConfiguration("HeartbeatInterval", "30"))
    await central.call(call.RemoteStartTransaction("APP", connector_id=1))
    await until(lambda: crowd.chargers[0].point.sessions.transaction_open)
    answer = await central.call(call.ChangeAvailability(0, AvailabilityType.inoperative))
    assert answer.status == "Scheduled"
    assert [(line["action"], line["transaction_open"], line["answer"]) for line in site.judged()] == [
        ("ChangeConfiguration", False, "Accepted"),
        ("RemoteStartTransaction", False, "Accepted"),
        ("ChangeAvailability", True, "Scheduled"),
    ]
    assert site.judged()[0]["central"] == f"127.0.0.1:{central.port}/ocpp/ZCS000001"


async def test_chargers_said_to_be_offline_never_connect(site: Site) -> None:
    central = await site.backend()
    site.crowd(central, count=3, offline=1)
    await booted(central, 2)
    await asyncio.sleep(0.1)
    assert central.backend.sessions.keys() == {"ZCS000001", "ZCS000002"}


def test_no_charger_of_a_crowd_falls_asleep_on_uvloop(tmp_path: Path) -> None:
    """uvloop's timers may ring a little early; every charger must still come back, again and again."""

    async def live() -> None:
        site = Site(tmp_path)
        try:
            central = await site.backend()
            site.crowd(central, count=40, scenario=Scenario.BUSY)
            for sessions in (1, 3):
                await until(lambda sessions=sessions: stopped(central, sessions) == 40, seconds=30)  # type: ignore[misc]
        finally:
            await site.stop()

    uvloop.run(live())


def stopped(central: Central, sessions: int) -> int:
    """How many chargers have ended that many transactions."""
    ended = Counter(line["identity"] for line in central.lines("StopTransaction"))
    return sum(count >= sessions for count in ended.values())
