import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargers.link_key import digest_link_key, matches

PEPPER = b"pepper"


def test_the_digest_is_hmac_sha_256() -> None:
    assert digest_link_key(PEPPER, b"key") == hmac.new(PEPPER, b"key", hashlib.sha256).digest()


@given(st.binary(max_size=40))
def test_the_raw_key_matches(key: bytes) -> None:
    assert matches(key, digest_link_key(PEPPER, key), PEPPER)


@given(st.binary(min_size=16, max_size=20))
def test_a_key_sent_as_its_hex_text_matches(key: bytes) -> None:
    digest = digest_link_key(PEPPER, key)
    assert matches(key.hex().encode(), digest, PEPPER)
    assert matches(key.hex().upper().encode(), digest, PEPPER)


def test_a_key_that_is_hex_text_itself_matches_as_it_is() -> None:
    key = b"00112233445566778899AABBCCDDEEFF"
    assert matches(key, digest_link_key(PEPPER, key), PEPPER)
    assert not matches(key.lower(), digest_link_key(PEPPER, key), PEPPER)


@pytest.mark.parametrize(
    "presented",
    [b"", b"wrong", b"0" * 39, b"zz" * 20, b"00" * 15, b"00" * 21, b"00" * 20, "é".encode() * 20, b"\x00" * 20],
)
def test_anything_else_does_not(presented: bytes) -> None:
    assert not matches(presented, digest_link_key(PEPPER, b"RightPassword0123456"), PEPPER)


def test_the_pepper_matters() -> None:
    assert not matches(b"key", digest_link_key(b"other", b"key"), PEPPER)
