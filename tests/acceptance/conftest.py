import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.portal import ROOT, Portal


@pytest.fixture(scope="module")
def data_folders() -> Iterator[list[Path]]:
    """Folders to make and forget. Not below pytest's own: that is private, and PostgreSQL may run as another user."""
    folders: list[Path] = []
    yield folders
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def new_folder(folders: list[Path]) -> Path:
    folder = ROOT / ".local" / "acceptance" / secrets.token_hex(4) / "data"
    folder.parent.mkdir(parents=True)
    folders.append(folder.parent)
    return folder


@pytest.fixture(scope="module")
def portal(data_folders: list[Path]) -> Iterator[Portal]:
    """A freshly started demo with a dozen simulated chargers, shared by the tests of one module."""
    running = Portal(new_folder(data_folders))
    running.start()
    try:
        yield running
    finally:
        running.stop()
