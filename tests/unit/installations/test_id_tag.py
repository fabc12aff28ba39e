"""The form of a card's number, the same here as in the database's constraint."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installations.id_tag import FORM, LONGEST, is_id_tag, normal_id_tag


@pytest.mark.parametrize("text", ["A", "04A2B3C4D5E6F7", "X" * 20, "A B", "#1", "~"])
def test_printable_ascii_is_a_tag(text: str) -> None:
    assert is_id_tag(text)


@pytest.mark.parametrize("text", ["", "X" * 21, " A", "A ", "a", "Ä", "A\n", "A\x7f", "A\0B"])
def test_anything_else_is_not(text: str) -> None:
    assert not is_id_tag(text)


@pytest.mark.parametrize(("typed", "kept"), [(" ab1\n", "AB1"), ("Ab 1", "AB 1"), ("ß", "ß"), ("ı", "ı")])
def test_only_ascii_gets_capitals(typed: str, kept: str) -> None:
    assert normal_id_tag(typed) == kept


@given(st.text(st.characters(codec="ascii"), max_size=22))
def test_the_rule_in_words(text: str) -> None:
    normal = normal_id_tag(text)
    wanted = 1 <= len(normal) <= LONGEST and normal.isprintable()
    assert is_id_tag(normal) is wanted
    assert bool(re.search(FORM, normal)) is wanted
