"""What must be true after every fault, whatever it was."""

from collections import Counter
from typing import Any

from tests.acceptance.portal import wait_until
from tests.acceptance.switching import explained
from tests.acceptance.verdict import disturbances, open_fences, repeats
from tests.faults.world import World


def deliveries(world: World, rollout: str) -> list[dict[str, Any]]:
    rows, page = [], f"{rollout}deliveries/"
    while page:
        answer = world.api("GET", page)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["results"]
        page = answer.json()["next"]
    return rows


def settled(world: World, rollout: str, *, timeout_seconds: float) -> list[dict[str, Any]]:
    def all_explained() -> list[dict[str, Any]]:
        rows = deliveries(world, rollout)
        return rows if rows and all(explained(row) for row in rows) else []

    try:
        return wait_until(all_explained, timeout_seconds=timeout_seconds, what="every delivery final or explained")
    except AssertionError as error:
        left = [row for row in deliveries(world, rollout) if not explained(row)]
        raise AssertionError(f"{error}; unsettled: {left[:3]}") from error


def assert_nothing_broke(world: World, rollout: str, *, timeout_seconds: float = 90) -> list[dict[str, Any]]:
    """The four assertions; answers the rollout's deliveries.

    Every save that a client was told of is there, and every revision has a rollout; every delivery is final or
    explained; no value was sent again after its positive answer; nothing was written during a session, as the chargers
    themselves saw it.
    """
    rows = settled(world, rollout, timeout_seconds=timeout_seconds)
    for address in world.accepted:
        assert world.api("GET", f"{world.url}{address}").status_code == 200, (
            f"a save that was accepted is gone: {address}"
        )
    with world.sql() as connection:
        lost = connection.execute(
            "SELECT count(*) FROM installations_authenticationrevision v"
            " LEFT JOIN chargers_rollout r ON r.revision_id = v.id WHERE v.number > 1 AND r.id IS NULL"
        ).fetchone()
        pushes = connection.execute(
            "SELECT p.delivery_id, step ->> 'key'"
            " FROM chargers_pushrecord p CROSS JOIN jsonb_array_elements(p.steps) step"
            " JOIN chargers_delivery d ON d.id = p.delivery_id"
            " WHERE step ->> 'status' IN ('Accepted', 'RebootRequired') AND d.rollout_id = %s",
            [int(rollout.rstrip("/").rpartition("/")[2])],
        ).fetchall()
    assert lost == (0,), "an accepted change has no rollout"
    twice = {place: times for place, times in Counter(pushes).items() if times > 1}
    assert not twice, f"acknowledged more than once: {twice}"
    judge = world.judge()
    assert disturbances(judge) == []
    assert open_fences(judge) == []
    assert repeats(judge) == []
    return rows


def states(rows: list[dict[str, Any]], prefix: str = "ZCS") -> Counter[str]:
    return Counter(row["state"] for row in rows if row["device_id"].startswith(prefix))
