"""Every session once: what a charger repeats, tells late, in another order, without a time or under a foreign id."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from chargers.models import Charger, MeterValue, Transaction
from gateway.central.authorize import ACCEPTED
from gateway.ocpp16.records import Meter, Sample, Start, StartStored, Stop
from gateway.store.apply import apply
from gateway.store.jobs import Recorded
from installations.models import Installation

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def make_charger(device_id: str = "ZCS000001") -> Charger:
    site, _created = Installation.objects.get_or_create(name="Garage")
    return Charger.objects.create(device_id=device_id, installation=site)


def tell(charger: Charger, record: Any) -> Any:
    (result,) = apply([Recorded(charger.pk, record)])
    return result


def start(
    at: datetime | None = NOW, *, connector: int = 1, tag: str = "TAG", meter: int | None = 100,
    received_at: datetime | None = None,
) -> Start:  # fmt: skip
    return Start(received_at or at or NOW, connector, tag, meter, at)


def stop(number: int, at: datetime | None, *, meter: int | None = 900, samples: Sequence[Sample] = ()) -> Stop:
    return Stop(at or NOW, number, True, meter, at, "", "Local", tuple(samples))


def sample(text: str, at: datetime = NOW) -> Sample:
    return Sample(at, f'[{{"value": "{text}"}}]', sha256(f"{text}{at}".encode()).digest())


def told(charger: Charger) -> list[tuple[Any, ...]]:
    rows = Transaction.objects.filter(charger=charger).order_by("id")
    return [(row.meter_start, row.meter_stop, row.orphan, row.flags) for row in rows]


@pytest.mark.django_db
@pytest.mark.parametrize(("at", "meter"), [(NOW, None), (None, 100), (None, None)])
def test_a_start_without_time_or_meter_is_stored_once_too(at: datetime | None, meter: int | None) -> None:
    charger = make_charger()
    numbers = {tell(charger, start(at, meter=meter)).transaction_id for _time in range(3)}
    assert len(numbers) == 1
    assert Transaction.objects.count() == 1


@pytest.mark.django_db
def test_the_next_session_of_a_charger_without_a_clock_is_another_one() -> None:
    charger = make_charger()
    first = tell(charger, start(None))
    tell(charger, stop(first.transaction_id, None))
    second = tell(charger, start(None))
    assert second.transaction_id != first.transaction_id
    assert second.open


@pytest.mark.django_db
@pytest.mark.parametrize(("at", "meter"), [(NOW, 5), (None, 5), (NOW, None), (None, None)])
def test_an_orphan_is_stored_once_with_its_values(at: datetime | None, meter: int | None) -> None:
    charger = make_charger()
    for _time in range(3):
        tell(charger, stop(-1, at, meter=meter, samples=[sample("7")]))
    row = Transaction.objects.get()
    assert (row.orphan, row.foreign_id, row.meter_stop, row.installation_id) == (
        True,
        -1,
        meter,
        charger.installation_id,
    )
    assert MeterValue.objects.get().transaction == row


@pytest.mark.django_db
def test_a_lost_stop_that_comes_after_all_ends_the_session_once() -> None:
    charger = make_charger()
    first = tell(charger, start()).transaction_id
    tell(charger, start(NOW + 60 * MINUTE, meter=900))
    assert told(charger)[0] == (100, None, False, ["stop_lost"])
    late = stop(first, NOW + 50 * MINUTE)
    tell(charger, late)
    tell(charger, late)
    tell(charger, stop(first, NOW + 50 * MINUTE, meter=777))
    assert told(charger)[0] == (100, 900, False, ["stop_contradicted"])


@pytest.mark.django_db
def test_a_session_told_late_does_not_end_the_one_that_runs() -> None:
    charger = make_charger()
    running = tell(charger, start(NOW, meter=900)).transaction_id
    late: StartStored = tell(charger, start(NOW - 60 * MINUTE, received_at=NOW + 10 * MINUTE))
    assert not late.open
    assert Transaction.objects.get(stop_received_at=None).pk == running
    tell(charger, stop(late.transaction_id, NOW - 5 * MINUTE))
    assert told(charger) == [(900, None, False, []), (100, 900, False, [])]


@pytest.mark.django_db
def test_a_clock_set_back_ends_the_older_session_all_the_same() -> None:
    charger = make_charger()
    tell(charger, start(NOW))
    tell(charger, start(datetime(1970, 1, 1, 0, 5, tzinfo=UTC), received_at=NOW + 60 * MINUTE, meter=900))
    assert [flags for *_rest, flags in told(charger)] == [["stop_lost"], []]


@pytest.mark.django_db
def test_a_session_of_another_charger_is_nobodys_to_stop_or_to_meter() -> None:
    mine, other = make_charger(), make_charger("ZCS000002")
    number = tell(mine, start()).transaction_id
    tell(other, stop(number, NOW + MINUTE))
    tell(other, Meter(NOW, 1, number, (sample("5"),)))
    assert told(mine) == [(100, None, False, [])]
    assert told(other) == [(None, 900, True, [])]
    assert MeterValue.objects.get().transaction is None


@pytest.mark.django_db
def test_values_that_name_no_session_belong_to_the_one_that_runs_there() -> None:
    charger = make_charger()
    number = tell(charger, start()).transaction_id
    for connector, at in ((1, NOW + MINUTE), (2, NOW + MINUTE), (0, NOW + MINUTE), (1, NOW - MINUTE)):
        tell(charger, Meter(NOW + MINUTE, connector, None, (sample(f"{connector}", at),)))
    values = MeterValue.objects.order_by("id").values_list("connector", "transaction")
    assert list(values) == [(1, number), (2, None), (0, None), (1, None)]


@pytest.mark.django_db
def test_sessions_stay_where_they_were_when_the_charger_moves() -> None:
    charger = make_charger()
    before = tell(charger, start()).transaction_id
    elsewhere = Installation.objects.create(name="Elsewhere")
    Charger.objects.update(installation=elsewhere)
    after = tell(charger, start(NOW + 60 * MINUTE)).transaction_id
    places = dict(Transaction.objects.values_list("id", "installation__name"))
    assert places == {before: "Garage", after: "Elsewhere"}


@st.composite
def days(draw: st.DrawFn) -> list[tuple[str, int]]:
    """What a charger tells of up to four sessions on two connectors: in order, but each message up to three times.

    A message of a session may be told again at any later point; ("start" | "meter" | "stop", which session).
    """
    count = draw(st.integers(1, 4))
    messages = [(kind, number) for number in range(count) for kind in ("start", "meter", "stop")]
    day = list(messages)
    for message in messages:
        for _again in range(draw(st.integers(0, 2))):
            day.insert(draw(st.integers(day.index(message) + 1, len(day))), message)
    return day


class EverySessionOnce(TestCase):
    """However often and late a charger repeats what it said, the database holds each session and each value once."""

    @settings(max_examples=25, deadline=None)
    @given(days(), st.booleans())
    def test_every_session_once(self, day: list[tuple[str, int]], together: bool) -> None:
        with transaction.atomic():
            self._live_through(day, together)
            transaction.set_rollback(True)

    def _live_through(self, day: list[tuple[str, int]], together: bool) -> None:
        charger, ids = make_charger(), dict[int, int]()
        for kind, number in day:
            begun = NOW + 60 * number * MINUTE
            records: dict[str, Any] = {"start": start(begun, connector=number % 2 + 1, meter=1000 * number)}
            if number in ids:
                records["meter"] = Meter(begun, number % 2 + 1, ids[number], (sample(str(number), begun + MINUTE),))
                records["stop"] = stop(ids[number], begun + 30 * MINUTE, meter=1000 * number + 500)
            jobs = [Recorded(charger.pk, records[kind])] * (2 if together else 1)
            for result in apply(jobs):
                if isinstance(result, StartStored):
                    assert result.tag == ACCEPTED or result.tag.status == "Invalid"
                    assert ids.setdefault(number, result.transaction_id) == result.transaction_id
        count = len(ids)
        wanted: list[tuple[Any, ...]] = [(1000 * number, 1000 * number + 500, False, []) for number in range(count)]
        assert told(charger) == wanted
        values = MeterValue.objects.order_by("id").values_list("transaction", "sampled_values")
        assert sorted(values) == sorted((ids[number], [{"value": str(number)}]) for number in range(count))
