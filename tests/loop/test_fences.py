"""A push opens again only what it closed: by the record of a simulated charger with two connectors."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from chargers.models import ChargerLink, Connector
from gateway.commands import serve_orders
from gateway.push import Pusher
from gateway.server import Gateway
from tests.loop.gateway_world import PEPPER, QUICK, db, eventually, make_charger
from tests.loop.simulator.site import read_lines
from tests.loop.test_commands import answer, idle, order, simulated
from tests.loop.test_requests import owner, serving

CHANGE = {"settings": {"ConnectionTimeOut": "77"}}


async def take_out(gateway: Gateway, person: User, connector: int) -> None:
    assert await answer(person, "change_availability", type="Inoperative", connector_id=connector) == "Accepted"
    await eventually(lambda: Connector.objects.filter(number=connector, status="Unavailable").exists())
    assert await eventually(lambda: idle(gateway))


def orders(folder: Path) -> list[tuple[int, str]]:
    """What was closed and opened, by the charger's own record, after the person's order."""
    lines = [one for one in read_lines(folder / "judge.ndjson") if one["action"] == "ChangeAvailability"]
    return [(one["payload"]["connectorId"], one["payload"]["type"]) for one in lines[1:]]


def statuses(number: int) -> Callable[[], str]:
    return lambda: Connector.objects.get(number=number).status


async def test_a_push_leaves_alone_what_a_person_took_out_of_service(transactional_db: None, tmp_path: Path) -> None:
    await db(make_charger)
    person = await db(owner)
    async with serving() as gateway, simulated(gateway, tmp_path, connectors=2) as crowd:
        await take_out(gateway, person, 2)
        assert await db(lambda: Connector.objects.get(number=2).ordered_out_at) is not None
        changed = await order(person, "change_configuration", **CHANGE)
        assert changed.result["status"] == "Accepted"
        assert orders(tmp_path) == [(1, "Inoperative"), (1, "Operative")]
        operative = [each.operative for each in crowd.chargers[0].point.sessions.connectors]
        assert operative == [True, True, False]
        assert await answer(person, "change_availability", type="Operative", connector_id=2) == "Accepted"
        await eventually(lambda: Connector.objects.filter(number=2, ordered_out_at=None, status="Available").exists())


async def test_an_order_counts_before_the_charger_shows_it(transactional_db: None, tmp_path: Path) -> None:
    await db(make_charger)
    person = await db(owner)
    async with serving() as gateway, simulated(gateway, tmp_path, connectors=2):
        await eventually(lambda: Connector.objects.filter(number=2).exists())
        assert await answer(person, "change_availability", type="Inoperative", connector_id=2) == "Accepted"
        session = gateway.connections["ZCS000001"].session
        assert session is not None
        assert set(session.ordered_out) == {2}
        assert gateway.connections["ZCS000001"].to_close() == (1,)


async def test_a_gateway_killed_in_the_middle_of_a_push_opens_the_same_afterwards(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    await db(make_charger)
    person = await db(owner)
    written = asyncio.Event()

    async def hang(*_arguments: object) -> None:
        written.set()
        await asyncio.Event().wait()

    first, task = await started("first", settings)
    async with simulated(first, tmp_path, connectors=2) as crowd:
        await take_out(first, person, 2)
        monkeypatch.setattr(Pusher, "_write", hang)
        asking = asyncio.create_task(order(person, "change_configuration", **CHANGE))
        await asyncio.wait_for(written.wait(), 20)
        asking.cancel()
        assert (await db(lambda: ChargerLink.objects.get())).fence_connectors == [1]
        operative = [each.operative for each in crowd.chargers[0].point.sessions.connectors]
        assert operative == [True, False, False]
        task.cancel()
        await asyncio.wait([task])

        second, task = await started("second", settings, port=first.bound_port)
        await eventually(lambda: idle(second) and statuses(1)() == "Available", seconds=20)
        assert await db(statuses(2)) == "Unavailable"
        assert orders(tmp_path) == [(1, "Inoperative"), (1, "Operative")]
        await eventually(lambda: ChargerLink.objects.filter(fence_closed_at=None).exists())
    second.stop()
    await asyncio.wait_for(task, 20)


async def started(name: str, settings: Any, port: int = 0) -> tuple[Gateway, asyncio.Task[None]]:
    gateway = Gateway(node=name, host="127.0.0.1", port=port, pepper=PEPPER, session_settings=QUICK)
    ready = asyncio.Event()
    task = asyncio.create_task(gateway.run(ready=ready.set))
    await asyncio.wait_for(ready.wait(), 20)
    gateway.spawn(serve_orders(gateway, settings.REDIS_URL))
    return gateway, task
