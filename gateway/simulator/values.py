"""Words the simulated charge point's parts share: its times, what it dials, what it asks its runner to do."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

SHORTEST_PREPARE_SECONDS = 0.3
MAIN = "main"
BACKEND = "backend"


class Quirk(StrEnum):
    """Faults of real chargers. IGNORES: accepts every configuration and keeps none of it. REBOOTS: loses its power
    once, right after the first key it accepted."""

    NONE = "none"
    IGNORES = "ignores"
    REBOOTS = "reboots"


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds; pairs are the bounds of a random span. ``fallback``: how long a new backend may be unreachable."""

    prepare: float = 1.0
    finish: float = 2.0
    session: tuple[float, float] = (20.0, 60.0)
    gap: tuple[float, float] = (30.0, 120.0)
    offline: tuple[float, float] = (5.0, 20.0)
    offline_gap: tuple[float, float] = (120.0, 300.0)
    meter: float = 10.0
    reset: float = 0.3
    reboot: tuple[float, float] = (1.0, 2.0)
    call_timeout: float = 30.0
    boot_retry: float = 10.0
    fallback: float = 180.0
    download: float = 5.0
    install: float = 5.0

    def faster(self, factor: float) -> "Pace":
        """Cars and outages ``factor`` times as quick; what the standard or the hardware fixes stays as it is."""

        def short(span: tuple[float, float]) -> tuple[float, float]:
            return span[0] / factor, span[1] / factor

        return dataclasses.replace(
            self,
            prepare=max(self.prepare / factor, SHORTEST_PREPARE_SECONDS),
            finish=self.finish / factor,
            session=short(self.session),
            gap=short(self.gap),
            offline=short(self.offline),
            offline_gap=short(self.offline_gap),
            meter=max(self.meter / factor, 1.0),
            download=self.download / factor,
            install=self.install / factor,
        )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A central system to dial. ``key`` empty: no Basic header."""

    url: str
    user: str
    key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Send:
    line: str
    text: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Drop the connection without a word, as a reboot or a pulled cable does."""

    line: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A CALL that reached this charger, and the charger's own truth at that instant. Secrets are still in it.

    ``limits``: connector to the current in A per phase that it keeps to from then on, where it is limited.
    """

    at: float
    central: str
    action: str
    payload: Any
    answer: str
    transaction_open: bool
    connectors: Mapping[int, str]
    limits: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """Something of a charging session that this charger has to tell, once, as it happens: its own record."""

    action: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Save:
    """What survives a power cut has changed: keep ``ChargePoint.snapshot()``."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """Get this over HTTP, and tell the charge point how it ended (``errand_ended``)."""

    errand: int
    url: str


@dataclass(frozen=True, slots=True)
class Upload:
    """Put this there over HTTP, and tell the charge point how it ended."""

    errand: int
    url: str
    content: bytes


type Effect = Send | HangUp | Judged | Told | Save | Fetch | Upload


def timestamp(now: float) -> str:
    """Unix time as OCPP's dateTime, to the millisecond."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
