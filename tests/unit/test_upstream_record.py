"""The judge of the bridge's tests finds what it is there to find."""

from typing import Any

import pytest

from tests.upstream_record import Heard, judge

START = ("StartTransaction", {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "t1"})
STOP = ("StopTransaction", {"transactionId": 5, "meterStop": 9, "timestamp": "t3"})
METER = ("MeterValues", {"connectorId": 1, "transactionId": 5, "meterValue": ["t2"]})
TOLD = {"C": [START, METER, STOP]}


def heard(*messages: tuple[str, dict[str, Any]], connections: str = "") -> list[Heard]:
    places = connections or "a" * len(messages)
    return [Heard("C", place, *message) for place, message in zip(places, messages, strict=True)]


def test_all_once_and_in_order_is_good_and_a_repeat_over_a_lost_connection_is_counted() -> None:
    assert judge(TOLD, heard(START, METER, STOP)).repeated == 0
    verdict = judge(TOLD, heard(START, START, METER, STOP, STOP, connections="abbbc"))
    assert (verdict.messages, verdict.starts, verdict.stops, verdict.repeated) == (3, 1, 1, 2)


@pytest.mark.parametrize(
    "record",
    [
        heard(START, METER),
        heard(START, STOP, METER),
        heard(START, METER, METER, STOP),
        heard(START, METER, STOP, METER, connections="aaab"),
        heard(START, METER, ("StopTransaction", {**STOP[1], "meterStop": 8})),
        heard(START, METER, ("StopTransaction", {**STOP[1], "transactionId": 6})),
        heard(START, ("MeterValues", {**METER[1], "transactionId": -1}), STOP),
        [*heard(START, METER, STOP), Heard("D", "a", *START)],
    ],
    ids=["lost", "order", "twice", "twice later", "other content", "other id", "no id", "stranger"],
)
def test_everything_else_is_found(record: list[Heard]) -> None:
    with pytest.raises(AssertionError):
        judge(TOLD, record)
