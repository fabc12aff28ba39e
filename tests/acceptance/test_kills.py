"""Three switches in a row while worker and gateway are killed: everything ends explained, nothing is sent twice."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import verdict
from tests.acceptance.conftest import new_folder
from tests.acceptance.portal import Portal, wait_until
from tests.acceptance.switching import deliveries, switch, wait_for_all


@pytest.fixture(params=[pytest.param(16, marks=pytest.mark.core), pytest.param(200, marks=pytest.mark.slow)])
def crowd(request: pytest.FixtureRequest, data_folders: list[Path]) -> Iterator[Portal]:
    running = Portal(new_folder(data_folders), chargers=request.param)
    running.start(timeout_seconds=240)
    try:
        yield running
    finally:
        running.stop()


def in_the_middle(portal: Portal, rollout: str) -> bool:
    """Some deliveries have moved and some have not: the moment to pull the plug."""
    states = [row["state"] for row in deliveries(portal, rollout)]
    return any(state != "waiting" for state in states)


def test_switches_survive_the_kill_of_worker_and_gateway(crowd: Portal) -> None:
    installation = crowd.info["installations"][0]["id"]
    backend = crowd.info["backend_url"].rstrip("/")
    direct: dict[str, Any] = {"mode": "ocpp_direct", "authorization_required": True}
    plans = [
        {**direct, "server_url": f"{backend}/{{deviceId}}", "initial_device_password": "Initial0Password0123"},
        {**direct, "server_url": f"{backend}/second/{{deviceId}}"},
        {"mode": "native", "server_url": "", "authorization_required": False},
    ]

    for settings in plans:
        rollout = switch(crowd, installation, settings)
        wait_until(
            partial(in_the_middle, crowd, rollout),
            timeout_seconds=60,
            what="a rollout under way",
            every_seconds=0.05,
        )
        assert crowd.kill("manage.py", "gateway") == 1
        assert crowd.kill("celery", "worker") >= 1
        rows = wait_for_all(crowd, rollout, timeout_seconds=420)
        assert all(row["state"] != "failed" for row in rows), [row for row in rows if row["state"] == "failed"][:3]

    judge = crowd.judge()
    assert verdict.disturbances(judge) == []
    assert verdict.open_fences(judge) == []
    assert verdict.repeats(judge) == []
