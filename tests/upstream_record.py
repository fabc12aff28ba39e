"""A backend's record beside its chargers' own: every start, meter value and stop exactly once, and in order.

A backend that dies with a message in its hands cannot say whether it had it, so the message comes again on the next
connection; the standard tells backends to know it by its content. Only that is taken for once: the same words, with
nothing between, on another connection. How often it happened is told.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ABOUT_SESSIONS = ("StartTransaction", "MeterValues", "StopTransaction")


@dataclass(frozen=True)
class Heard:
    """A call that reached a backend."""

    identity: str
    connection: str
    action: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    messages: int
    starts: int
    stops: int
    repeated: int


def judge(told: Mapping[str, Sequence[tuple[str, Mapping[str, Any]]]], heard: Iterable[Heard]) -> Verdict:
    """``told``: per identity what its charger had to say of sessions, in its order. Raises AssertionError.

    Besides content and order: all of a session goes by the one id its start was given, and no two sessions by the same.
    """
    by_charger: dict[str, list[Heard]] = defaultdict(list)
    repeated = 0
    for one in heard:
        if one.action not in ABOUT_SESSIONS:
            continue
        so_far = by_charger[one.identity]
        last = so_far[-1] if so_far else None
        if last and (last.action, last.payload) == (one.action, one.payload) and last.connection != one.connection:
            repeated += 1
            so_far[-1] = one
        else:
            so_far.append(one)
    assert set(by_charger) <= {identity for identity, messages in told.items() if messages}
    for identity, messages in told.items():
        expected = [_content(action, payload) for action, payload in messages]
        found = [_content(one.action, one.payload) for one in by_charger[identity]]
        assert found == expected, _difference(identity, expected, found)
        _check_ids(identity, by_charger[identity])
    every = [action for messages in told.values() for action, _payload in messages]
    return Verdict(len(every), every.count("StartTransaction"), every.count("StopTransaction"), repeated)


def _content(action: str, payload: Mapping[str, Any]) -> str:
    """Without the transaction's id, which is another one on each side."""
    return json.dumps([action, {k: v for k, v in payload.items() if k != "transactionId"}], sort_keys=True)


def _check_ids(identity: str, heard: Sequence[Heard]) -> None:
    used: set[int] = set()
    running: dict[int, int | None] = {}
    for one in heard:
        number = one.payload.get("transactionId")
        if one.action == "StartTransaction":
            running[one.payload["connectorId"]] = None
            continue
        if number is None:
            continue
        places = [place for place, known in running.items() if known == number]
        if not places:
            places = [place for place, known in running.items() if known is None]
            assert places, f"{identity}: {one.action} goes by {number}, which no running session has"
            assert number > 0, (identity, one)
            assert number not in used, f"{identity}: two sessions with the id {number}"
        used.add(number)
        running[places[0]] = number
        assert one.payload.get("connectorId", places[0]) == places[0], (identity, one)
        if one.action == "StopTransaction":
            del running[places[0]]


def _difference(identity: str, expected: list[str], found: list[str]) -> str:
    for place, (wanted, got) in enumerate(zip(expected, found, strict=False)):
        if wanted != got:
            return f"{identity}: message {place + 1} of {len(expected)} should be {wanted}, is {got}"
    rest = (expected if len(expected) > len(found) else found)[min(len(expected), len(found)) :]
    return f"{identity}: {len(expected)} messages were told, {len(found)} arrived; the first of the rest: {rest[0]}"
