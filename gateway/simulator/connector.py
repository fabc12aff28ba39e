"""A connector of the simulated charge point: the states of 1.6, section 4.9, as a table, and what it remembers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    AVAILABLE = "Available"
    RESERVED = "Reserved"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    FINISHING = "Finishing"
    UNAVAILABLE = "Unavailable"


MOVES: Mapping[Status, frozenset[Status]] = {
    Status.AVAILABLE: frozenset({Status.RESERVED, Status.PREPARING, Status.UNAVAILABLE}),
    Status.RESERVED: frozenset({Status.AVAILABLE, Status.PREPARING, Status.UNAVAILABLE}),
    Status.PREPARING: frozenset({Status.AVAILABLE, Status.RESERVED, Status.CHARGING, Status.UNAVAILABLE}),
    Status.CHARGING: frozenset({Status.SUSPENDED_EV, Status.SUSPENDED_EVSE, Status.FINISHING}),
    Status.SUSPENDED_EVSE: frozenset({Status.CHARGING, Status.FINISHING}),
    Status.SUSPENDED_EV: frozenset({Status.CHARGING, Status.FINISHING}),
    Status.FINISHING: frozenset({Status.AVAILABLE, Status.UNAVAILABLE}),
    Status.UNAVAILABLE: frozenset({Status.AVAILABLE}),
}


class ImpossibleMove(Exception):
    """The simulator's own mistake: the table has no such move."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A car that came: its driver's card, for how many seconds it charges, whether the card must be asked for."""

    id_tag: str
    seconds: float
    authorize: bool = True


@dataclass(slots=True)
class Transaction:
    """``number``: the charger's own; each central system gives another."""

    number: int
    id_tag: str
    meter_start: int
    began: float = 0.0


@dataclass(slots=True)
class Connector:
    """``operative`` and ``reserved`` outlive a reboot. ``becomes``: a change that waits for the transaction to end.

    ``next_at``: when the present phase ends; None while an answer is awaited or nothing goes on.
    """

    number: int
    meter: int = 0
    status: Status = Status.AVAILABLE
    operative: bool = True
    reserved: bool = False
    becomes: bool | None = None
    visit: Visit | None = None
    transaction: Transaction | None = None
    next_at: float | None = None
    meter_at: float | None = None

    def move(self, status: Status) -> bool:
        """False: it was there already."""
        if status is self.status:
            return False
        if status not in MOVES[self.status]:
            raise ImpossibleMove(f"{self.status} to {status}")
        self.status = status
        return True

    @property
    def rest(self) -> Status:
        """Where it goes when no car is there."""
        if not self.operative:
            return Status.UNAVAILABLE
        return Status.RESERVED if self.reserved else Status.AVAILABLE

    def leave(self) -> None:
        """The car is gone."""
        self.visit = None
        self.next_at = self.meter_at = None

    def power_cycle(self) -> None:
        """A boot: whatever the state was, it is found empty and as available as it was left."""
        if self.becomes is not None:
            self.operative, self.becomes = self.becomes, None
        self.leave()
        self.transaction = None
        self.status = self.rest
