import contextlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.portal import ROOT
from tests.faults import table
from tests.faults.world import World


@contextlib.contextmanager
def running(chargers: int) -> Iterator[World]:
    """A whole portal. Not below pytest's folders: PostgreSQL may run as another user."""
    folder: Path = ROOT / ".local" / "faults" / secrets.token_hex(4)
    folder.mkdir(parents=True)
    world = World(folder / "data", chargers=chargers)
    try:
        world.begin()
        yield world
    finally:
        world.end()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def shared_world() -> Iterator[World]:
    """One portal for the faults of a module."""
    with running(12) as world:
        yield world


@pytest.fixture
def world(shared_world: World) -> World:
    """Whatever the fault before has left is mended."""
    shared_world.mend()
    shared_world.forget_judged()
    return shared_world


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    table.note(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption("--fault-table"):
        table.write_if_complete()
