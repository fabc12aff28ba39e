"""Which link the engine uses: the one real one, unless a test puts its own in its place."""

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from chargers.links.base import Link
from chargers.links.gateway import GatewayLink

_in_place: list[Link] = []


@cache
def _gateway_link() -> GatewayLink:
    return GatewayLink(
        redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=10),
        redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0)
        ),
    )


def current_link() -> Link:
    return _in_place[-1] if _in_place else _gateway_link()


def put_in_place(link: Link) -> None:
    _in_place.append(link)


def take_away(link: Link) -> None:
    _in_place.remove(link)
