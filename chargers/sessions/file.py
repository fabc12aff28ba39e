"""Charging sessions as a CSV file, piece by piece, safe to open in a spreadsheet. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from installations.card_cells import protect

COLUMNS = (
    "session", "installation", "charger", "charger_name", "connector", "state", "id_tag", "holder", "began_at",
    "started_at", "start_received_at", "stopped_at", "stop_received_at", "meter_start_wh", "meter_stop_wh",
    "energy_wh", "stop_reason", "remarks",
)  # fmt: skip


class Line(Protocol):
    """What a line needs: a session with what is derived of it (``chargers.sessions.selectors.Shown``)."""

    @property
    def row(self) -> Any: ...
    @property
    def state(self) -> str: ...
    @property
    def energy(self) -> Any: ...
    @property
    def holder(self) -> str: ...
    @property
    def remarks(self) -> list[str]: ...


def write_sessions(chunks: Iterable[Sequence[Line]], *, delimiter: str = ",") -> Iterator[str]:
    """The file with byte order mark, a piece for each chunk. Times are those of the session's installation."""
    yield "\ufeff" + _rows([COLUMNS], delimiter)
    for chunk in chunks:
        if chunk:
            yield _rows([_cells(line) for line in chunk], delimiter)


def _rows(rows: Iterable[Sequence[str]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def _cells(line: Line) -> list[str]:
    row, zone = line.row, ZoneInfo(line.row.installation.time_zone)
    cells = (
        row.pk, row.installation.name, row.charger.device_id, row.charger.name, row.connector, line.state, row.id_tag,
        line.holder, _time(row.began_at, zone), _time(row.started_at, zone), _time(row.start_received_at, zone),
        _time(row.stopped_at, zone), _time(row.stop_received_at, zone), row.meter_start, row.meter_stop,
        _number(line.energy.wh), row.stop_reason, " ".join(line.remarks),
    )  # fmt: skip
    # A number is a number, a minus included; only texts can be formulas.
    return ["" if cell is None else protect(cell) if isinstance(cell, str) else str(cell) for cell in cells]


def _time(at: datetime | None, zone: tzinfo) -> str:
    """Out of a charger's clock may come a time that has no place in another zone."""
    if at is None:
        return ""
    try:
        return at.astimezone(zone).isoformat(timespec="seconds")
    except (OverflowError, ValueError):
        return at.isoformat(timespec="seconds")


def _number(value: Decimal | None) -> int | None:
    return None if value is None else int(value)
