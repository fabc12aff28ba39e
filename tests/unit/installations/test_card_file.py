"""Files of charge cards: what people and spreadsheets write is read, what cannot be is told by row and column."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.refusals import Invalid
from installations.card_cells import protect, read_expiry, read_flag, unprotect
from installations.card_file import MOST_ROWS, column_of, decode, read_cards, write_cards

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Written:
    id_tag: str
    holder: str = ""
    label: str = ""
    expires_at: datetime | None = None
    blocked: bool = False
    parent_id_tag: str = ""


def faults(text: str) -> list[tuple[int, str, str]]:
    return [
        (line.number, column_of(fault.pointer), fault.code)
        for line in read_cards(text, zone=BERLIN)
        for fault in line.faults
    ]


def refused(text: str) -> str:
    with pytest.raises(Invalid) as refusal:
        read_cards(text, zone=BERLIN)
    assert refusal.value.pointer == "/file"
    return refusal.value.code


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("sign", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_with_every_column(mark: str, sign: str, end: str) -> None:
    rows = [
        ["id_tag", "holder", "label", "expires_at", "blocked", "parent"],
        ["04a2b3", "Ann Meier", "white card", "2027-12-31", "no", "staff"],
        ["", "", "", "", "", ""],
        ["04FF", '"Berg, Jo; GmbH"', "", "", "yes", ""],
    ]
    first, second = read_cards(mark + end.join(sign.join(row) for row in rows), zone=BERLIN)
    assert (first.number, second.number) == (2, 4)
    assert first.values == {
        "id_tag": "04A2B3",
        "holder": "Ann Meier",
        "label": "white card",
        "expires_at": datetime(2028, 1, 1, tzinfo=BERLIN),
        "blocked": False,
        "parent_id_tag": "STAFF",
    }
    assert (second.values["holder"], second.values["blocked"]) == ("Berg, Jo; GmbH", True)
    assert not first.faults + second.faults


def test_an_empty_cell_does_not_open_a_blocked_card() -> None:
    (line,) = read_cards("id_tag,blocked,holder\nA, ,\n", zone=BERLIN)
    assert line.values == {"id_tag": "A", "holder": ""}


def test_columns_may_be_left_out_and_stand_in_any_order() -> None:
    (line,) = read_cards(" Holder ; ID_TAG \nAnn;a1", zone=BERLIN)
    assert line.values == {"holder": "Ann", "id_tag": "A1"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "header"),
        ("holder,label\nA,B", "header"),
        ("id_tag,colour\nA,red", "unknown_column"),
        ("id_tag,ID_TAG\nA,B", "repeated_column"),
        ("id_tag,parent,parent_id_tag\nA,B,C", "repeated_column"),
        ("id_tag\n\n\n", "empty"),
        ('id_tag,holder\nA,"open', "malformed"),
        ('id_tag,holder\nA,"x"y', "malformed"),
        ("id_tag\n" + "A\n" * (MOST_ROWS + 1), "too_many"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(text: str, code: str) -> None:
    assert refused(text) == code


def test_five_thousand_cards_are_not_too_many() -> None:
    assert len(read_cards("id_tag\n" + "A\n" * MOST_ROWS, zone=BERLIN)) == MOST_ROWS


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (",,,,,", "", ""),
        (",Ann,,,,", "id_tag", "id_tag"),
        (f"{'X' * 21},,,,,", "id_tag", "id_tag"),
        ("Ä1,,,,,", "id_tag", "id_tag"),
        ("1.23E+13,,,,,", "id_tag", "scientific"),
        (f"A,{'x' * 101},,,,", "holder", "too_long"),
        (f"A,,{'x' * 101},,,", "label", "too_long"),
        ('A,"two\nlines",,,,', "holder", "not_one_line"),
        ("A,,,12/31/2027,,", "expires_at", "date"),
        ("A,,,2027-02-30,,", "expires_at", "date"),
        ("A,,,soon,,", "expires_at", "date"),
        ("A,,,9999-12-31,,", "expires_at", "date"),
        ("A,,,1899-12-30,,", "expires_at", "range"),
        ("A,,,,maybe,", "blocked", "flag"),
        (f"A,,,,,{'X' * 21}", "parent", "id_tag"),
        ("A,,,,,,more", "", "too_many_cells"),
    ],
)
def test_a_fault_names_row_and_column(row: str, column: str, code: str) -> None:
    text = f"id_tag,holder,label,expires_at,blocked,parent\nGOOD,,,,,\n{row}\n"
    assert faults(text) == ([(3, column, code)] if code else [])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("", None),
        ("2027-12-31", datetime(2028, 1, 1, tzinfo=BERLIN)),
        ("31.12.2027", datetime(2028, 1, 1, tzinfo=BERLIN)),
        ("1.7.2027 8:05", datetime(2027, 7, 1, 8, 5, tzinfo=BERLIN)),
        ("2027-12-31 18:00", datetime(2027, 12, 31, 18, tzinfo=BERLIN)),
        ("2027-12-31T18:00:00+02:00", datetime(2027, 12, 31, 16, tzinfo=UTC)),
        ("2027-12-31T18:00:00Z", datetime(2027, 12, 31, 18, tzinfo=UTC)),
    ],
)
def test_dates_as_people_write_them(text: str, moment: datetime | None) -> None:
    assert read_expiry(text, BERLIN) == moment


@pytest.mark.parametrize(("text", "flag"), [("YES", True), (" ja ", True), ("nein", False), ("0", False), ("2", None)])
def test_yes_and_no(text: str, flag: bool | None) -> None:
    assert read_flag(text) is flag


@pytest.mark.parametrize("data", [b"\xff\xfei\0d\0", "id_tag,holder\nA,Jürgen".encode("cp1252")])
def test_other_encodings_are_told_how_to_save(data: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        decode(data)
    assert refusal.value.code == "encoding"


def test_a_file_that_is_too_large_is_not_even_decoded() -> None:
    with pytest.raises(Invalid) as refusal:
        decode(b"x" * 2_000_001)
    assert refusal.value.code == "too_large"


@pytest.mark.parametrize("text", ["=1+1", "+49", "-1", "@SUM(A1)", "\tx", "'=1", "\uff1d1"])
def test_no_cell_starts_a_formula(text: str) -> None:
    assert protect(text).startswith("'")
    assert unprotect(protect(text)) == text


@given(st.text())
def test_protection_can_be_taken_off_again(text: str) -> None:
    assert unprotect(protect(text)) == text
    assert not protect(text).startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"))


tags = st.from_regex(r"[!-`{-~]([ -`{-~]{0,18}[!-`{-~])?", fullmatch=True)
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=30)
moments = st.none() | st.datetimes(datetime(2000, 1, 2), datetime(2999, 12, 30)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
cards = st.builds(Written, tags, words, words, moments, st.booleans(), st.just("") | tags)


@given(st.lists(cards, min_size=1, max_size=5), st.sampled_from([",", ";"]))
def test_what_is_written_is_read_back(written: list[Written], delimiter: str) -> None:
    text = write_cards(written, zone=BERLIN, delimiter=delimiter)
    lines = read_cards(text, zone=UTC)
    assert [fault for line in lines for fault in line.faults if fault.code != "scientific"] == []
    assert [Written(**dict(line.values)) for line in lines] == written


@given(st.text(max_size=200) | st.from_regex(r"id_tag[,;]holder\n.*", fullmatch=True))
def test_any_text_gives_lines_or_a_refusal(text: str) -> None:
    try:
        found: Any = read_cards(text, zone=BERLIN)
    except Invalid as refusal:
        found = [refusal.code]
    assert found
