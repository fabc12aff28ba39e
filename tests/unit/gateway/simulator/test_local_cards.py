"""A simulated charger takes lists of cards as the standard says, and lets cars charge by them while nobody answers."""

import json
from typing import Any

import pytest

from gateway.simulator.configuration import Configuration, standard_keys
from gateway.simulator.local_cards import LocalCards
from gateway.simulator.requests import SendLocalList, read
from gateway.simulator.rpc import Fault

NOW = 1_800_000_000.0
CARD = {"idTag": "Card1", "idTagInfo": {"status": "Accepted"}}


def configuration(**changed: str) -> Configuration:
    return Configuration(standard_keys(1, 10), {"LocalAuthListEnabled": "true", **changed})


def send(cards: LocalCards, version: int, kind: str, *data: dict[str, Any], **changed: str) -> str:
    payload = {"listVersion": version, "updateType": kind, "localAuthorizationList": list(data)}
    return cards.update(read(SendLocalList, payload), configuration(**changed))


def test_full_replaces_and_differential_changes() -> None:
    cards = LocalCards()
    assert send(cards, 1, "Full", CARD, {"idTag": "CARD2", "idTagInfo": {"status": "Blocked"}}) == "Accepted"
    assert send(cards, 2, "Differential", {"idTag": "CARD2"}) == "Accepted"
    assert (cards.version, set(cards.entries)) == (2, {"CARD1"})
    assert send(cards, 2, "Differential", CARD) == "VersionMismatch"
    assert send(cards, 3, "Differential", {"idTag": "CARD9"}) == "Failed"
    assert send(cards, 1, "Full") == "Accepted"
    assert (cards.version, cards.entries) == (1, {})


def test_it_has_its_limits() -> None:
    cards = LocalCards()
    with pytest.raises(Fault):
        send(cards, 1, "Full", CARD, CARD, SendLocalListMaxLength="1")
    two = {"idTag": "CARD2", "idTagInfo": {"status": "Accepted"}}
    assert send(cards, 1, "Full", CARD, two, LocalAuthListMaxLength="1") == "Failed"
    assert send(cards, 1, "Full", CARD, LocalAuthListEnabled="false") == "NotSupported"
    assert cards.entries == {}


@pytest.mark.parametrize(
    ("info", "says"),
    [
        ({"status": "Accepted"}, True),
        ({"status": "Blocked"}, False),
        ({"status": "Accepted", "expiryDate": "2027-01-01T00:00:00Z"}, False),
        ({"status": "Accepted", "expiryDate": "2028-01-01T00:00:00Z"}, True),
    ],
)
def test_what_it_says_of_a_card(info: dict[str, Any], says: bool) -> None:
    cards = LocalCards()
    send(cards, 1, "Full", {"idTag": "CARD1", "idTagInfo": info})
    assert cards.says("card1", configuration(), NOW) is says
    assert cards.says("OTHER", configuration(), NOW) is None
    assert cards.says("CARD1", configuration(LocalAuthorizeOffline="false"), NOW) is None


def test_the_list_outlives_a_power_cut() -> None:
    cards, after = LocalCards(), LocalCards()
    send(cards, 7, "Full", CARD)
    after.restore(json.loads(json.dumps(cards.snapshot())))
    assert (after.version, after.entries) == (7, cards.entries)
