import json

import pytest

from gateway.ocpp16.effects import Answered, Oddity, Outcome, Priority
from gateway.ocpp16.errors import ErrorCode
from gateway.ocpp16.session import SessionFacts
from tests.unit.gateway.wire import Wire

WRITE = ("ChangeConfiguration", {"key": "K", "value": "V"})
READ = ("GetConfiguration", {"key": ["K"]})
RESET = ("Reset", {"type": "Soft"})


def test_one_call_is_out_at_a_time_and_priorities_decide_the_next() -> None:
    wire = Wire().ready()
    first = wire.calls(*READ)
    later = wire.calls(*READ, priority=Priority.HOUSEKEEPING)
    fence = wire.calls("ChangeAvailability", {"connectorId": 0, "type": "Operative"}, priority=Priority.FENCE)
    push = wire.calls(*WRITE, priority=Priority.PUSH)
    assert [frame[1] for frame in wire.sent] == [first]
    wire.answers(first, {})
    wire.answers(fence, {"status": "Accepted"})
    wire.answers(push, {"status": "Accepted"})
    assert [frame[1] for frame in wire.sent] == [first, fence, push, later]
    assert [one.call_id for one in wire.answered] == [first, fence, push]


def test_our_call_out_does_not_keep_the_charger_waiting() -> None:
    wire = Wire().ready()
    wire.calls(*READ)
    assert wire.says("Heartbeat", {})[0][0] == 3


def test_answers() -> None:
    wire = Wire().ready()
    wire.answers(wire.calls(*WRITE), {"status": "RebootRequired"})
    wire.answers(wire.calls(*WRITE), {"status": "Sure"})
    wire.raw(json.dumps([4, wire.calls(*WRITE), "NotSupported", "no", {}]))
    outcomes = [(one.outcome, one.payload, one.error_code) for one in wire.answered]
    assert outcomes == [
        (Outcome.RESULT, {"status": "RebootRequired"}, None),
        (Outcome.INVALID, {}, None),
        (Outcome.ERROR, {}, ErrorCode.NOT_SUPPORTED),
    ]


def test_no_answer_in_time_and_the_late_result_is_dropped() -> None:
    wire = Wire().ready()
    first, second = wire.calls(*WRITE, timeout=10), wire.calls(*READ)
    assert wire.wait(9.9) == []
    assert [frame[1] for frame in wire.wait(0.2)] == [second]
    assert wire.answered == [Answered(first, WRITE[0], Outcome.TIMEOUT)]
    assert wire.answers(first, {"status": "Accepted"}) == []
    assert wire.noticed == [Oddity.LATE_RESULT]
    assert len(wire.answered) == 1


def test_a_call_that_was_never_written_says_so() -> None:
    wire = Wire(queue_timeout=20).ready()
    wire.calls(*WRITE, timeout=100)
    never = wire.calls(*READ)
    wire.wait(21)
    assert wire.answered == [Answered(never, READ[0], Outcome.TIMEOUT, sent=False)]


def test_a_lost_connection_ends_every_call() -> None:
    wire = Wire().ready()
    out, queued = wire.calls(*WRITE), wire.calls(*READ)
    wire.run(wire.session.closed(wire.now))
    assert wire.answered == [
        Answered(out, WRITE[0], Outcome.CLOSED),
        Answered(queued, READ[0], Outcome.CLOSED, sent=False),
    ]
    later = wire.calls(*READ)
    assert wire.answered[2:] == [Answered(later, READ[0], Outcome.CLOSED, sent=False)]
    assert wire.says("Heartbeat", {}) == []
    assert not wire.session.is_idle(wire.now)


def test_idle_is_judged_at_the_moment_of_writing() -> None:
    wire = Wire().ready()
    out = wire.calls(*READ)
    guarded, careless = wire.calls(*WRITE, only_if_idle=True), wire.calls(*READ)
    wire.status(1, "Preparing")
    assert [frame[1] for frame in wire.answers(out, {})] == [careless]
    assert wire.answered[1] == Answered(guarded, WRITE[0], Outcome.NOT_IDLE, sent=False)


@pytest.mark.parametrize("action", ["StartTransaction", "Authorize", "MeterValues"])
def test_a_message_without_an_answer_forbids_the_write(action: str) -> None:
    wire = Wire().ready()
    wire.says(action, {"connectorId": 1, "idTag": "T", "meterValue": []})
    wire.calls(*RESET, only_if_idle=True)
    assert wire.answered[0].outcome is Outcome.NOT_IDLE


def test_nothing_is_sent_before_the_boot_is_accepted() -> None:
    wire = Wire(SessionFacts("C1", 1))
    wire.calls(*READ)
    assert (wire.sent, wire.answered[0].outcome, wire.answered[0].sent) == ([], Outcome.NOT_BOOTED, False)


def test_a_reboot_on_the_same_socket_holds_back_what_is_queued() -> None:
    wire = Wire().ready()
    out, queued = wire.calls(*READ), wire.calls(*WRITE)
    wire.says("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    wire.answers(out, {})
    assert wire.answered[1:] == [Answered(queued, WRITE[0], Outcome.NOT_BOOTED, sent=False)]


def test_what_does_not_fit_the_standard_is_our_fault() -> None:
    wire = Wire().ready()
    with pytest.raises(ValueError, match="Reset"):
        wire.session.call("Reset", {"type": "Warm"}, wire.now)
    assert wire.sent == []


def test_ids_are_unique_across_connections_of_a_charger() -> None:
    assert Wire(SessionFacts("C1", 7, True)).calls(*READ) != Wire(SessionFacts("C1", 8, True)).calls(*READ)
    assert len(Wire(SessionFacts("C1", 2**63 - 1, True)).calls(*READ)) <= 36


def test_wakes_when_time_alone_changes_something() -> None:
    wire = Wire().ready()
    wakes = []
    wire.wait(60)
    wakes.append(wire.session.wake_at)
    wire.calls(*WRITE, timeout=10)
    wire.calls(*READ, timeout=10)
    wakes.append(wire.session.wake_at)
    wire.wait(10)
    wakes.append(wire.session.wake_at)
    assert wakes == [None, wire.now, wire.now + 10]
