from collections.abc import Iterator

import pytest

from tests.acceptance.portal import Portal


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A freshly started demo with a dozen simulated chargers, shared by the tests of one module."""
    running = Portal(tmp_path_factory.mktemp("portal") / "data")
    running.start()
    try:
        yield running
    finally:
        running.stop()
