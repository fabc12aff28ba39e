"""One-time passwords: the vectors of RFC 6238, and that each counts once and for about a minute."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.one_time import STEP_SECONDS, address, code_at, counter_of, written

SECRET = b"12345678901234567890"
# RFC 6238, appendix B, SHA-1: seconds and the last six of its eight digits.
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert code_at(SECRET, seconds // STEP_SECONDS) == code


@given(st.binary(min_size=20, max_size=20), st.integers(9, 10**9), st.integers(-3, 3))
def test_a_code_counts_in_its_step_and_the_two_beside_it(secret: bytes, counter: int, distance: int) -> None:
    now = (counter + distance) * STEP_SECONDS + 7.5
    found = counter_of(secret, code_at(secret, counter), now=now, after=0)
    if abs(distance) <= 1:
        assert found is not None
    # Six digits can be right by chance: then for a step beside now all the same.
    assert found is None or abs(found - (counter + distance)) <= 1


@given(st.binary(min_size=20, max_size=20), st.integers(9, 10**9), st.text(max_size=8))
def test_what_was_used_or_is_no_code_does_not_count(secret: bytes, counter: int, text: str) -> None:
    now = counter * STEP_SECONDS
    assert counter_of(secret, code_at(secret, counter), now=now, after=counter + 1) is None
    if not (len(text) == 6 and text.isascii() and text.isdigit()):
        assert counter_of(secret, text, now=now, after=0) is None


def test_an_app_reads_the_address_and_people_the_groups() -> None:
    assert written(bytes(20)) == " ".join(["AAAA"] * 8)
    assert address(bytes(20), account="a b@x.de", issuer="Charge Portal") == (
        f"otpauth://totp/Charge%20Portal:a%20b%40x.de?secret={'A' * 32}&issuer=Charge%20Portal"
    )
