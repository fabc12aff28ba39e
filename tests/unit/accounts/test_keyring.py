"""The key ring: what it takes, and that it fails closed."""

import base64
import os
from collections.abc import Callable

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts import keyring
from accounts.keyring import KeyringError


def entry(name: str, key: bytes | None = None) -> str:
    return f"{name}:{base64.b64encode(key or os.urandom(32)).decode()}"


@given(plain=st.binary(max_size=200), associated=st.text(max_size=40))
def test_what_goes_in_comes_out(plain: bytes, associated: str) -> None:
    key_id, sealed = keyring.encrypt(plain, associated=associated)
    assert keyring.decrypt(key_id, sealed, associated=associated) == plain
    assert len(plain) < 4 or plain not in sealed


def test_the_same_text_never_looks_the_same() -> None:
    assert keyring.encrypt(b"x", associated="a")[1] != keyring.encrypt(b"x", associated="a")[1]


@given(place=st.integers(min_value=0, max_value=40), flip=st.integers(min_value=1, max_value=255))
def test_one_changed_byte_is_noticed(place: int, flip: int) -> None:
    key_id, sealed = keyring.encrypt(b"a password of size", associated="row")
    broken = bytearray(sealed)
    broken[place % len(broken)] ^= flip
    with pytest.raises(KeyringError):
        keyring.decrypt(key_id, bytes(broken), associated="row")


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 12])
def test_a_stump_is_noticed(sealed: bytes) -> None:
    with pytest.raises(KeyringError):
        keyring.decrypt(keyring.current_key_id(), sealed, associated="row")


def test_a_secret_cannot_move_to_another_row() -> None:
    key_id, sealed = keyring.encrypt(b"x", associated="row 1")
    with pytest.raises(KeyringError):
        keyring.decrypt(key_id, sealed, associated="row 2")


def test_the_first_key_encrypts_and_older_ones_still_open(settings: Settings) -> None:
    old, new = entry("old"), entry("new")
    settings.SECRET_KEY_RING = [old]
    key_id, sealed = keyring.encrypt(b"x", associated="row")
    settings.SECRET_KEY_RING = [new, old]
    assert keyring.current_key_id() == "new"
    assert keyring.decrypt(key_id, sealed, associated="row") == b"x"
    settings.SECRET_KEY_RING = [new]
    with pytest.raises(KeyringError, match="old"):
        keyring.decrypt(key_id, sealed, associated="row")


@pytest.mark.parametrize(
    "ring",
    [[], ["nokey"], [":AAAA"], ["a:"], ["a:AAAA"], ["a:####"], [entry("a"), entry("a")], [entry("x" * 41)]],
)
def test_a_ring_that_is_wrong_stops_everything_without_showing_keys(ring: list[str]) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        keyring.parse_ring(ring)
    assert "AAAA" not in str(error.value)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("strip", [True, False])
def test_both_alphabets_with_and_without_padding(encode: Callable[[bytes], bytes], strip: bool) -> None:
    text = encode(b"\xfb\xff" * 16).decode()
    assert list(keyring.parse_ring([f"a:{text.rstrip('=') if strip else text}"])) == ["a"]
