"""Bodies: whatever bytes arrive, the answer is a value or a problem."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from accounts.api.parsing import StrictJSONParser
from accounts.api.problems import Problem, faults_of

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=8,
)


def parse(raw: bytes) -> object:
    return StrictJSONParser().parse(io.BytesIO(raw))


@given(st.binary(max_size=300))
def test_any_bytes_give_an_object_or_a_problem(raw: bytes) -> None:
    try:
        value = parse(raw)
    except Problem:
        return
    assert isinstance(value, dict)


@given(st.dictionaries(st.text("abcdef", max_size=5), values, max_size=5))
def test_what_json_says_is_what_arrives(value: dict[str, object]) -> None:
    assert parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize("digits", [5000, 100_000])
def test_a_number_without_end_is_malformed(digits: int) -> None:
    with pytest.raises(Problem):
        parse(b'{"a": ' + b"9" * digits + b"}")


def test_errors_are_flat_with_pointers() -> None:
    detail: Any = {"a/b": {"~": ["x"]}, "items": {0: ["y"]}, "list": [{}, {"c": ["z"]}], "non_field_errors": ["w"]}

    pointers = {(fault.pointer, str(fault.detail)) for fault in faults_of(ValidationError(detail).detail)}
    assert pointers == {("/a~1b/~0", "x"), ("/items/0", "y"), ("/list/1/c", "z"), ("", "w")}
