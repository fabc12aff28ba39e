"""Charging profiles (OCPP 1.6, section 3.13) as values. Times are whole Unix seconds, durations seconds."""

import math
from dataclasses import dataclass
from enum import StrEnum

VOLTAGE = 230
PHASES = 3


class Purpose(StrEnum):
    MAX = "ChargePointMaxProfile"
    DEFAULT = "TxDefaultProfile"
    TX = "TxProfile"


class Kind(StrEnum):
    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"


class Unit(StrEnum):
    A = "A"
    W = "W"


@dataclass(frozen=True, slots=True)
class Supply:
    """What converts watts: 230 V between phase and neutral (TN), or between the phases (IT)."""

    voltage: float = VOLTAGE
    between_phases: bool = False

    def watts_per_ampere(self, phases: int) -> float:
        if self.between_phases and phases > 1:
            return self.voltage * math.sqrt(3)
        return self.voltage * phases


TN = Supply()


@dataclass(frozen=True, slots=True)
class Limit:
    """``amps`` per phase. ``phases`` and ``least`` (A): what its sender counted on, and called the least sensible."""

    amps: float
    phases: int = PHASES
    least: float | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` seconds after the schedule's start until the next one. ``limit`` in the schedule's unit."""

    start: int
    limit: float
    phases: int = PHASES


@dataclass(frozen=True, slots=True)
class Schedule:
    """``start`` None: the start of charging. ``duration`` None: the last period has no end."""

    unit: Unit
    periods: tuple[Period, ...]
    start: int | None = None
    duration: int | None = None
    least: float | None = None


@dataclass(frozen=True, slots=True)
class ChargingProfile:
    """``connector`` 0: all of them. ``every``: seconds after which a recurring one starts again.

    ``transaction_id``: the session a TxProfile is for, by the id that whoever evaluates it uses.
    """

    id: int
    connector: int
    purpose: Purpose
    stack_level: int
    kind: Kind
    schedule: Schedule
    every: int | None = None
    valid_from: int | None = None
    valid_to: int | None = None
    transaction_id: int | None = None
