from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.conformance.core import CorePoint
from tests.conformance.point import Point
from tests.conformance.sockets import Node, SocketPoint, all_tables, register
from tests.loop.gateway_world import db


@pytest.fixture(scope="module")
def node(django_db_setup: None, django_db_blocker: Any) -> Iterator[Node]:
    """One gateway for the module; every test registers a charger of its own."""
    with django_db_blocker.unblock(), all_tables(), Node() as node:
        yield node


@pytest.fixture
async def socket_point(node: Node) -> AsyncIterator[SocketPoint]:
    """A charger at its gateway, not booted yet."""
    point = SocketPoint(node, await db(register))
    await node.refresh(point.charger.device_id)
    await point.connect()
    yield point
    await point.disconnect()


@pytest.fixture(params=["core", pytest.param("socket", marks=pytest.mark.django_db)])
def point(request: pytest.FixtureRequest) -> Point:
    """The same charge point, at the pure session core and over a real socket."""
    if request.param == "core":
        return CorePoint()
    socket: Point = request.getfixturevalue("socket_point")
    return socket
