"""Hundreds of charging chargers, a backend that dies again and again, a gateway that dies in between.

SOAK_CHARGERS and SOAK_SECONDS change the size of the full run.
"""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.acceptance.portal import ROOT
from tests.faults.bridge_world import CONNECTED, WAITING, BridgeWorld


@dataclass(frozen=True)
class Size:
    chargers: int
    seconds: float
    backend_kills: int
    gateway_kills: int
    retry_seconds: int
    down_seconds: float


QUICK = Size(40, 60, 3, 1, retry_seconds=1, down_seconds=3.0)
FULL = Size(
    int(os.environ.get("SOAK_CHARGERS", "500")), float(os.environ.get("SOAK_SECONDS", "600")), 10, 2,
    retry_seconds=10, down_seconds=5.0,
)  # fmt: skip


@pytest.fixture
def soaked(request: pytest.FixtureRequest) -> Iterator[tuple[BridgeWorld, Size]]:
    size: Size = request.param
    folder = ROOT / ".local" / "faults" / secrets.token_hex(4)
    world = BridgeWorld(folder / "data", chargers=size.chargers, retry_seconds=size.retry_seconds)
    folder.mkdir(parents=True)
    try:
        world.begin()
        yield world, size
    finally:
        world.end()
        if os.environ.get("SOAK_KEEP"):
            print(f"kept: {folder}")  # noqa: T201
        else:
            shutil.rmtree(folder, ignore_errors=True)


def kills(size: Size) -> list[tuple[float, str]]:
    """Seconds from the beginning, and who dies then: evenly spread, the gateway between two deaths of the backend."""
    backend = [((n + 0.5) * size.seconds / size.backend_kills, "backend") for n in range(size.backend_kills)]
    gateway = [((n + 1) * size.seconds / (size.gateway_kills + 1), "gateway") for n in range(size.gateway_kills)]
    return sorted(backend + gateway)


@pytest.mark.parametrize(
    "soaked",
    [
        pytest.param(QUICK, marks=pytest.mark.core, id="quick"),
        pytest.param(FULL, marks=pytest.mark.slow, id="full"),
    ],
    indirect=True,
)
def test_every_session_reaches_the_backend_exactly_once(soaked: tuple[BridgeWorld, Size]) -> None:
    world, size = soaked
    begun = time.monotonic()
    for at, name in kills(size):
        time.sleep(max(0.0, begun + at - time.monotonic()))
        world.note(
            seconds=round(time.monotonic() - begun), kills=name, connected=world.count(CONNECTED),
            waiting=world.count(WAITING),
        )  # fmt: skip
        world.kill(name)
        if name == "backend":
            time.sleep(size.down_seconds)
        world.start(name)
    time.sleep(max(0.0, begun + size.seconds - time.monotonic()))
    verdict = world.come_to_rest(timeout_seconds=300)
    world.note(seconds=round(time.monotonic() - begun), verdict=repr(verdict))
    print(verdict)  # noqa: T201  the result of a long run, for docs/reliability.md
    assert verdict.starts == verdict.stops >= size.chargers
    assert verdict.repeated <= size.chargers * (size.backend_kills + size.gateway_kills)
