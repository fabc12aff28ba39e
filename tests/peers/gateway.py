"""A real gateway node in this event loop, and the engine's batches run against it without a broker between."""

import asyncio
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

from django.conf import settings
from django.db import connections

from chargers.link_key import digest_link_key
from chargers.links.base import PushOrder, PushOutcome
from chargers.models import Charger, Delivery
from chargers.rollout.reconcile import reconcile_batch
from gateway.server import Gateway

PASSWORD = "Link0Password0123456"


async def in_database[T](work: Callable[[], T]) -> T:
    """Run it in a thread that leaves no connection open."""

    def run() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


class DirectLink:
    """``chargers.links.base.Link``: hands orders to a gateway of this process."""

    def __init__(self, gateway: Gateway, loop: asyncio.AbstractEventLoop) -> None:
        self._gateway, self._loop = gateway, loop

    def push(self, orders: Sequence[PushOrder], *, timeout_seconds: float) -> Iterator[Sequence[PushOutcome]]:
        for order in orders:
            yield [asyncio.run_coroutine_threadsafe(self._gateway.push(order), self._loop).result(timeout_seconds)]


class Node:
    """The gateway, listening on a free port."""

    def __init__(self, **options: Any) -> None:
        pepper = settings.CHARGER_KEY_PEPPER.encode()
        name = f"peers-{secrets.token_hex(4)}"
        self.gateway = Gateway(node=name, host="127.0.0.1", port=0, pepper=pepper, **options)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.gateway.bound_port}/ocpp"

    async def __aenter__(self) -> Self:
        ready = asyncio.Event()
        self._running = asyncio.create_task(self.gateway.run(ready=ready.set))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({self._running, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=10)
        waiting.cancel()
        assert ready.is_set(), "the gateway did not start"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.gateway.stop()
        await self._running

    async def engine_until(self, charger: Charger, state: str, *, seconds: float = 20) -> Delivery:
        """Let the engine work until the newest delivery of the charger is in that state."""
        link: Any = DirectLink(self.gateway, asyncio.get_running_loop())
        async with asyncio.timeout(seconds):
            while True:
                await in_database(lambda: reconcile_batch(link, draw=lambda: 0.0))
                newest = await in_database(lambda: Delivery.objects.filter(charger=charger).latest("pk"))
                if newest.state == state:
                    return newest
                await asyncio.sleep(0.1)


def give_password(charger: Charger) -> None:
    charger.key_digest = digest_link_key(settings.CHARGER_KEY_PEPPER.encode(), PASSWORD.encode())
    charger.save(update_fields=["key_digest"])
