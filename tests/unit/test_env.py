"""The environment's DATABASE_URL as Django takes it."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.env import database_settings


def test_options_of_the_driver_stand_beside_the_pool() -> None:
    url = "postgresql://portal:p%40ss@db.example:5433/site?sslmode=verify-full&host=/run/postgresql"
    found = database_settings(url, pool_size=4)
    assert (found["USER"], found["PASSWORD"], found["NAME"]) == ("portal", "p@ss", "site")
    assert (found["HOST"], found["PORT"]) == ("/run/postgresql", "5433")
    assert found["OPTIONS"] == {
        "sslmode": "verify-full",
        "pool": {"min_size": 1, "max_size": 4, "timeout": 10},
    }


def test_without_a_pool_there_is_none() -> None:
    assert database_settings("postgres://db/site")["OPTIONS"] == {}


def test_another_database_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="PostgreSQL"):
        database_settings("mysql://db/site", pool_size=4)
