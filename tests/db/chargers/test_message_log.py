"""The table of the message log: its days come and go, filters find what they should, pages and stream agree."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from chargers.message_log import Wanted, list_messages, ndjson
from chargers.message_partitions import DAYS_AHEAD, ensure_partition, keep_partitions, partition_name
from chargers.models import Charger, Message
from chargers.services.chargers import delete_charger
from chargers.services.sweeping import sweep
from tests.db.messages import NOON, say

pytestmark = pytest.mark.django_db


def standing() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'chargers_message'::regclass ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


@pytest.fixture
def charger(db: None) -> Charger:
    """A charger in a log without a day: tests that commit leave theirs standing."""
    from tests.loop.gateway_world import make_charger

    keep_partitions(days=0)
    return make_charger()


def test_days_are_made_ahead_and_old_ones_dropped_whole(charger: Charger, settings: Settings) -> None:
    today = datetime.now(UTC)
    say(charger, at=today - timedelta(days=15))
    say(charger, at=today - timedelta(days=14))
    settings.MESSAGE_LOG_DAYS = 14
    sweep()
    wanted = [partition_name((today + timedelta(days=n)).date()) for n in (-14, *range(DAYS_AHEAD + 1))]
    assert standing() == wanted
    assert Message.objects.count() == 1
    assert keep_partitions(days=14) == []
    assert sorted(keep_partitions(days=0)) == wanted
    assert standing() == []


def test_a_day_is_made_once_however_often_it_is_asked_for(charger: Charger) -> None:
    for _time in range(2):
        ensure_partition(NOON.date())
    assert standing() == [partition_name(NOON.date())]


def test_messages_leave_with_their_charger(charger: Charger, django_user_model: object) -> None:
    from accounts.models import User

    say(charger, 3)
    delete_charger(charger=charger, actor=User.objects.create_user("s@example.com", is_staff=True))
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ["c", "b", "a"]),
        (Wanted(action="Authorize"), ["b"]),
        (Wanted(direction="to_charger"), ["c"]),
        (Wanted(search="04a2"), ["b"]),
        (Wanted(search="rejected"), ["c"]),
        (Wanted(search="%"), []),
        (Wanted(since=NOON + timedelta(seconds=1)), ["c", "b"]),
        (Wanted(until=NOON + timedelta(seconds=1)), ["a"]),
    ],
)
def test_filters(charger: Charger, wanted: Wanted, found: list[str]) -> None:
    say(charger, message_id="a")
    say(charger, at=NOON + timedelta(seconds=1), message_id="b", action="Authorize", payload='{"idTag":"04A2B3"}')
    say(
        charger,
        at=NOON + timedelta(seconds=2),
        message_id="c",
        direction="to_charger",
        action="Reset",
        status="Rejected",
    )
    assert [row.message_id for row in list_messages(charger, wanted)] == found


def test_the_stream_holds_every_message_once(charger: Charger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chargers.message_log.AT_ONCE", 7)
    say(charger, 20)
    say(charger, at=NOON, payload="no json \x7f", outcome="malformed")
    lines = "".join(ndjson(list_messages(charger, Wanted()))).splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["id"] for row in rows] == [row.id for row in list_messages(charger, Wanted())]
    assert len(rows) == 21
    assert rows[-2]["payload"] == "no json \x7f"
    assert rows[0]["answer"] == {"currentTime": "2026-01-01T00:00:00Z"}
