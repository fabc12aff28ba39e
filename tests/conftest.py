"""The suite runs on embedded servers of its own, or on those DATABASE_URL and REDIS_URL name.

Every run and every parallel worker has a database and a Valkey number of its own, so that several runs may overlap.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import redis

ROOT = Path(__file__).resolve().parents[1]

os.environ.setdefault("PORTAL_DATA_DIR", str(ROOT / ".local" / "tests"))
os.environ.setdefault("EMBEDDED_DURABLE", "0")
os.environ.setdefault("DATABASE_POOL_SIZE", "0")
os.environ.setdefault("PORTAL_TEST_RUN", secrets.token_hex(4))
os.environ.setdefault("ALLOW_LOOPBACK_BACKENDS", "1")

from portal.embedded import Servers, data_dir, database_url, redis_url  # noqa: E402

if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    _servers = Servers(data_dir()).acquire()
    os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or database_url()
    os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or redis_url()

hypothesis.settings.register_profile("quick", max_examples=60, deadline=None)
hypothesis.settings.register_profile("nightly", max_examples=5000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def worker_number() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    from django.conf import settings

    name = f"test_{os.environ['PORTAL_TEST_RUN']}_{worker_number()}"
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = name


@pytest.fixture
def valkey() -> Iterator["redis.Redis"]:
    """A client of the real broker, under a key prefix nobody else uses (``valkey.prefix``)."""
    from django.conf import settings

    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests out unless a mark expression asks for them."""
    if config.option.markexpr:
        return
    quick = [item for item in items if not item.get_closest_marker("slow")]
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow and not any("::" in argument for argument in config.args):
        items[:] = quick
        config.hook.pytest_deselected(items=slow)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped test is a failure in CI: what was not run proves nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure() -> None:
    if "_servers" in globals():
        _servers.release()
