"""What a preview tells, as plain values for pages and API."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from chargers.link_state import Busy, LinkState
from chargers.rollout.policy import Policy
from installations.authentication import Settings
from installations.findings import Finding, Level, of_level
from installations.ocpp_url.identity import UrlSource


class Verdict(StrEnum):
    """CHANGE: something is written. MATCH: the charger has it all, as it last reported. CANNOT: see its problems."""

    CHANGE = "change"
    MATCH = "match"
    CANNOT = "cannot"


@dataclass(frozen=True)
class Change:
    """One configuration key. ``old`` None: never reported. A secret shows neither value."""

    key: str
    old: str | None
    new: str
    secret: bool = False


@dataclass(frozen=True)
class ChargerRow:
    """``problems``: everything that concerns this charger alone, of any level. ``profile``: empty before its boot.

    ``reroutes``: this portal goes over to another backend for it, or begins or ceases to dial one.
    """

    charger_id: int
    device_id: str
    name: str
    dialled_url: str | None
    identity: str
    url_source: UrlSource
    link_state: LinkState
    busy: Busy | None
    profile: str
    verdict: Verdict
    reroutes: bool = False
    changes: tuple[Change, ...] = ()
    problems: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Summary:
    """Counts of chargers. ``wait_*``: those that change and are not ready now."""

    total: int = 0
    change: int = 0
    match: int = 0
    cannot: int = 0
    wait_offline: int = 0
    wait_charging: int = 0
    wait_busy: int = 0

    @classmethod
    def of(cls, rows: Sequence[ChargerRow]) -> "Summary":
        changing = [row.link_state for row in rows if row.verdict is Verdict.CHANGE]
        return cls(
            total=len(rows),
            change=len(changing),
            match=sum(row.verdict is Verdict.MATCH for row in rows),
            cannot=sum(row.verdict is Verdict.CANNOT for row in rows),
            wait_offline=sum(state in {LinkState.NEVER, LinkState.OFFLINE} for state in changing),
            wait_charging=sum(state is LinkState.CHARGING for state in changing),
            wait_busy=sum(state in {LinkState.BUSY, LinkState.BOOTING} for state in changing),
        )


@dataclass(frozen=True)
class Preview:
    """``settings`` is the normalised form, None when the draft has problems of its own.

    ``policy`` is how the rollout would go about it.
    """

    settings: Settings | None
    findings: tuple[Finding, ...]
    chargers: tuple[ChargerRow, ...]
    summary: Summary
    policy: Policy = field(default_factory=Policy)

    @property
    def problems(self) -> tuple[Finding, ...]:
        return of_level(self.findings, Level.PROBLEM)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return of_level(self.findings, Level.WARNING)

    @property
    def notices(self) -> tuple[Finding, ...]:
        return of_level(self.findings, Level.NOTICE)
