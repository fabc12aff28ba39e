"""What this node is told over Redis: orders from workers, answered on the list each names, and requests of people,
which are rows to read and to answer in."""

import asyncio
import json
from collections import defaultdict

import redis.asyncio
import structlog

from chargers.links.base import PushOrder, PushOutcome
from chargers.links.gateway import LIST_SECONDS, orders_list
from chargers.links.wire import order_from_plain, outcome_to_plain
from gateway.server import Gateway

log = structlog.get_logger(__name__)

AT_ONCE = 100
PAUSE_SECONDS = 0.5


async def serve_orders(gateway: Gateway, redis_url: str) -> None:
    """For ever. Redis may lose everything: an order that never arrives is found by its lease."""
    name = orders_list(gateway.node)
    replies = Replies(gateway, redis_url)
    while True:
        client = redis.asyncio.Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=15)
        try:
            while True:
                first = await client.blpop([name], timeout=5)
                if first is None:
                    continue
                rest = await client.lpop(name, AT_ONCE) or []
                for text in (first[1], *rest):
                    _take(gateway, replies, text)
        except (redis.RedisError, OSError) as error:
            log.warning("no orders: Redis is away", error=type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS)
        finally:
            await client.aclose()


def _take(gateway: Gateway, replies: "Replies", text: bytes) -> None:
    try:
        data = json.loads(text)
        if isinstance(request_id := data.get("request"), int):
            gateway.spawn(gateway.requests.carry_out(request_id))
            return
        order, reply_to = order_from_plain(data["order"]), str(data["reply_to"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.error("not an order", error=type(error).__name__)
        return
    gateway.spawn(_carry_out(gateway, replies, order, reply_to))


async def _carry_out(gateway: Gateway, replies: "Replies", order: PushOrder, reply_to: str) -> None:
    replies.tell(reply_to, await gateway.push(order))


class Replies:
    """Tells outcomes on one connection: what ended while the last ones were on their way goes together."""

    def __init__(self, gateway: Gateway, redis_url: str) -> None:
        self._gateway = gateway
        self._client = redis.asyncio.Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=15)
        self._waiting: list[tuple[str, PushOutcome]] = []
        self._telling = False

    def tell(self, reply_to: str, outcome: PushOutcome) -> None:
        self._waiting.append((reply_to, outcome))
        if not self._telling:
            self._telling = True
            self._gateway.spawn(self._tell_all())

    async def _tell_all(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting, []
                await self._send(together)
        finally:
            self._telling = False

    async def _send(self, together: list[tuple[str, PushOutcome]]) -> None:
        texts: dict[str, list[str]] = defaultdict(list)
        for reply_to, outcome in together:
            texts[reply_to].append(json.dumps(outcome_to_plain(outcome)))
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for reply_to, outcomes in texts.items():
                    pipeline.rpush(reply_to, *outcomes)
                    pipeline.expire(reply_to, LIST_SECONDS)
                await pipeline.execute()
        except (redis.RedisError, OSError) as error:
            ids = [outcome.delivery_id for _reply_to, outcome in together]
            log.warning("outcomes were not told", delivery_ids=ids, error=type(error).__name__)
