from collections.abc import AsyncIterator

import pytest

from gateway.server import Gateway
from tests.loop.bridge.backend import Backend, listening
from tests.loop.gateway_world import running


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    async with listening() as one:
        yield one


@pytest.fixture
async def gateway(transactional_db: None, settings: object) -> AsyncIterator[Gateway]:
    settings.ALLOW_LOOPBACK_BACKENDS = True  # type: ignore[attr-defined]
    async with running("picows") as node:
        yield node
