"""Hostile frames over a socket at a running gateway: it stays up, and the database hears of no error."""

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from chargers.models import Message
from gateway import metrics
from gateway.ocpp16.effects import Oddity
from tests.conformance.sockets import Node, all_tables, register
from tests.fuzz.hostile import Hostile
from tests.loop.gateway_world import PASSWORD, ScriptedCharger, db, dial, eventually

FRAMES = 20_000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 1_000


@pytest.fixture(scope="module", params=["picows", "websockets"])
def node(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[Node]:
    with django_db_blocker.unblock(), all_tables(), Node(transport=request.param) as node:
        yield node


async def connected(node: Node, device_id: str) -> ClientConnection:
    await eventually(lambda: node.gateway.connections.get(device_id) is None)
    # Nobody reads the answers: they must not hold up the end of the connection.
    return await dial(node.gateway, device_id, PASSWORD, max_queue=None)


@pytest.mark.django_db
async def test_the_gateway_outlives_hostile_chargers(node: Node) -> None:
    enemy, friend = await db(register), await db(register)
    for one in (enemy, friend):
        await node.refresh(one.device_id)
    good = ScriptedCharger(await dial(node.gateway, friend.device_id, PASSWORD))
    await good.send("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    before = failures(node)
    hostile = Hostile(random.Random(FRAMES))
    link = await connected(node, enemy.device_id)
    for _frame in range(FRAMES):
        text = hostile.frame()
        try:
            await link.send(text.encode(errors="replace").decode())
        except ConnectionClosed:
            link = await connected(node, enemy.device_id)
    await link.close()
    # Its own messages are kept and answered meanwhile, and whatever waits before them is in the database.
    start = {"connectorId": 1, "idTag": "T", "meterStart": 1, "timestamp": "2026-01-01T10:00:00Z"}
    assert (await good.send("StartTransaction", start))["transactionId"] > 0
    await eventually(lambda: logged(friend.pk))
    assert failures(node) == before
    await good.close()


def failures(node: Node) -> dict[str, float]:
    """Whatever the store or the message log could not do, and what the log left out."""
    return {
        "store": node.gateway.store.failures,
        "log": node.gateway.message_log.failures,
        "not kept": metrics.MESSAGES_NOT_KEPT._value.get(),
        "refused": metrics.ODDITIES.labels(Oddity.STORE_FAILED.value)._value.get(),
    }


def logged(charger_id: int) -> bool:
    """The log is written in order: what it has of the last message, it has of all before."""
    return Message.objects.filter(charger=charger_id, action="StartTransaction").exists()
