from collections.abc import AsyncIterator

import pytest

from gateway.server import Gateway
from tests.loop.gateway_world import running


@pytest.fixture(params=["picows", "websockets"])
async def gateway(request: pytest.FixtureRequest, transactional_db: None) -> AsyncIterator[Gateway]:
    """A node on a free port; register chargers before, or wait a second for the directory."""
    async with running(request.param) as node:
        yield node
