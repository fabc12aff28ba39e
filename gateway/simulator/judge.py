"""The judge's record: a JSON line for every CALL a simulated charger received, with its own truth, without secrets."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from gateway.simulator.values import Judged, Told, timestamp

MASK = "***"
_SECRET_NAME = re.compile(r"password|authorizationkey$|secret|credential|token|private", re.IGNORECASE)
_PATH = re.compile(r"(?<=[^:/])/.*", re.DOTALL)
_USER_INFO = re.compile(r"(?<=://)[^/@\s]*@")


def masked(value: Any) -> Any:
    """The payload without passwords: fields and configuration keys that hold one, parts of URLs."""
    if isinstance(value, dict):
        hidden = {"value"} if _SECRET_NAME.search(str(value.get("key", ""))) else set()
        return {
            name: MASK if name in hidden or _SECRET_NAME.search(name) else _member(name, each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [masked(each) for each in value]
    return _USER_INFO.sub(f"{MASK}@", value) if isinstance(value, str) else value


def _member(name: str, value: Any) -> Any:
    """Of where to fetch from or to upload to only the host: what stands behind it may be all that protects it."""
    seen = masked(value)
    return _PATH.sub(f"/{MASK}", seen) if name == "location" and isinstance(seen, str) else seen


def line(device_id: str, judged: Judged) -> bytes:
    central = urlsplit(judged.central)
    return (
        msgspec.json.encode(
            {
                "at": timestamp(judged.at),
                "device_id": device_id,
                "central": f"{central.netloc.rpartition('@')[2]}{central.path}",
                "action": judged.action,
                "transaction_open": judged.transaction_open,
                "connectors": {str(number): status for number, status in judged.connectors.items()},
                "limits": {str(number): amps for number, amps in judged.limits.items()},
                "payload": masked(judged.payload),
                "answer": judged.answer,
            }
        )
        + b"\n"
    )


def told_line(device_id: str, told: Told) -> bytes:
    return msgspec.json.encode({"device_id": device_id, "action": told.action, "payload": told.payload}) + b"\n"


class JudgeFile:
    """Several processes may append to the same file: each line is one write."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, device_id: str, judged: Judged) -> None:
        os.write(self._file, line(device_id, judged))

    def write_told(self, device_id: str, told: Told) -> None:
        os.write(self._file, told_line(device_id, told))

    def close(self) -> None:
        os.close(self._file)
