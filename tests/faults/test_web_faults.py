"""The web process dies around a save; clients repeat and meet (faults 1 to 4)."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.acceptance.portal import wait_until
from tests.faults.assertions import assert_nothing_broke, states
from tests.faults.saving import codes, etag, put, save, settings
from tests.faults.world import World

pytestmark = pytest.mark.slow
ALL = {"applied": 5}


def revision(world: World) -> int:
    return int(etag(world).strip('"'))


def test_01_web_killed_after_the_commit_before_it_rang(world: World) -> None:
    """The broker is frozen: the save has committed and hangs where it would ring."""
    world.again("web", through=("redis",))
    world.wait_for_web()
    before = revision(world)
    body = settings(world)
    body["acknowledge"] = codes(world, body)
    version = etag(world)
    world.redis.freeze()
    hanging = threading.Thread(target=_ignore_errors, args=(world, body, version))
    hanging.start()
    with world.sql() as connection:
        wait_until(
            lambda: _number(connection, world.site) > before, timeout_seconds=20, what="the commit", every_seconds=0.05
        )
    world.kill("web")
    hanging.join(30)
    world.redis.mend()
    world.start("web")
    world.wait_for_web()
    assert revision(world) == before + 1
    assert states(assert_nothing_broke(world, world.newest_rollout())) == ALL


def _number(connection: object, site: int) -> int:
    row = connection.execute(  # type: ignore[attr-defined]
        "SELECT v.number FROM installations_installation i"
        " JOIN installations_authenticationrevision v ON v.id = i.revision_id WHERE i.id = %s",
        [site],
    ).fetchone()
    connection.rollback()  # type: ignore[attr-defined]
    return int(row[0])


def _ignore_errors(world: World, body: dict[str, object], version: str) -> None:
    try:
        put(world, body, version)
    except requests.RequestException:
        return


@pytest.mark.core
def test_02_web_killed_before_the_commit_and_the_client_repeats(world: World) -> None:
    """Somebody else holds the installation's row: the save waits inside its transaction and is killed there."""
    save(world)
    before = revision(world)
    path = f"/installations/{world.site}/authentication/revisions/{before - 1}/restore/"
    body = {"acknowledge": ["balancing_stops", "cleartext", "loopback", "chargers_cannot"], "policy": {"waves": ["1"]}}
    headers = {"If_Match": etag(world), "Idempotency_Key": "one-restore"}
    with world.sql() as connection:
        connection.execute("SELECT id FROM installations_installation WHERE id = %s FOR UPDATE", [world.site])
        with ThreadPoolExecutor(1) as pool:
            hanging = pool.submit(world.api, "POST", path, body=body, **headers)
            wait_until(lambda: _waits_for_a_lock(world), timeout_seconds=20, what="the save waits", every_seconds=0.05)
            world.kill("web")
            with pytest.raises(requests.RequestException):
                hanging.result(30)
    world.start("web")
    world.wait_for_web()
    assert revision(world) == before
    answers = [world.api("POST", path, body=body, **headers) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202], [answer.text for answer in answers]
    assert revision(world) == before + 1
    assert states(assert_nothing_broke(world, world.newest_rollout())) == ALL


def _waits_for_a_lock(world: World) -> bool:
    with world.sql() as other:
        row = other.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return bool(row[0])


@pytest.mark.core
def test_03_a_save_submitted_twice_at_once_counts_once(world: World) -> None:
    before = revision(world)
    body = settings(world)
    body["acknowledge"] = codes(world, body)
    version = etag(world)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _time: put(world, body, version), range(2)))
    assert sorted(answer.status_code for answer in answers) == [202, 412]
    assert revision(world) == before + 1
    assert states(assert_nothing_broke(world, world.newest_rollout())) == ALL


@pytest.mark.core
def test_04_of_two_editors_the_second_is_told(world: World) -> None:
    version = etag(world)
    first, second = settings(world), settings(world)
    acknowledged = codes(world, first)
    assert put(world, {**first, "acknowledge": acknowledged}, version).status_code == 202
    late = put(world, {**second, "acknowledge": acknowledged}, version)
    assert late.status_code == 412
    assert late.headers["ETag"] == etag(world)
    assert states(assert_nothing_broke(world, world.newest_rollout())) == ALL
