from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.loop.simulator.site import Site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """Backends on free ports and crowds of simulated chargers; all ended with the test."""
    running = Site(tmp_path)
    try:
        yield running
    finally:
        await running.stop()
