"""Counting visits: exact under parallel visits, forgotten after the window."""

import threading

import pytest
from django.db import connection

from accounts.limits import hit
from accounts.models import RateWindow


@pytest.mark.django_db
def test_the_limit_is_the_last_one_allowed() -> None:
    verdicts = [hit("x", limit=2, window_seconds=60) for _visit in range(3)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, False]
    assert [verdict.remaining for verdict in verdicts] == [1, 0, 0]
    assert all(1 <= verdict.reset_seconds <= 60 for verdict in verdicts)
    assert hit("y", limit=2, window_seconds=60).remaining == 1


@pytest.mark.django_db
def test_a_new_window_starts_at_one() -> None:
    hit("x", limit=1, window_seconds=60)
    RateWindow.objects.update(started_at="2020-01-01T00:00Z", count=99)
    assert hit("x", limit=1, window_seconds=60).allowed


@pytest.mark.django_db
def test_the_table_costs_no_write_ahead_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'accounts_ratewindow'")
        assert cursor.fetchone() == ("u",)


@pytest.mark.django_db(transaction=True)
def test_parallel_visits_are_all_counted() -> None:
    def visit() -> None:
        for _visit in range(25):
            hit("x", limit=10, window_seconds=600)
        connection.close()

    threads = [threading.Thread(target=visit) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert RateWindow.objects.get(subject="x").count == 100
