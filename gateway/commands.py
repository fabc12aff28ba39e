"""Orders from the workers: read from this node's list in Redis, answered on the list each order names."""

import asyncio
import json

import redis.asyncio
import structlog

from chargers.links.base import PushOrder
from chargers.links.gateway import LIST_SECONDS, orders_list
from chargers.links.wire import order_from_plain, outcome_to_plain
from gateway.server import Gateway

log = structlog.get_logger(__name__)

AT_ONCE = 100
PAUSE_SECONDS = 0.5


async def serve_orders(gateway: Gateway, redis_url: str) -> None:
    """For ever. Redis may lose everything: an order that never arrives is found by its lease."""
    name = orders_list(gateway.node)
    while True:
        client = redis.asyncio.Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=15)
        try:
            while True:
                first = await client.blpop([name], timeout=5)
                if first is None:
                    continue
                rest = await client.lpop(name, AT_ONCE) or []
                for text in (first[1], *rest):
                    _take(gateway, client, text)
        except (redis.RedisError, OSError) as error:
            log.warning("no orders: Redis is away", error=type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS)
        finally:
            await client.aclose()


def _take(gateway: Gateway, client: "redis.asyncio.Redis", text: bytes) -> None:
    try:
        data = json.loads(text)
        order, reply_to = order_from_plain(data["order"]), str(data["reply_to"])
    except (ValueError, KeyError, TypeError) as error:
        log.error("not an order", error=type(error).__name__)
        return
    gateway.spawn(_carry_out(gateway, client, order, reply_to))


async def _carry_out(gateway: Gateway, client: "redis.asyncio.Redis", order: PushOrder, reply_to: str) -> None:
    outcome = await gateway.push(order)
    try:
        async with client.pipeline(transaction=False) as pipeline:
            pipeline.rpush(reply_to, json.dumps(outcome_to_plain(outcome)))
            pipeline.expire(reply_to, LIST_SECONDS)
            await pipeline.execute()
    except (redis.RedisError, OSError) as error:
        log.warning("an outcome was not told", delivery_id=order.delivery_id, error=type(error).__name__)
