import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ocpp16 import frames
from gateway.ocpp16.errors import ErrorCode, read_code
from gateway.ocpp16.frames import Call, CallError, CallResult, Malformed, parse, serialise

# Whole numbers beyond 64 bits and floats that JSON cannot hold are no part of OCPP.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


@pytest.mark.parametrize(
    ("text", "number", "action", "payload"),
    [
        ('[2,"1","Heartbeat",{}]', "1", "Heartbeat", "{}"),
        (' [ 2 , "1" , "Heartbeat" , {} ] ', "1", "Heartbeat", "{}"),
        ('[2,17,"Heartbeat",{}]', 17, "Heartbeat", "{}"),
        ('[2,1.5,"Heartbeat",{}]', 1.5, "Heartbeat", "{}"),
        ('[2,"' + "x" * 100 + '","Heartbeat",{}]', "x" * 100, "Heartbeat", "{}"),
        ('[2,"1","Heartbeat",{"a":"\\\\u0000"}]', "1", "Heartbeat", '{"a":"\\\\u0000"}'),
        ('[2,"1","Heartbeat",{"a":"]]]]]]]]{{{{{{{{{{["}]', "1", "Heartbeat", '{"a":"]]]]]]]]{{{{{{{{{{["}'),
    ],
)
def test_a_call(text: str, number: object, action: str, payload: str) -> None:
    frame = parse(text)
    assert isinstance(frame, Call)
    assert (frame.id, frame.action, bytes(frame.payload).decode()) == (number, action, payload)


def test_a_result_and_an_error() -> None:
    result = parse('[3,"1",{"status":"Accepted"}]')
    assert isinstance(result, CallResult)
    assert bytes(result.payload) == b'{"status":"Accepted"}'
    assert parse('[4,"1","NotSupported","no",{}]') == CallError("1", ErrorCode.NOT_SUPPORTED, "no")
    assert parse('[4,"1","FormatViolation"]') == CallError("1", ErrorCode.FORMATION_VIOLATION)
    assert parse('[4,"1","Weird",null,{"a":[1]}]') == CallError("1", ErrorCode.GENERIC_ERROR)


@pytest.mark.parametrize(
    ("text", "reason", "answer_id"),
    [
        ("", "not_json", None),
        ("garbage", "not_json", None),
        ("{}", "not_json", None),
        ("[]", "not_a_frame", None),
        ("[2]", "not_a_frame", None),
        ('[2,"1"]', "not_a_frame", "1"),
        ('[2,"1","Heartbeat"]', "not_a_frame", "1"),
        ('[2,"1","Heartbeat",{},{}]', "not_a_frame", "1"),
        ('[2,"1",7,{}]', "not_a_frame", "1"),
        ('[2,7,"Heartbeat"]', "not_a_frame", 7),
        ('[2,null,"Heartbeat",{}]', "not_a_frame", None),
        ('[2,true,"Heartbeat",{}]', "not_a_frame", None),
        ('[2,["1"],"Heartbeat",{}]', "not_a_frame", None),
        ('[2,"","Heartbeat",{}]', "id", None),
        ('[2,"' + "x" * 256 + '","Heartbeat",{}]', "id", None),
        ("[2," + "9" * 30 + ',"Heartbeat",{}]', "id", None),
        ("[2," + "9" * 5000 + ',"Heartbeat",{}]', "not_a_frame", None),
        ('[2,"\\u0000","Heartbeat",{}]', "id", None),
        ('["2","1","Heartbeat",{}]', "not_a_frame", None),
        ('[5,"1","Heartbeat",{}]', "not_a_frame", None),
        ('[3,"1"]', "not_a_frame", None),
        ('[4,"1"]', "not_a_frame", None),
        ('[4,"1",2]', "not_a_frame", None),
        ('[2,"1","Heartbeat",{"a":NaN}]', "not_json", None),
        ('[2,"1","Heartbeat",{"a":-Infinity}]', "not_json", None),
        ('[2,"1","Heartbeat",{"a":"\\ud800"}]', "not_json", None),
        ('[2,"1","Heartbeat",{"a":"\ud800"}]', "not_json", None),
        ('[2,"1","Heartbeat",{"a":"\x00"}]', "not_json", None),
        ('[2,"1","Heartbeat",{"a":"\\u0000"}]', "nul", "1"),
        ('[2,"1","Heartbeat",{"a":"x\\\\\\u0000"}]', "nul", "1"),
        ('[2,"1","Heartbeat",{}]x', "not_json", None),
        ('[2,"1","Heartbeat",{"a":' + "[" * 7 + "]" * 7 + "}]", "too_deep", "1"),
        ("[" * 30_000, "not_json", None),
        ('[2,"1","Heartbeat",' + "[" * 30_000 + "]" * 30_000 + "]", "not_json", None),
        ('[2,"1","Heartbeat",{"a":"' + "x" * 65_536 + '"}]', "too_large", None),
        ('[2,"1","Heartbeat",{"a":"' + "é" * 33_000 + '"}]', "too_large", None),
    ],
)
def test_what_cannot_be_taken(text: str, reason: str, answer_id: object) -> None:
    assert parse(text) == Malformed(reason, answer_id)  # type: ignore[arg-type]  # the table holds ids of every form


def test_eight_levels_are_fine_and_brackets_in_text_do_not_count() -> None:
    assert isinstance(parse('[2,"1","Heartbeat",{"a":' + "[" * 6 + "]" * 6 + "}]"), Call)
    hidden = '[2,"1","H",[[[["]]]]",[[[[[]]]]],"[[[["]]]]]'
    assert parse(hidden) == Malformed("too_deep", "1")


@given(JSON)
def test_depth_is_judged_exactly(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        assert frames.too_deep(text) is (depth(value) > frames.MAX_DEPTH)


@given(st.text() | JSON.map(json.dumps) | st.text("[]{}\",:0129\\u dHeartb'").map(lambda text: "[2," + text))
def test_no_text_raises(text: str) -> None:
    assert isinstance(parse(text), Call | CallResult | CallError | Malformed)


IDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=36) | st.integers(
    -(2**63) + 1, 2**63 - 1
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
RAW = st.dictionaries(TEXT, TEXT | st.lists(TEXT, max_size=3), max_size=4).map(msgspec.json.encode).map(msgspec.Raw)


@given(
    st.builds(Call, IDS, TEXT, RAW)
    | st.builds(CallResult, IDS, RAW)
    | st.builds(CallError, IDS, st.sampled_from(ErrorCode), TEXT)
)
def test_what_is_written_is_read(frame: frames.Frame) -> None:
    text = serialise(frame)
    assert parse(text) == frame
    assert json.loads(text)[1] == frame.id


def test_too_large_a_frame_of_ours_is_our_fault() -> None:
    with pytest.raises(ValueError, match="64 KiB"):
        frames.call("1", "DataTransfer", {"data": "x" * 70_000})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((code.value, code) for code in ErrorCode),
        ("FormatViolation", ErrorCode.FORMATION_VIOLATION),
        ("OccurrenceConstraintViolation", ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION),
        ("notsupported", ErrorCode.GENERIC_ERROR),
        ("", ErrorCode.GENERIC_ERROR),
    ],
)
def test_error_codes_in_both_spellings(text: str, code: ErrorCode) -> None:
    assert read_code(text) is code


def test_the_frozen_spellings_are_sent() -> None:
    assert "FormationViolation" in frames.error("1", ErrorCode.FORMATION_VIOLATION)
    assert "OccurenceConstraintViolation" in frames.error("1", ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION)
