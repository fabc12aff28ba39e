from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.bridge.outbox import Outbox, Queued, Reading, thin, with_transaction

STATUS = {"connectorId": 1, "status": "Charging"}


def message(number: int, action: str = "MeterValues", **payload: Any) -> Queued:
    return Queued(number, action, payload, 7)


def test_what_is_committed_while_rows_are_read_is_not_overlooked() -> None:
    box = Outbox()
    box.queued(message(5))
    box.loaded([], all_of_them=True)
    assert box.more
    box.loaded([message(5)], all_of_them=True)
    assert (not box.more, [one.id for one in box.stored]) == (True, [5])


@given(st.data())
def test_every_row_comes_out_once_and_in_order_however_reading_and_commits_mix(data: st.DataObject) -> None:
    """The database commits rows one after another; each is told of later; a read sees some moment in between."""
    box, rows, told, out = Outbox(), 0, 0, []
    reading: int | None = None
    for _step in range(data.draw(st.integers(0, 60))):
        match data.draw(st.sampled_from(["commit", "tell", "begin reading", "end reading", "deliver"])):
            case "commit":
                rows += 1
            case "tell" if told < rows:
                told += 1
                box.queued(message(told))
            case "begin reading" if reading is None and box.more and not box.stored:
                reading = rows
            case "end reading" if reading is not None:
                box.loaded([message(number) for number in range(box.last_id + 1, reading + 1)], all_of_them=True)
                reading = None
            case "deliver" if box.stored:
                out.append(box.stored.popleft().id)
    while told < rows:
        told += 1
        box.queued(message(told))
    if reading is not None:
        box.loaded([message(number) for number in range(box.last_id + 1, reading + 1)], all_of_them=True)
    if box.more:
        box.loaded([message(number) for number in range(box.last_id + 1, rows + 1)], all_of_them=True)
    assert out + [one.id for one in box.stored] == list(range(1, rows + 1))


def test_a_status_follows_the_messages_before_it() -> None:
    box = Outbox()
    box.loaded([], all_of_them=True)
    box.queued(message(1, "StartTransaction"))
    box.notice("StatusNotification", STATUS)
    box.queued(message(2))
    assert box.next_notice() is None
    box.stored.popleft()
    assert box.next_notice() == ("StatusNotification", STATUS)


def test_a_status_is_not_held_up_by_a_long_queue_or_a_lost_connection() -> None:
    box = Outbox()
    box.notice("StatusNotification", STATUS)
    assert box.next_notice() is not None
    box.loaded([message(1)], all_of_them=True)
    box.notice("FirmwareStatusNotification", {"status": "Installing"})
    box.forget()
    assert box.next_notice() is not None


def test_only_the_newest_status_of_a_connector_waits_and_other_notices_do_not_pile_up() -> None:
    box = Outbox()
    for number in range(5):
        box.notice("StatusNotification", {**STATUS, "info": str(number)})
        box.notice("FirmwareStatusNotification", {"status": "Installing", "connectorId": number})
    waiting = [box.next_notice(), box.next_notice(), box.next_notice()]
    assert waiting[2] is None
    assert {"info": "4", **STATUS} in [one[1] for one in waiting if one]


def test_transaction_ids_are_the_backends() -> None:
    assert with_transaction(message(1, transactionId=7), {7: 99})["transactionId"] == 99
    assert with_transaction(message(1, transactionId=7), {})["transactionId"] == -1
    assert "transactionId" not in with_transaction(message(1, transactionId=0), {})
    assert "transactionId" not in with_transaction(message(1), {7: 99})


readings = st.lists(st.tuples(st.integers(1, 3) | st.none(), st.booleans()), max_size=80)


@given(readings, st.integers(1, 40))
def test_thinning_keeps_first_last_and_clock_aligned_and_no_more_than_it_must(
    rows: list[tuple[int | None, bool]], most: int
) -> None:
    waiting = [Reading(number, transaction, aligned) for number, (transaction, aligned) in enumerate(rows)]
    given_up = set(thin(waiting, most))
    kept = [one for one in waiting if one.id not in given_up]
    for transaction in {one.transaction_id for one in waiting}:
        ids = [one.id for one in waiting if one.transaction_id == transaction]
        assert not given_up & {ids[0], ids[-1]}
    assert not given_up & {one.id for one in waiting if one.clock_aligned}
    assert not given_up or len(waiting) > most
    needed = [one for one in kept if not one.clock_aligned]
    assert len(kept) <= most or all(
        one.id in {ids[0], ids[-1]}
        for one in needed
        for ids in [[other.id for other in waiting if other.transaction_id == one.transaction_id]]
    )
