"""One contract for whoever tells a gateway of a request: the link over Redis, and the fake that stands in for it."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis
from django.conf import settings

from chargers.links.base import Link, LinkUnavailable
from chargers.links.fake import FakeLink
from chargers.links.gateway import GatewayLink, orders_list
from gateway.commands import serve_orders

NODE = "contract-node"


@dataclass
class Told:
    """What the node heard, in order."""

    numbers: list[int] = field(default_factory=list)
    heard: threading.Event = field(default_factory=threading.Event)

    def carry(self, node: str, number: int) -> None:
        assert node == NODE
        self.numbers.append(number)
        self.heard.set()

    def wait(self, count: int) -> list[int]:
        while len(self.numbers) < count:
            assert self.heard.wait(10), self.numbers
            self.heard.clear()
        return self.numbers


class ListeningNode:
    """The part of a gateway that reads its list."""

    node = NODE

    def __init__(self, told: Told) -> None:
        self.told = told
        self.requests = self

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.get_running_loop().create_task(work)

    async def carry_out(self, number: int) -> None:
        self.told.carry(NODE, number)


def listen(told: Told, stop: threading.Event) -> None:
    async def run() -> None:
        serving = asyncio.create_task(serve_orders(ListeningNode(told), settings.REDIS_URL))  # type: ignore[arg-type]
        await asyncio.to_thread(stop.wait)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(run())


@pytest.fixture(params=["fake", "redis"])
def link(request: pytest.FixtureRequest, told: Told) -> Iterator[Link]:
    if request.param == "fake":
        yield FakeLink({}, carry=told.carry)
        return
    stop = threading.Event()
    thread = threading.Thread(target=listen, args=(told, stop))
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(orders_list(NODE))
        thread.start()
        yield GatewayLink(client)
        stop.set()
        thread.join(10)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture(params=["fake", "redis"])
def cut(request: pytest.FixtureRequest) -> Iterator[Link]:
    """A link whose bus is away."""
    if request.param == "fake":
        fake = FakeLink({})
        fake.available = False
        yield fake
        return
    with redis.Redis(unix_socket_path="/nowhere/valkey.sock") as client:
        yield GatewayLink(client)


def test_the_node_hears_the_number(link: Link, told: Told) -> None:
    link.ask(NODE, 41)
    assert told.wait(1) == [41]


def test_telling_twice_is_heard_twice_and_in_order(link: Link, told: Told) -> None:
    for number in (1, 2, 1):
        link.ask(NODE, number)
    assert told.wait(3) == [1, 2, 1]


def test_a_bus_that_is_away_is_told_at_once(cut: Link) -> None:
    with pytest.raises(LinkUnavailable):
        cut.ask(NODE, 1)


def test_only_the_number_travels(valkey: "redis.Redis") -> None:
    name = orders_list("nobody-reads-this")
    valkey.delete(name)
    GatewayLink(valkey).ask("nobody-reads-this", 7)
    assert valkey.lrange(name, 0, -1) == [b'{"request": 7}']
    assert 0 < int(valkey.ttl(name)) <= 120
    valkey.delete(name)
