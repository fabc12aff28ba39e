"""No secret stays in what is kept, wherever it stood; everything else stays as it was."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.ocpp16.redaction import REMOVED, redact, says_secret

SECRET_NAMES = [
    "AuthorizationKey", "authorizationKey2", "WifiPassword", "BasicAuthPassword", "WebSocketPassword", "wpa_key",
    "SimPin", "PIN", "apn.pw", "ClientSecret", "accessToken", "API-Key", "PrivateKey", "PSK", "MQTT_PWD",
    "adminPassphrase", "PUK1",
]  # fmt: skip
PLAIN_NAMES = [
    "HeartbeatInterval", "WebSocketPingInterval", "NumberOfConnectors", "LocalAuthListEnabled", "key", "idTag", "value",
    "GetConfigurationMaxKeys", "StopTransactionOnInvalidId", "configurationKey", "unknownKey",
    "SupportedFeatureProfiles", "mapping", "shipping", "publicKey",
]  # fmt: skip
CANARY = "Zq7Canary0xQ"
secrets = st.from_regex(r"[A-Za-z0-9!%+_~^]{0,6}Zq7Canary0xQ[A-Za-z0-9!%+_~^]{0,6}", fullmatch=True)
names = st.sampled_from(SECRET_NAMES)
plain = st.sampled_from(PLAIN_NAMES)
harmless = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("abcdefgh ijlmnoqrst-", max_size=12)

# Every way to hand a secret over that the rule knows, as part of a payload.
holders = st.one_of(
    st.builds(lambda name, secret: {name: secret}, names, secrets),
    st.builds(lambda name, secret: {name: [{"deep": secret}]}, names, secrets),
    st.builds(lambda name, secret: {"key": name, "value": secret}, names, secrets),
    st.builds(lambda name, secret: {"key": name, "readonly": False, "value": [secret]}, names, secrets),
    st.builds(lambda name, secret: {"vendorId": "v", "messageId": name, "data": secret}, names, secrets),
    st.builds(lambda name, secret: {"data": json.dumps({"a": {name: secret}})}, names, secrets),
    st.builds(lambda name, secret: {"data": f"user=a;{name}={secret};x=1"}, names, secrets),
    st.builds(lambda name, secret: {"data": f"{name}: {secret}"}, names, secrets),
    st.builds(lambda secret: {"location": f"ftp://user:{secret}@host.example/logs"}, secrets),
    st.builds(lambda secret: {"location": f"https://host.example/up?sig={secret}&x=1"}, secrets),
    st.builds(lambda secret: {"location": f"https://host.example/{secret}/up"}, secrets),
    st.builds(lambda secret: {"fileName": f"http://h/diagnostics/{secret:_<20}x.log"}, st.just(CANARY)),
    st.builds(lambda secret: {"data": f"Authorization: Basic {secret}"}, secrets),
    st.builds(lambda secret: {"data": f"-----BEGIN PRIVATE KEY-----\n{secret}\n"}, secrets),
)


members = plain.filter(lambda name: name != "key")


def payloads(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(members, inner, max_size=3),
        max_leaves=6,
    )


@given(payloads(harmless | holders), st.sampled_from([None, 1]), st.booleans())
def test_a_secret_never_stays(payload: Any, indent: int | None, escaped: bool) -> None:
    text = json.dumps([2, "1", "DataTransfer", payload], indent=indent, ensure_ascii=escaped)
    assert CANARY not in redact(text)


@given(holders)
def test_a_secret_behind_escapes_or_in_a_text_that_breaks_off_never_stays(payload: Any) -> None:
    text = json.dumps(payload)
    hidden = [letter.isalpha() and letter not in CANARY for letter in text]
    escaped = "".join(f"\\u{ord(one):04x}" if hide else one for one, hide in zip(text, hidden, strict=True))
    for variant in (escaped, text[:-1], f"x{text}"):
        assert CANARY not in redact(variant)


@given(payloads(harmless))
def test_what_holds_no_secret_stays_to_the_letter(payload: Any) -> None:
    text = json.dumps([3, "1", payload])
    assert redact(text) == text
    assert redact(text) == text  # known by now


@given(payloads(harmless | holders))
def test_what_was_redacted_once_stays_as_it_is(payload: Any) -> None:
    once = redact(json.dumps(payload))
    assert redact(once) == once


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(redact(text), str)


@given(st.dictionaries(st.text("ptwkeynis0123", max_size=6), st.text("ptwkeynis0123=:/@?", max_size=12), max_size=4))
def test_what_is_known_to_be_clean_is_clean(payload: dict[str, str]) -> None:
    """The short cut past digits gives what the whole way gives: a first look and a second one agree."""
    text = json.dumps(payload)
    first = redact(text)
    assume(first == text)
    assert not any(says_secret(name) and payload[name] for name in payload)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_of_secrets(name: str) -> None:
    assert says_secret(name)


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_names_of_other_things(name: str) -> None:
    assert not says_secret(name)


def test_an_answer_to_get_configuration_keeps_everything_else() -> None:
    def answer(key: str) -> dict[str, Any]:
        settings = [
            {"key": "AuthorizationKey", "readonly": False, "value": key},
            {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
            {"key": "WebSocketPassword", "readonly": True},
            {"key": "WifiPassword", "readonly": False, "value": ""},
        ]
        return {"configurationKey": settings, "unknownKey": ["BasicAuthPassword"]}

    assert json.loads(redact(json.dumps(answer("0102")))) == answer(REMOVED)


def test_a_url_keeps_host_and_path() -> None:
    text = '{"url":"wss://user:word@csms.example:443/ocpp/ZCS1?sig=abc"}'
    assert redact(text) == f'{{"url":"wss://{REMOVED}@csms.example:443/ocpp/ZCS1?{REMOVED}"}}'
    assert redact('{"url":"wss://csms.example/ocpp/ZCS1"}') == '{"url":"wss://csms.example/ocpp/ZCS1"}'
