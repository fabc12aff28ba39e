"""Frames become exchanges: every call once, with its own answer, whatever crosses on the wire."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.ocpp16.exchanges import MOST_OPEN, OVERDUE_SECONDS, Exchange, Pairing

STEP = st.tuples(st.booleans(), st.sampled_from(["call", "result", "error", "noise"]), st.sampled_from("abc"))


def frame(kind: str, number: str, *, spaced: bool = False) -> str:
    parts: list[Any] = {
        "call": [2, number, "Heartbeat", {}],
        "result": [3, number, {"status": "Accepted"}],
        "error": [4, number, "InternalError", "no", {}],
        "noise": [9, number],
    }[kind]
    return json.dumps(parts, separators=(", ", ": ") if spaced else (",", ":"))


@given(st.lists(STEP, max_size=40), st.booleans())
def test_every_frame_stands_in_exactly_one_exchange(steps: list[tuple[bool, str, str]], spaced: bool) -> None:
    pairing, found = Pairing(), []
    for at, (by_us, kind, number) in enumerate(steps):
        exchange = pairing.take(by_us, frame(kind, number, spaced=spaced), float(at))
        found += [exchange] if exchange else []
    found += pairing.end()
    assert not pairing.waits
    calls = [one for one in found if one.action == "Heartbeat"]
    assert len(calls) == sum(kind == "call" for _by_us, kind, _number in steps)
    answers = sum(one.outcome in {"answered", "error", "stray"} for one in found)
    assert answers == sum(kind in {"result", "error"} for _by_us, kind, _number in steps)
    assert sum(one.outcome == "malformed" for one in found) == sum(kind == "noise" for _, kind, _number in steps)
    for one in found:
        assert (one.latency is None) == (one.outcome in {"unanswered", "stray", "malformed"})
        if one.outcome == "answered":
            asked = steps[int(one.at)]
            assert asked == (one.by_us, "call", one.message_id)
            assert steps[int(one.at + (one.latency or 0))] == (not one.by_us, "result", one.message_id)


def test_both_spellings_of_a_frame_are_read_alike() -> None:
    for spaced in (False, True):
        pairing = Pairing()
        pairing.take(False, frame("call", "7", spaced=spaced), 10.0)
        found = pairing.take(True, frame("result", "7", spaced=spaced), 10.25)
        assert found is not None
        assert (found.action, found.status, found.latency, found.by_us) == ("Heartbeat", "Accepted", 0.25, False)
        assert json.loads(found.answer) == {"status": "Accepted"}


def test_the_word_of_an_answer_about_a_card_is_its_status() -> None:
    pairing = Pairing()
    pairing.take(False, '[2,"1","Authorize",{"idTag":"04A2"}]', 0.0)
    found = pairing.take(True, '[3,"1",{"idTagInfo":{"status":"Blocked"}}]', 1.0)
    assert found is not None
    assert found.status == "Blocked"


def test_an_error_says_its_code_and_its_words() -> None:
    pairing = Pairing()
    pairing.take(True, '[2,"1","Reset",{"type":"Soft"}]', 0.0)
    found = pairing.take(False, '[4,"1","NotSupported","not here",{}]', 1.0)
    assert found is not None
    assert (found.outcome, found.status, found.answer) == ("error", "NotSupported", '"not here"')


def test_calls_that_nobody_answers_are_given_up_in_time_and_in_number() -> None:
    pairing = Pairing()
    given_up: list[Exchange | None] = [
        pairing.take(False, frame("call", str(number)), float(number)) for number in range(MOST_OPEN + 1)
    ]
    assert [one.message_id for one in given_up if one] == ["0"]
    late = pairing.overdue(OVERDUE_SECONDS + 2)
    assert [one.message_id for one in late] == ["1", "2"]
    assert {one.outcome for one in late} == {"unanswered"}


def test_secrets_are_gone_from_call_and_answer() -> None:
    pairing = Pairing()
    call = '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"Canary"}]'
    answer = '[3,"1",{"configurationKey":[{"key":"AuthorizationKey","readonly":false,"value":"Canary"}]}]'
    pairing.take(True, call, 0.0)
    found = pairing.take(False, answer, 1.0)
    assert found is not None
    assert "Canary" not in str(found)
