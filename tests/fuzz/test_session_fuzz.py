"""Hostile frames at the pure core: no input raises, grows without bound, or becomes what PostgreSQL would refuse."""

import random

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from gateway.ocpp16.activity import MOST_FOREIGN, ChargerActivity
from tests.fuzz.hostile import Hostile
from tests.fuzz.laws import Judge


@given(st.integers(0, 2**32), st.booleans())
def test_no_hostile_frame_breaks_a_law(seed: int, bridged: bool) -> None:
    rng = random.Random(seed)
    hostile, judge = Hostile(rng), Judge(rng, bridged=bridged)
    for _frame in range(25):
        judge.hear(hostile.frame())


@given(st.lists(st.text() | st.text("[]{}\",:0129\\u dHeartb'NaEe+-").map(lambda text: "[2," + text), max_size=6))
def test_no_text_breaks_a_law(texts: list[str]) -> None:
    judge = Judge(random.Random(1), bridged=True)
    for text in texts:
        judge.hear(text)


def test_foreign_transactions_are_remembered_in_bounds() -> None:
    activity = ChargerActivity(boot_accepted=True, boot_number=1, connector_count=1, settled_at=0.0)
    for number in range(100_000):
        activity.speaks_of(number, 1)
    assert len(activity.foreign) == MOST_FOREIGN
    assert activity.snapshot(1.0, 0).open_transactions > 0


@pytest.mark.django_db
def test_what_goes_up_to_a_backend_can_be_queued() -> None:
    """As jsonb, whose numbers end where JSON's do not."""
    rng = random.Random(11)
    hostile = Hostile(rng)
    payloads: set[bytes] = set()
    for _session in range(60):
        judge = Judge(rng, bridged=True)
        for _frame in range(40):
            judge.hear(hostile.frame())
        payloads.update(judge.payloads)
    assert len(payloads) > 100
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(t::jsonb) FROM unnest(%s::text[]) AS t", [[one.decode() for one in payloads]])
        assert cursor.fetchone()[0] == len(payloads)
