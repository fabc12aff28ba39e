"""The demo backend and the independent charge points agree on the standard."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from ocpp.v16 import call

from gateway.simulator.backend import Users
from tests.loop.simulator.site import Central, Site
from tests.peers.node import NodePeer
from tests.peers.python import PythonPeer

PASSWORD = "Link0Password0123456"


@pytest.fixture
async def central(tmp_path: Path) -> AsyncIterator[Central]:
    site = Site(tmp_path)
    yield await site.backend(users=Users(shared=PASSWORD))
    await site.stop()


@pytest.mark.parametrize("kind", [NodePeer, PythonPeer])
async def test_a_peer_charges_and_takes_a_setting(kind: type[NodePeer | PythonPeer], central: Central) -> None:
    async with kind(f"{central.url}/ocpp", "PEER1", PASSWORD) as peer:
        assert await peer.boot() == "Accepted"
        assert (await peer.heartbeat()).endswith("Z")
        assert await peer.charge() > 0
        answer = await central.call(call.ChangeConfiguration("HeartbeatInterval", "60"), "PEER1")
        assert answer.status == "Accepted"
        assert (await central.call(call.ChangeConfiguration("Nothing", "60"), "PEER1")).status == "NotSupported"
        read = await central.call(call.GetConfiguration(["HeartbeatInterval"]), "PEER1")
        assert read.configuration_key[0]["value"] == "60"
        assert [method for method, _ in peer.received] == ["ChangeConfiguration"] * 2 + ["GetConfiguration"]
        assert peer.violations == []
    assert [line["action"] for line in central.lines("StopTransaction")] == ["StopTransaction"]
