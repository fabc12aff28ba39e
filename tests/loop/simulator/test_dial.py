"""A dial that comes to nothing is told, so that the charger tries again."""

import asyncio

import pytest

from gateway.simulator.dial import DialFailed, dial
from gateway.simulator.values import Endpoint
from gateway.wire import Wire


async def test_a_peer_that_hangs_up_during_the_handshake_is_a_failed_dial() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        wire = Wire(lambda: None, lambda _text: None, lambda: None)
        with pytest.raises(DialFailed):
            await asyncio.wait_for(dial(Endpoint(f"ws://127.0.0.1:{port}/ocpp/A", "A"), wire), 10)
