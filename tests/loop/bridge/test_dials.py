"""How many connections are begun at once, counted by who listens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.bridge.bridges import DIALS_PER_HOST, DIALS_PER_SITE
from gateway.bridge.dial import Account, DialFailed
from gateway.bridge.leg import Leg
from gateway.server import Gateway


class Silent:
    """Takes connections and never says a word."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

    async def take(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.taken.put(writer)


@asynccontextmanager
async def silent() -> AsyncIterator[Silent]:
    backend = Silent()
    server = await asyncio.start_server(backend.take, "127.0.0.1", 0)
    backend.port = server.sockets[0].getsockname()[1]
    try:
        yield backend
    finally:
        server.close()


@pytest.mark.parametrize("hosts", [1, 4])
async def test_a_host_and_a_site_have_so_many_dials_at_once(gateway: Gateway, hosts: int) -> None:
    """All to one host, each for another site; or of one site, to several hosts."""
    most = DIALS_PER_HOST if hosts == 1 else DIALS_PER_SITE
    async with asyncio.timeout(20), silent() as a, silent() as b, silent() as c, silent() as d:
        backends = [a, b, c, d][:hosts]

        async def dial(number: int) -> None:
            url = f"ws://127.0.0.1:{backends[number % hosts].port}/ocpp/ZCS{number}"
            account, leg = Account(url, f"ZCS{number}"), Leg(lambda *_call: None)
            with pytest.raises(DialFailed):
                await gateway.bridges.dial(account, leg, number if hosts == 1 else 1)

        dials = [asyncio.create_task(dial(number)) for number in range(most + hosts)]
        writers = [await backends[number % hosts].taken.get() for number in range(most)]
        assert all(one.taken.empty() for one in backends)
        for number, writer in enumerate(writers):
            writer.close()
            if number < hosts:
                (await backends[number].taken.get()).close()
        await asyncio.gather(*dials)
