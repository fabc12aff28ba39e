"""Whatever a charger holds, what is sent makes it hold the wanted list, within its limits, by rising versions."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.ocpp16.local_list import (
    HIGHEST_VERSION,
    MOST_IN_MESSAGE,
    Card,
    Entry,
    Held,
    Limits,
    entries_for,
    plan,
    read_limits,
)
from gateway.ocpp16.outgoing import check_request

TAGS = st.sampled_from([f"CARD{number:02}" for number in range(14)])
LISTS = st.dictionaries(
    TAGS,
    st.sampled_from([("Accepted", "", ""), ("Blocked", "", ""), ("Accepted", "2027-01-01T00:00:00Z", "FAMILY")]),
)


class Charger:
    """A charger's own rules: versions rise, messages and the list have their limits."""

    def __init__(self, version: int, entries: dict[str, Entry], in_message: int, in_all: int) -> None:
        self.version, self.entries, self.in_message, self.in_all = version, dict(entries), in_message, in_all

    def take(self, payload: dict[str, Any]) -> None:
        check_request("SendLocalList", payload)
        data = payload["localAuthorizationList"]
        assert len(data) <= self.in_message
        if payload["updateType"] == "Full":
            self.entries = {}
        else:
            assert payload["listVersion"] > self.version
        for one in data:
            if "idTagInfo" not in one:
                assert self.entries.pop(one["idTag"], None) is not None, "only what is there is removed"
            else:
                info = one["idTagInfo"]
                self.entries[one["idTag"]] = (info["status"], info.get("expiryDate", ""), info.get("parentIdTag", ""))
            assert len(self.entries) <= self.in_all
        self.version = payload["listVersion"]


@given(
    wanted=LISTS, old=LISTS, known=st.booleans(), in_message=st.integers(1, 6),
    version=st.integers(0, 5) | st.integers(HIGHEST_VERSION - 3, HIGHEST_VERSION), drifted=st.integers(0, 2),
)  # fmt: skip
def test_after_the_steps_the_charger_holds_the_wanted_list(
    wanted: dict[str, Entry], old: dict[str, Entry], known: bool, in_message: int, version: int, drifted: int
) -> None:
    assume(not (version == 0 and old))
    held = Held(version - drifted, old) if known else None
    real = old if not drifted else {}
    charger = Charger(version, real if version else {}, in_message, max(len(old), len(wanted), 1))
    before = charger.version
    steps = plan(wanted, held, version, in_message)
    for step in steps:
        charger.take(step.payload)
        assert charger.entries == step.after
    assert charger.entries == wanted or (not steps and charger.entries == wanted)
    if steps and steps[0].payload["updateType"] == "Differential":
        assert held is not None
        assert held.version == before
    assert len(steps) <= max(1, -(-len(wanted) // in_message)), "never dearer than sending everything"
    assert [step.payload["listVersion"] for step in steps] == sorted({step.payload["listVersion"] for step in steps})
    assert all(0 < step.payload["listVersion"] <= HIGHEST_VERSION for step in steps)


@given(LISTS, st.integers(1, 100), st.integers(1, 6))
def test_a_charger_that_holds_it_already_is_left_alone(wanted: dict[str, Entry], version: int, size: int) -> None:
    assert plan(wanted, Held(version, wanted), version, size) == ()


def test_one_new_card_costs_one_small_message() -> None:
    old = {f"CARD{number}": ("Accepted", "", "") for number in range(50)}
    steps = plan({**old, "NEW": ("Accepted", "", "")}, Held(7, old), 7, 10)
    assert [step.payload for step in steps] == [
        {
            "listVersion": 8,
            "updateType": "Differential",
            "localAuthorizationList": [{"idTag": "NEW", "idTagInfo": {"status": "Accepted"}}],
        }
    ]


def test_usable_cards_find_a_place_before_blocked_ones() -> None:
    ends = datetime(2027, 1, 1, tzinfo=UTC)
    cards = [Card("A", blocked=True), Card("B", expires_at=ends, parent_id_tag="G"), Card("C")]
    found = entries_for(cards, 2)
    assert found == ({"B": ("Accepted", "2027-01-01T00:00:00Z", "G"), "C": ("Accepted", "", "")}, 1)


SAID = {
    "SupportedFeatureProfiles": "Core, LocalAuthListManagement",
    "LocalAuthListEnabled": "True",
    "LocalAuthListMaxLength": "200",
    "SendLocalListMaxLength": "50",
}


@pytest.mark.parametrize(
    ("changes", "limits"),
    [
        ({}, Limits(50, 200, True)),
        ({"LocalAuthListEnabled": "false"}, Limits(50, 200, False)),
        ({"SendLocalListMaxLength": "999999"}, Limits(MOST_IN_MESSAGE, 200, True)),
        ({"SupportedFeatureProfiles": "Core,SmartCharging"}, None),
        ({"SendLocalListMaxLength": "0"}, None),
        ({"LocalAuthListMaxLength": None}, None),
        ({"LocalAuthListMaxLength": "many"}, None),
    ],
)
def test_who_has_a_local_list(changes: dict[str, str | None], limits: Limits | None) -> None:
    assert read_limits({**SAID, **changes}) == limits


def test_without_the_switch_there_is_no_list() -> None:
    assert read_limits({key: value for key, value in SAID.items() if key != "LocalAuthListEnabled"}) is None
