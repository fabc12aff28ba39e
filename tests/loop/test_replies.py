"""Outcomes go back to the workers together, on one connection, however many pushes end at once."""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

import redis
from django.conf import settings

from chargers.links.base import PushOutcome, PushResult
from gateway.commands import Replies

MANY = 1000


class Spawner:
    """The part of a gateway that replies use."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[Any]] = []

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))


async def tell_many() -> int:
    spawner = Spawner()
    replies = Replies(spawner, settings.REDIS_URL)  # type: ignore[arg-type]  # spawn is all that is used
    for number in range(MANY):
        replies.tell("test:replies", PushOutcome(number, 1, PushResult.DONE))
    await asyncio.gather(*spawner.tasks)
    replies.tell("test:replies", PushOutcome(MANY, 1, PushResult.DONE))
    await asyncio.gather(*spawner.tasks)
    connections = len(replies._client.connection_pool._available_connections)
    await replies._client.aclose()
    return connections


def test_every_outcome_is_told_in_order_on_one_connection() -> None:
    connections = asyncio.run(tell_many())
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        told = [json.loads(text)["delivery_id"] for text in client.lrange("test:replies", 0, -1)]
        client.delete("test:replies")
    assert told == list(range(MANY + 1))
    assert connections == 1
