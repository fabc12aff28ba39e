"""Keyset paging: page 1,000 costs what page 1 costs. Used by pages and API alike."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db import DataError
from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime


class BadCursor(ValueError):
    """The cursor was not made by this list."""


@dataclass(frozen=True)
class Page[M: Model]:
    """``next`` and ``previous`` are cursors; None: there is no such page."""

    rows: list[M]
    next: str | None
    previous: str | None


def read_page[M: Model](queryset: QuerySet[M], *, order: Sequence[str], cursor: str = "", size: int = 50) -> Page[M]:
    """One page of ``queryset`` in ``order`` (field names, "-" for descending, the last one unique), in one query.

    Raises BadCursor. The queryset's own order is replaced; fields of ``order`` must not be nullable.
    """
    backward, values = _decode(cursor, order) if cursor else (False, [])
    ordering = [_turned(name) for name in order] if backward else list(order)
    rows_wanted = queryset.order_by(*ordering)
    try:
        if values:
            rows_wanted = rows_wanted.filter(_beyond(ordering, values))
        rows = list(rows_wanted[: size + 1])
    except (DataError, FieldError, ValidationError, ValueError) as error:
        raise BadCursor from error
    more, rows = len(rows) > size, rows[:size]
    if backward:
        rows.reverse()
    has_previous, has_next = (more, True) if backward else (bool(values), more)
    return Page(
        rows,
        _encode(rows[-1], order, backward=False) if rows and has_next else None,
        _encode(rows[0], order, backward=True) if rows and has_previous else None,
    )


def _beyond(ordering: Sequence[str], values: Sequence[Any]) -> Q:
    """``(a, b) > (x, y)`` spelled so that an index on a, b serves it."""
    first, value = ordering[0], values[0]
    name, operator = (first[1:], "lt") if first.startswith("-") else (first, "gt")
    if len(ordering) == 1:
        return Q(**{f"{name}__{operator}": value})
    rest = _beyond(ordering[1:], values[1:])
    return Q(**{f"{name}__{operator}e": value}) & (Q(**{f"{name}__{operator}": value}) | rest)


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _encode(row: Model, order: Sequence[str], *, backward: bool) -> str:
    values = []
    for name in order:
        value: Any = row
        for part in name.lstrip("-").split("__"):
            value = getattr(value, part)
        values.append({"t": value.isoformat()} if isinstance(value, datetime) else value)
    text = json.dumps([",".join(order), int(backward), values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, order: Sequence[str]) -> tuple[bool, list[Any]]:
    try:
        made_for, backward, values = json.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        )
        values = [parse_datetime(value["t"]) if isinstance(value, dict) else value for value in values]
    except (binascii.Error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadCursor from error
    scalars = all(isinstance(value, str | int | datetime) and "\0" not in str(value) for value in values)
    if made_for != ",".join(order) or len(values) != len(order) or not scalars:
        raise BadCursor
    return bool(backward), values
