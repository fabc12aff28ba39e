"""The link over Redis: orders go to the list of the node that holds the socket, outcomes come back on one list."""

import contextlib
import json
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence

import redis

from chargers.links.base import LinkUnavailable, PushOrder, PushOutcome
from chargers.links.wire import order_to_plain, outcome_from_plain

# Whoever comes later than this finds the lease over; the lists need not live longer.
LIST_SECONDS = 120


def orders_list(node: str) -> str:
    return f"gateway:{node}:orders"


class GatewayLink:
    """``quick``: a client that gives up soon, for those who answer a person; None: the same one."""

    def __init__(self, client: "redis.Redis", quick: "redis.Redis | None" = None) -> None:
        self.client = client
        self.quick = quick or client

    def ask(self, node: str, request_id: int) -> None:
        try:
            with self.quick.pipeline(transaction=False) as pipeline:
                pipeline.rpush(orders_list(node), json.dumps({"request": request_id}))
                pipeline.expire(orders_list(node), LIST_SECONDS)
                pipeline.execute()
        except redis.RedisError as error:
            raise LinkUnavailable(str(error)) from error

    def push(self, orders: Sequence[PushOrder], *, timeout_seconds: float) -> Iterator[Sequence[PushOutcome]]:
        reply_to = f"push:replies:{secrets.token_hex(8)}"
        try:
            self._send(orders, reply_to)
        except redis.RedisError as error:
            raise LinkUnavailable(str(error)) from error
        missing = {(order.delivery_id, order.fencing) for order in orders}
        deadline = time.monotonic() + timeout_seconds
        try:
            while missing and (left := deadline - time.monotonic()) > 0:
                outcomes = self._collect(reply_to, left)
                missing -= {(outcome.delivery_id, outcome.fencing) for outcome in outcomes}
                if outcomes:
                    yield outcomes
        finally:
            with contextlib.suppress(redis.RedisError):
                self.client.delete(reply_to)

    def _send(self, orders: Sequence[PushOrder], reply_to: str) -> None:
        by_node: dict[str, list[str]] = defaultdict(list)
        for order in orders:
            by_node[order.node].append(json.dumps({"reply_to": reply_to, "order": order_to_plain(order)}))
        with self.client.pipeline(transaction=False) as pipeline:
            for node, texts in by_node.items():
                pipeline.rpush(orders_list(node), *texts)
                pipeline.expire(orders_list(node), LIST_SECONDS)
            pipeline.execute()

    def _collect(self, reply_to: str, seconds: float) -> list[PushOutcome]:
        """One answer, and all that arrived with it. A broker that goes away now loses nothing: see PushRecord."""
        try:
            first = self.client.blpop([reply_to], timeout=min(seconds, 1.0))
            if first is None:
                return []
            rest = self.client.lpop(reply_to, 100) or []
        except redis.RedisError:
            time.sleep(min(seconds, 0.5))
            return []
        return [outcome_from_plain(json.loads(text)) for text in [first[1], *rest]]
