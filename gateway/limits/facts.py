"""What the store knows of a charger's limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chargers.charging.profile import TN, ChargingProfile, Supply, Unit


@dataclass(frozen=True, slots=True)
class Kept:
    """A backend's profile and its row. Its session is ours."""

    pk: int
    profile: ChargingProfile


@dataclass(frozen=True, slots=True)
class Share:
    """What load balancing grants one connector, A per phase. ``current`` is for the session ``transaction_id``."""

    standby: float
    transaction_id: int | None = None
    current: float | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """``held``: ids of our own profiles that the charger may hold. ``takes`` None: never tried with this firmware.

    ``sessions``: those that run, our id to connector and when they began (Unix seconds). ``shares``: by connector,
    where the site's load is balanced.
    """

    kept: tuple[Kept, ...] = ()
    held: frozenset[int] = frozenset()
    takes: bool | None = None
    cap: float | None = None
    connectors: int = 0
    sessions: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    unit: Unit = Unit.A
    supply: Supply = TN
    shares: Mapping[int, Share] = field(default_factory=dict)

    @property
    def matters(self) -> bool:
        """Whether there is anything to keep to, or to take away again."""
        return bool(self.kept or self.held or self.shares)
