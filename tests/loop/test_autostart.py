"""Everybody may charge, the charger has no key for it: a plugged-in car is started from here, once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chargers.models import Charger, Connector, Transaction
from gateway import autostart
from gateway.server import Gateway
from installations.id_tag import marker_tag
from tests.loop.gateway_world import ScriptedCharger, db, dial, eventually, make_charger, running
from tests.loop.simulated import Simulated, simulated


@pytest.fixture
async def gateway(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    monkeypatch.setattr(autostart, "LOOK_SECONDS", 0.05)
    async with running("picows") as node:
        yield node


async def registered(gateway: Gateway, *, required: bool = False) -> Charger:
    row = await db(lambda: make_charger(required=required))
    await eventually(lambda: gateway.directory.find("ZCS000001"))
    return row


async def ready(charger: Simulated, gateway: Gateway) -> None:
    await eventually(lambda: Connector.objects.filter(number=1, status="Available").exists())


async def test_a_plugged_in_car_is_started_once_whatever_happens_to_the_line(gateway: Gateway, tmp_path: Path) -> None:
    row = await registered(gateway)
    async with simulated(gateway, tmp_path) as charger:
        await ready(charger, gateway)
        charger.plug_in()
        session = await eventually(lambda: Transaction.objects.filter(charger=row).first())
        assert session.id_tag == marker_tag(row.installation_id)
        assert session.id_tag_status == "Accepted"
        charger.pull_cable(0.1)
        await eventually(lambda: len(charger.heard("TriggerMessage")) or "ZCS000001" in gateway.connections)
        await asyncio.sleep(0.5)
        assert [line["payload"] for line in charger.heard("RemoteStartTransaction")] == [
            {"idTag": marker_tag(row.installation_id), "connectorId": 1}
        ]
        charger.unplug()
        await eventually(lambda: Connector.objects.filter(number=1, status="Available").exists())
        charger.plug_in()
        await eventually(lambda: Transaction.objects.filter(charger=row).count() == 2)
        assert len(charger.heard("RemoteStartTransaction")) == 2


async def test_nobody_is_started_while_a_push_holds_the_charger(gateway: Gateway, tmp_path: Path) -> None:
    row = await registered(gateway)
    async with simulated(gateway, tmp_path) as charger:
        await ready(charger, gateway)
        gateway.connections["ZCS000001"].pushing = True
        charger.plug_in()
        await eventually(lambda: Connector.objects.filter(number=1, status="Preparing").exists())
        await asyncio.sleep(0.3)
        assert charger.heard("RemoteStartTransaction") == []
        gateway.connections["ZCS000001"].pushing = False
        await eventually(lambda: Transaction.objects.filter(charger=row).exists())


async def test_a_charger_with_a_key_for_it_starts_by_itself(gateway: Gateway, tmp_path: Path) -> None:
    await registered(gateway)
    async with simulated(gateway, tmp_path, "simulator") as charger:
        await ready(charger, gateway)
        charger.plug_in()
        await eventually(lambda: Connector.objects.filter(number=1, status="Preparing").exists())
        await asyncio.sleep(0.3)
        assert charger.heard("RemoteStartTransaction") == []


async def test_a_start_that_was_refused_is_not_repeated_even_after_a_reconnect(gateway: Gateway) -> None:
    await registered(gateway)
    charger = await ScriptedCharger.booted(gateway)
    # This vendor's simulated profile has a key; a make nobody knows has none.
    await charger.send("BootNotification", {"chargePointVendor": "Nobody", "chargePointModel": "Knows"})
    charger.answers["RemoteStartTransaction"] = lambda _payload: {"status": "Rejected"}
    await charger.status(1, "Preparing")
    await eventually(lambda: [one for one in charger.calls if one[0] == "RemoteStartTransaction"])
    await charger.close()
    await eventually(lambda: "ZCS000001" not in gateway.connections)
    again = ScriptedCharger(await dial(gateway))
    await again.status(1, "Preparing")
    await asyncio.sleep(0.3)
    assert [one for one in again.calls if one[0] == "RemoteStartTransaction"] == []
    await again.close()


async def test_cards_that_are_asked_for_are_shown_by_people(gateway: Gateway, tmp_path: Path) -> None:
    await registered(gateway, required=True)
    async with simulated(gateway, tmp_path) as charger:
        await ready(charger, gateway)
        charger.plug_in()
        await eventually(lambda: Connector.objects.filter(number=1, status="Preparing").exists())
        await asyncio.sleep(0.3)
        assert charger.heard("RemoteStartTransaction") == []
