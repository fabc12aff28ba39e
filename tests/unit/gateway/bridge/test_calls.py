from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargers.profiles import all_profiles
from gateway.bridge.calls import (
    Answer,
    Deed,
    Forward,
    Limiting,
    Refuse,
    Say,
    SetLegKey,
    ShowLegKeys,
    TakeKey,
    decide,
    is_network_key,
    overlay,
)
from gateway.ocpp16.vocabulary import ACTIONS

LEG = {"HeartbeatInterval": 300, "WebSocketPingInterval": 30}
NOT_SUPPORTED = Answer({"status": "NotSupported"})


def change(key: str, value: str = "1", allowed: tuple[str, ...] = ()) -> Deed:
    return decide("ChangeConfiguration", {"key": key, "value": value}, allowed_keys=allowed)


def test_keys_are_known_in_any_capitalisation() -> None:
    assert change("authorizationkey", "0123456789abcdef") == TakeKey("0123456789abcdef")
    assert change("HEARTBEATINTERVAL", "60") == SetLegKey("HeartbeatInterval", 60)
    assert isinstance(change("metervaluesampleinterval", "60", ("MeterValueSampleInterval",)), Forward)


def test_a_key_is_shown_to_nobody() -> None:
    assert "0123456789abcdef" not in repr(change("AuthorizationKey", "0123456789abcdef"))


@pytest.mark.parametrize("profile", all_profiles().values(), ids=lambda profile: profile.name)
def test_no_profile_lets_a_backend_change_where_a_charger_connects_or_who_may_charge(profile: Any) -> None:
    """Whatever key a make of charger keeps its address, its password or its free-vend switch in."""
    keys = [profile.auth.key, profile.auth.proof_key] if profile.auth else []
    if profile.url:
        url = profile.url
        keys += [url.key, *url.alternatives, url.path_key, url.second_key, url.priority_key, url.identity_key]
    if profile.free_vend:
        keys += [profile.free_vend.key, profile.free_vend.tag_key]
    assert not {key.lower() for key in keys if key} & {key.lower() for key in profile.backend_keys}
    assert not [key for key in profile.backend_keys if is_network_key(key)]


@pytest.mark.parametrize("key", ["SecurityProfile", "CentralSystemURL", "CpoName", "WiFiPassword", "FreeVendActive"])
def test_what_is_not_on_the_list_is_not_supported(key: str) -> None:
    assert change(key, "x", ("MeterValueSampleInterval",)) == NOT_SUPPORTED


@pytest.mark.parametrize(
    "keys", [["HeartbeatInterval"], ["AuthorizationKey"], ["CentralSystemURL", "heartbeatinterval"]]
)
def test_the_charger_is_not_asked_for_an_empty_list_which_would_mean_everything(keys: list[str]) -> None:
    assert decide("GetConfiguration", {"key": keys}) == ShowLegKeys(tuple(keys))


def test_a_backend_sees_what_it_asked_for_and_no_secret() -> None:
    told = {
        "configurationKey": [
            {"key": key, "readonly": False, "value": "x"}
            for key in ("heartbeatInterval", "AuthorizationKey", "MeterValueSampleInterval", "WiFi_SSID", "Other")
        ]
    }
    shown = overlay(told, ["MeterValueSampleInterval", "AuthorizationKey", "HeartbeatInterval"], LEG)
    assert {row["key"]: row["value"] for row in shown["configurationKey"]} == {
        "MeterValueSampleInterval": "x", "HeartbeatInterval": "300",
    }  # fmt: skip
    assert shown["unknownKey"] == ["AuthorizationKey"]
    everything = overlay(told, [], LEG)
    assert [row["key"] for row in everything["configurationKey"]] == [
        "MeterValueSampleInterval", "Other", "HeartbeatInterval", "WebSocketPingInterval",
    ]  # fmt: skip


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(ACTIONS)) | st.text(max_size=12), json_values | st.fixed_dictionaries(
    {"key": json_values, "value": json_values, "type": json_values, "requestedMessage": json_values}
))  # fmt: skip
def test_every_call_of_a_backend_is_answered_refused_or_forwarded_without_keys_of_ours(
    action: str, payload: Any
) -> None:
    deed = decide(action, payload)
    assert isinstance(deed, Answer | Refuse | Forward | TakeKey | SetLegKey | ShowLegKeys | Say | Limiting)
    if isinstance(deed, Forward) and action == "GetConfiguration":
        assert not [key for key in deed.payload.get("key", []) if is_network_key(key)]
    assert not (isinstance(deed, Forward) and action == "ChangeConfiguration")
