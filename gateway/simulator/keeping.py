"""Files of the simulator: the passwords it is given, and what its chargers remember over a restart of the process."""

import csv
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

LINES_PER_CHARGER = 50


class BadCredentials(ValueError):
    """The message names the line, never its content."""


def read_credentials(path: Path) -> dict[str, str]:
    """Device id to password, from NDJSON (``device_id``, ``password``) or CSV with the same two columns in order."""
    found: dict[str, str] = {}
    for number, text in enumerate(path.read_text().splitlines(), 1):
        if not text.strip() or text.startswith("device_id,"):
            continue
        try:
            if text.lstrip().startswith("{"):
                row = json.loads(text)
                device_id, password = row["device_id"], row["password"]
            else:
                device_id, password = next(csv.reader([text]))
        except (ValueError, KeyError) as error:
            raise BadCredentials(f"{path}, line {number}: expected device_id and password") from error
        found[device_id] = password
    return found


class StateFile:
    """Appended to, newest line of a charger wins; written anew when it has grown. Holds passwords: mode 0600."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self.saved: dict[str, dict[str, Any]] = {}
        if path.exists():
            for text in path.read_text().split("\n")[:-1]:
                row = json.loads(text)
                self.saved[row.pop("device_id")] = row
        self._open = 0
        self._rewrite()

    def save(self, device_id: str, snapshot: Mapping[str, Any]) -> None:
        self.saved[device_id] = dict(snapshot)
        os.write(self._file, _row(device_id, snapshot))
        self._open += 1
        if self._open > LINES_PER_CHARGER * max(len(self.saved), 1):
            os.close(self._file)
            self._rewrite()

    def close(self) -> None:
        os.close(self._file)

    def _rewrite(self) -> None:
        new = self._path.with_suffix(".new")
        opener: Callable[[str, int], int] = lambda name, flags: os.open(name, flags, 0o600)  # noqa: E731  typed
        with open(new, "wb", opener=opener) as file:
            file.writelines(_row(device_id, row) for device_id, row in self.saved.items())
        new.replace(self._path)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND, 0o600)
        self._open = 0


def _row(device_id: str, snapshot: Mapping[str, Any]) -> bytes:
    return json.dumps({"device_id": device_id, **snapshot}, separators=(",", ":")).encode() + b"\n"
