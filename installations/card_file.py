"""Reads and writes files of charge cards (CSV). Pure: the same bytes give the same lines."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Protocol

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.refusals import Fault, Invalid
from installations.card_cells import looks_scientific, protect, read_expiry, read_flag, unprotect, write_expiry
from installations.card_input import CardLine, card_faults, normal_values

MOST_ROWS = 5000
LARGEST_FILE = 2_000_000
COLUMNS = ("id_tag", "holder", "label", "expires_at", "blocked", "parent")
# Columns are named as people write them, fields as the API does.
FIELD_OF = {**{name: name for name in COLUMNS}, "parent": "parent_id_tag", "parent_id_tag": "parent_id_tag"}
EXAMPLE = "id_tag,holder,label,expires_at,blocked,parent"


class Card(Protocol):
    """What ``write_cards`` needs of a card."""

    id_tag: str
    holder: str
    label: str
    expires_at: datetime | None
    blocked: bool
    parent_id_tag: str


@dataclass(frozen=True)
class _Header:
    """The columns of a file in their order; ``delimiter`` is comma or semicolon."""

    columns: Sequence[str]
    delimiter: str


def decode(data: bytes) -> str:
    """The text of an uploaded file, with or without byte order mark. Raises Invalid."""
    if len(data) > LARGEST_FILE:
        raise Invalid("too_large", _("A file has at most 2 MB: split it."), pointer="/file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        detail = _("The file is not UTF-8 text: save it in the spreadsheet as “CSV UTF-8”.")
        raise Invalid("encoding", detail, pointer="/file") from None


def read_cards(text: str, *, zone: tzinfo) -> list[CardLine]:
    """One line per row below the header, empty rows left out. Raises Invalid where the file as a whole cannot be read.

    Times without an offset are ``zone``'s.
    """
    text = text.removeprefix("\ufeff")
    header = _read_header(text)
    lines: list[CardLine] = []
    for number, cells in _rows(text, header):
        if not any(cell.strip() for cell in cells):
            continue
        if len(lines) == MOST_ROWS:
            raise Invalid("too_many", _("A file has at most 5,000 cards: split it."), pointer="/file")
        lines.append(_line(number, len(lines), cells, header, zone))
    if not lines:
        raise Invalid("empty", _("The file has no card below its header: add a row for each card."), pointer="/file")
    return lines


def write_cards(cards: Iterable[Card], *, zone: tzinfo, delimiter: str = ",") -> str:
    """A file that ``read_cards`` reads back, with byte order mark, safe to open in a spreadsheet."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for card in cards:
        expiry = write_expiry(card.expires_at, zone)
        texts = (card.id_tag, card.holder, card.label, expiry, "yes" if card.blocked else "no", card.parent_id_tag)
        writer.writerow([protect(text) for text in texts])
    return out.getvalue()


def _read_header(text: str) -> _Header:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    _number, cells = next(_rows(text, _Header((), delimiter)), (1, []))
    columns = [cell.strip().lower() for cell in cells]
    if "id_tag" not in columns:
        detail = format_lazy(_("The first row names the columns, and id_tag is missing: {example}"), example=EXAMPLE)
        raise Invalid("header", detail, pointer="/file")
    unknown = [name for name in columns if name and name not in FIELD_OF]
    if unknown:
        detail = format_lazy(
            _("The column “{name}” is unknown: take it out or rename it. Columns are {example}"),
            name=unknown[0][:40],
            example=EXAMPLE,
        )
        raise Invalid("unknown_column", detail, pointer="/file")
    named = [FIELD_OF[name] for name in columns if name]
    if len(set(named)) != len(named):
        raise Invalid("repeated_column", _("A column is named twice: take one out."), pointer="/file")
    return _Header(columns, delimiter)


def _rows(text: str, header: _Header) -> Iterator[tuple[int, list[str]]]:
    """Rows with their number in a spreadsheet; below the header when it is known."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=header.delimiter, strict=True)
    number, seen_header = 0, not header.columns
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            detail = format_lazy(
                _("Row {row} cannot be read: a quotation mark is open or stands in the middle of a cell. Close it."),
                row=number,
            )
            raise Invalid("malformed", detail, pointer="/file") from None
        if not any(cell.strip() for cell in cells):
            continue
        if seen_header:
            yield number, cells
        seen_header = True


def _line(number: int, index: int, cells: Sequence[str], header: _Header, zone: tzinfo) -> CardLine:
    faults: list[Fault] = []
    if any(cell.strip() for cell in cells[len(header.columns) :]):
        detail = _("This row has more cells than the header: put cells that hold a separator in quotation marks.")
        faults.append(Fault("too_many_cells", detail, "", index))
    given = {FIELD_OF[name]: unprotect(cell.strip()) for name, cell in zip(header.columns, cells, strict=False) if name}
    values: dict[str, Any] = {"id_tag": "", **given}
    faults += _read_values(values, index, zone)
    values = normal_values(values)
    return CardLine(number, values, (*faults, *card_faults(values, index=index)))


def _read_values(values: dict[str, Any], index: int, zone: tzinfo) -> Iterator[Fault]:
    """Turn texts into values in place; what cannot be read is left out and told."""
    if looks_scientific(values["id_tag"]):
        detail = _("A spreadsheet has shortened this number: format the column as text and enter it again.")
        yield Fault("scientific", detail, "/id_tag", index)
    # An empty cell says nothing: it must not open a card that was blocked.
    if said := values.pop("blocked", ""):
        flag = read_flag(said)
        if flag is None:
            yield Fault("flag", _("Blocked is yes or no: write one of them."), "/blocked", index)
        else:
            values["blocked"] = flag
    if "expires_at" in values:
        try:
            values["expires_at"] = read_expiry(values["expires_at"], zone)
        except (ValueError, OverflowError):
            del values["expires_at"]
            detail = _("This is no date: write 2027-12-31, 2027-12-31 18:00 or 31.12.2027.")
            yield Fault("date", detail, "/expires_at", index)


def column_of(pointer: str) -> str:
    """The column of a file that a fault's pointer means; empty: the whole row."""
    name = pointer.strip("/").split("/")[0]
    return {"parent_id_tag": "parent"}.get(name, name)


def as_values(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of a JSON import as normal values."""
    return normal_values({name: item[name] for name in item if name in FIELD_OF.values()})
