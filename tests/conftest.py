"""What every tier shares: hypothesis profiles, slow tests left out, skips forbidden in CI, the real broker."""

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import redis
from django.conf import settings
from django.db import connection, connections
from django.db.backends.postgresql.operations import DatabaseOperations
from django.utils import translation
from pytest_django import DjangoDbBlocker

from tests.settings import servers

hypothesis.settings.register_profile("quick", max_examples=60, deadline=None)
hypothesis.settings.register_profile("nightly", max_examples=5000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-table", action="store_true", help="write the results of all faults into the docs")


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Database names come from tests/settings.py; nothing to add per worker."""


def empty_all(self: DatabaseOperations, _style: Any, tables: list[str], **_options: Any) -> list[str]:
    """Instead of TRUNCATE, which makes the files of all tables anew: half a second after each test that commits."""
    emptied = "; ".join(f"DELETE FROM {self.quote_name(table)}" for table in tables)
    return [f"SET LOCAL session_replication_role = replica; {emptied}"] if tables else []


setattr(DatabaseOperations, "sql_flush", empty_all)  # noqa: B010  the types say that a method stays what it is


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Nobody holds the database when it is dropped: neither a live server for a page that is gone, nor this thread.

    Django closes the connection that it began with; after a browser's module the thread has another one.
    """
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connections.close_all()


@pytest.fixture(autouse=True)
def language_of_the_suite() -> Iterator[None]:
    """A request leaves its language with the thread: the next test starts in English again."""
    yield
    translation.deactivate()


@pytest.fixture
def valkey() -> Iterator["redis.Redis"]:
    """A client of the real broker; use keys nobody else uses."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


LONGEST = ("acceptance", "faults", "browser", "peers", "loop")


def _turn(item: pytest.Item) -> int:
    tier = item.path.relative_to(item.config.rootpath).parts[1:2]
    return LONGEST.index(tier[0]) if tier and tier[0] in LONGEST else len(LONGEST)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow and core tests out unless a mark expression or a test's full name asks for them; begin with those that
    take longest, so that no worker is left alone with one of them at the end.
    """
    items.sort(key=_turn)
    if config.option.markexpr or any("::" in argument for argument in config.args):
        return
    later = [item for item in items if item.get_closest_marker("slow") or item.get_closest_marker("core")]
    if later:
        items[:] = [item for item in items if item not in set(later)]
        config.hook.pytest_deselected(items=later)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped test is a failure in CI: what was not run proves nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure() -> None:
    if servers is not None:
        servers.release()
