"""People's commands at chargers of a real gateway: the simulator's own truth, and answers nobody wishes for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chargers.models import Charger, GatewayRequest, ReportedSetting, Transaction
from chargers.services.commanding import command
from gateway.server import Gateway
from gateway.simulator.crowd import Crowd, CrowdPlan
from gateway.simulator.run import BackOff
from gateway.simulator.values import Pace
from tests.loop.gateway_world import PASSWORD, ScriptedCharger, db, eventually, make_charger
from tests.loop.test_requests import ended, owner, serving

PACE = replace(Pace().faster(100), reboot=(0.1, 0.2), reset=0.05)


@asynccontextmanager
async def simulated(gateway: Gateway, folder: Path, *, connectors: int = 1) -> AsyncIterator[Crowd]:
    """One simulated charger at the gateway, idle, where no car comes by itself."""
    plan = CrowdPlan(
        gateway=f"ws://127.0.0.1:{gateway.bound_port}/ocpp", count=1, prefix="ZCS", pace=PACE,
        back_off=BackOff(0.05, 0.2), judge=folder / "judge.ndjson", seed=1, passwords={"ZCS000001": PASSWORD},
        connectors=connectors,
    )  # fmt: skip
    crowd = Crowd(plan)
    crowd.start()
    try:
        await eventually(lambda: idle(gateway))
        yield crowd
    finally:
        await crowd.stop()


def idle(gateway: Gateway) -> bool:
    connection = gateway.connections.get("ZCS000001")
    return connection is not None and connection.is_idle()


async def order(person: User, kind: str, **parameters: Any) -> GatewayRequest:
    def ask() -> GatewayRequest:
        charger = Charger.objects.select_related("installation").get()
        return command(charger=charger, kind=kind, parameters=parameters, actor=person)

    return await ended(await db(ask))


async def answer(person: User, kind: str, **parameters: Any) -> str:
    """OCPP's word, or the error's code."""
    row = await order(person, kind, **parameters)
    return row.error or str(row.result["status"])


async def test_a_simulated_charger_obeys(transactional_db: None, tmp_path: Path) -> None:
    await db(make_charger)
    person = await db(owner)
    async with serving() as gateway, simulated(gateway, tmp_path):
        assert await answer(person, "get_configuration") == "Accepted"
        assert await eventually(lambda: ReportedSetting.objects.filter(key="HeartbeatInterval").exists())
        assert not await db(lambda: ReportedSetting.objects.filter(key__icontains="password").exists())
        assert await answer(person, "trigger_message", message="StatusNotification") == "Accepted"
        assert await answer(person, "clear_cache") == "Accepted"
        assert await answer(person, "unlock", connector_id=1) == "Unlocked"
        assert await answer(person, "data_transfer", vendor_id="com.example") == "UnknownVendorId"
        assert await answer(person, "change_availability", type="Inoperative") == "Accepted"
        assert await answer(person, "change_availability", type="Operative") == "Accepted"

        await eventually(lambda: idle(gateway))
        changed = await order(person, "change_configuration", settings={"ConnectionTimeOut": "77"})
        assert (changed.error, changed.result["status"]) == ("", "Accepted")
        assert changed.result["observed"] == {"ConnectionTimeOut": "77"}
        assert await eventually(lambda: ReportedSetting.objects.filter(key="ConnectionTimeOut", value="77").exists())
        read_only = await order(person, "change_configuration", settings={"NumberOfConnectors": "9"})
        assert (read_only.error, read_only.result["status"]) == ("", "Rejected")

        assert await answer(person, "remote_start", id_tag="04A2B3", connector_id=1) == "Accepted"
        assert await eventually(lambda: Transaction.objects.filter(id_tag="04A2B3").exists())
        assert await answer(person, "remote_stop", transaction_id=987654) == "Rejected"
        assert await answer(person, "reset", type="Hard") == "Accepted"


@pytest.fixture
async def scripted(transactional_db: None) -> AsyncIterator[tuple[Gateway, ScriptedCharger, User]]:
    await db(make_charger)
    person = await db(owner)
    async with serving() as gateway:
        await eventually(lambda: gateway.directory.find("ZCS000001"))
        charger = await ScriptedCharger.booted(gateway)
        await eventually(lambda: idle(gateway))
        yield gateway, charger, person
        await charger.close()


async def test_nothing_is_sent_while_a_push_holds_the_charger(scripted: Any) -> None:
    gateway, charger, person = scripted
    gateway.connections["ZCS000001"].pushing = True
    before = len(charger.calls)
    assert await answer(person, "reset", type="Soft") == "busy"
    assert await answer(person, "change_configuration", settings={"A": "1"}) == "busy"
    assert len(charger.calls) == before
    gateway.connections["ZCS000001"].pushing = False
    await charger.status(1, "Preparing")
    row = await order(person, "change_configuration", settings={"A": "1"})
    assert (row.error, row.result) == ("busy", {"reason": "connector"})
    assert len(charger.calls) == before


async def test_a_change_is_fenced_written_read_back_and_opened(scripted: Any) -> None:
    _gateway, charger, person = scripted
    charger.configuration = {"A": "0", "B": "1"}
    charger.calls.clear()
    row = await order(person, "change_configuration", settings={"A": "1", "B": "1"})
    assert (row.result["status"], row.result["statuses"]) == ("Accepted", {"B": "Unchanged", "A": "Accepted"})
    told = [(action, body.get("type") or body.get("key")) for action, body in charger.calls]
    assert told == [
        ("GetConfiguration", ["A", "B"]), ("ChangeAvailability", "Inoperative"), ("ChangeConfiguration", "A"),
        ("GetConfiguration", ["A", "B"]), ("ChangeAvailability", "Operative"),
    ]  # fmt: skip
    charger.answers["ChangeConfiguration"] = lambda _body: {"status": "Accepted"}
    row = await order(person, "change_configuration", settings={"A": "2"})
    assert (row.error, row.result["observed"]) == ("mismatch", {"A": "1"})
    assert charger.calls[-1] == ("ChangeAvailability", {"connectorId": 0, "type": "Operative"})


async def test_answers_nobody_wishes_for_have_their_codes(scripted: Any) -> None:
    gateway, charger, person = scripted
    charger.answers["ReserveNow"] = lambda _body: {"status": "Occupied"}
    reserved = await order(person, "reserve_now", id_tag="X", expires_at=in_an_hour())
    assert reserved.result["status"] == "Occupied"
    number = charger.calls[-1][1]["reservationId"]
    assert reserved.payload["call"]["reservationId"] == number
    charger.answers["CancelReservation"] = lambda _body: {"status": "Nonsense"}
    assert await answer(person, "cancel_reservation", reservation_id=number) == "invalid_answer"
    charger.answers["UpdateFirmware"] = lambda _body: {}
    assert await answer(person, "update_firmware", location="https://maker.example.com/f") == "Accepted"

    def hang_up(_body: dict[str, Any]) -> dict[str, Any]:
        charger.link.transport.abort()
        return {"silent": True}

    charger.answers["ClearCache"] = hang_up
    assert await answer(person, "clear_cache") == "outcome_unknown"
    await eventually(lambda: "ZCS000001" not in gateway.connections)


async def test_a_secret_in_a_reported_configuration_is_kept_nowhere(scripted: Any) -> None:
    _gateway, charger, person = scripted
    charger.configuration = {"AuthorizationKey": "told-by-a-careless-charger", "Plain": "1"}
    row = await order(person, "get_configuration")
    assert row.result["count"] == 1
    assert await eventually(lambda: list(ReportedSetting.objects.values_list("key", "value")) == [("Plain", "1")])
    assert "careless" not in repr(row.result)


def in_an_hour() -> Any:
    return timezone.now() + timedelta(hours=1)
