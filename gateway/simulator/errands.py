"""Errands of a simulated charge point (1.6, 4.3 and 4.5): fetching and installing firmware, uploading diagnostics.

Pure: what goes over HTTP is asked of the runner (``Fetch``, ``Upload``), which says how it ended.
"""

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gateway.simulator import requests
from gateway.simulator.line import Line, Message
from gateway.simulator.values import Effect, Fetch, Upload, timestamp

if TYPE_CHECKING:
    from gateway.simulator.charge_point import ChargePoint

FIRMWARE, DIAGNOSTICS = "FirmwareStatusNotification", "DiagnosticsStatusNotification"
IDLE = "Idle"
TRIES, PAUSE_SECONDS = 1, 30
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(slots=True)
class Errand:
    """``line``: whom it is told. ``at``: when it goes on; None: while the runner is on its way."""

    number: int
    line: str
    url: str
    tries: int
    pause: float
    at: float | None
    status: str = IDLE
    name: str = ""
    pretends: bool = False


class Errands:
    """At most one of each kind; a new one takes the place of one that runs."""

    def __init__(self, point: "ChargePoint") -> None:
        self._point = point
        self._numbers = itertools.count(1)
        self.firmware: Errand | None = None
        self.diagnostics: Errand | None = None
        self._installed_for = ""

    def status(self, kind: str) -> str:
        errand = self.firmware if kind == FIRMWARE else self.diagnostics
        return IDLE if errand is None else errand.status

    def due(self) -> float | None:
        times = [errand.at for errand in (self.firmware, self.diagnostics) if errand is not None]
        return min((at for at in times if at is not None), default=None)

    def update_firmware(self, line: Line, asked: requests.UpdateFirmware, now: float) -> None:
        begins = max(now, asked.retrieve_date.timestamp())
        self.firmware = self._errand(line, asked.location, asked.retries, asked.retry_interval, begins)

    def get_diagnostics(self, line: Line, asked: requests.GetDiagnostics, now: float) -> str:
        """The name of the file that will be uploaded."""
        errand = self._errand(line, asked.location, asked.retries, asked.retry_interval, now)
        errand.name = f"diagnostics-{self._point.device_id}-{errand.number}.txt"
        self.diagnostics = errand
        return errand.name

    def tick(self, now: float) -> list[Effect]:
        """What the runner has to do."""
        effects: list[Effect] = []
        if (errand := self.firmware) is not None and errand.at is not None and errand.at <= now:
            effects += self._go_on_with_firmware(errand, now)
        if (errand := self.diagnostics) is not None and errand.at is not None and errand.at <= now:
            errand.at = None
            self._tell(DIAGNOSTICS, errand, "Uploading")
            effects.append(Upload(errand.number, _file(errand), self._content(now)))
        return effects

    def ended(self, number: int, good: bool, now: float) -> None:
        """What the runner was asked for is over."""
        if (errand := self.firmware) is not None and errand.number == number:
            if good:
                self._tell(FIRMWARE, errand, "Downloaded")
                errand.at = now
            elif not self._again(errand, now):
                self._tell(FIRMWARE, errand, "DownloadFailed")
                self.firmware = None
        if (errand := self.diagnostics) is not None and errand.number == number:
            if not good and self._again(errand, now):
                return
            self._tell(DIAGNOSTICS, errand, "Uploaded" if good else "UploadFailed")
            self.diagnostics = None

    def booted(self, line: Line) -> None:
        """The new firmware runs, and whoever ordered it hears so."""
        if self._installed_for == line.name:
            self._installed_for = ""
            line.put(Message(FIRMWARE, {"status": "Installed"}))

    def lost_power(self) -> None:
        self.firmware = self.diagnostics = None

    def _errand(self, line: Line, url: str, retries: int | None, pause: int | None, begins: float) -> Errand:
        tries = TRIES if retries is None else retries + 1
        return Errand(next(self._numbers), line.name, url, tries, PAUSE_SECONDS if pause is None else pause, begins)

    def _go_on_with_firmware(self, errand: Errand, now: float) -> list[Effect]:
        """Fetched from this very machine, or, from anywhere else, as if it had been; installed when nobody charges."""
        errand.at = None
        if errand.pretends:
            errand.pretends = False
            self.ended(errand.number, True, now)
            return []
        match errand.status:
            case "Downloaded":
                if self._point.sessions.transaction_open:
                    errand.at = now + 1
                    return []
                self._tell(FIRMWARE, errand, "Installing")
                errand.at = now + self._point.pace.install
            case "Installing":
                self._installed_for = errand.line
                self._point.restart_for_firmware(now)
            case _:
                self._tell(FIRMWARE, errand, "Downloading")
                if _is_here(errand.url):
                    return [Fetch(errand.number, errand.url)]
                errand.pretends, errand.at = True, now + self._point.pace.download
        return []

    @staticmethod
    def _again(errand: Errand, now: float) -> bool:
        errand.tries -= 1
        if errand.tries <= 0:
            return False
        errand.status, errand.at = IDLE, now + errand.pause
        return True

    def _tell(self, kind: str, errand: Errand, status: str) -> None:
        errand.status = status
        if (line := self._point.lines.get(errand.line)) is not None:
            line.put(Message(kind, {"status": status}))

    def _content(self, now: float) -> bytes:
        point = self._point
        lines = [f"{point.device_id} at {timestamp(now)}"]
        lines += [f"connector {number}: {status}" for number, status in point.sessions.statuses().items()]
        keys = point.configuration.report(None)["configurationKey"]
        lines += [f"{entry['key']}={entry['value']}" for entry in keys if "value" in entry]
        return "\n".join(lines).encode() + b"\n"


def _is_here(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and parts.hostname in LOOPBACK


def _file(errand: Errand) -> str:
    """The address is a folder; the file's name is the charger's."""
    return f"{errand.url.rstrip('/')}/{errand.name}"
