"""A site as its allocator sees it: fuses, and outlets that share them. Pure; currents in whole tenths of an ampere.

An outlet is one connector. What it may take at this moment is never known, only bounded: a charger may hold what it was
told last, or what it is being told now, or soon what it has been granted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# Tenths of an ampere: IEC 61851-1 knows no current between 0 and 6 A.
LEAST = 60
MAIN = 0
UNBALANCE = -1
LINES = (0, 1, 2)

type Key = tuple[int, int]


class Why(StrEnum):
    """Why an outlet has what it has."""

    IDLE = "idle"
    SATISFIED = "satisfied"
    SHARED = "shared"
    TURN = "turn"
    BACKEND = "backend"
    UNREACHABLE = "unreachable"
    UNMANAGED = "unmanaged"


@dataclass(frozen=True, slots=True)
class Fuse:
    """``key``: the circuit, ``MAIN`` for the main fuse. ``room`` per line, base load taken off; None: not known."""

    key: int
    parent: int | None
    room: tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class Held:
    """One charging profile of ours. ``told``: accepted last. ``saying``: sent, and not answered. None: nothing."""

    granted: int | None = None
    told: int | None = None
    saying: int | None = None

    @property
    def most(self) -> int:
        return max(self.granted or 0, self.told or 0, self.saying or 0)


@dataclass(frozen=True, slots=True)
class Session:
    """``need``: what the car and its backend leave it at most, 0 or 6 A and more. ``resting``: the car takes nothing.

    ``admitted_at``: when its turn began; ``paused_at``: when it last ended. Unix seconds.
    """

    need: int
    began_at: float
    resting: bool = False
    admitted_at: float | None = None
    paused_at: float | None = None
    held: Held = field(default_factory=Held)


@dataclass(frozen=True, slots=True)
class Outlet:
    """``lines``: those it may load. ``most``: what it takes when nobody limits it.

    ``reachable``: it can be told another current now. ``absent``: it was never there. ``managed`` False: it takes no
    charging profiles. ``standby``: what a car gets there that starts unheard of.
    """

    key: Key
    fuse: int
    most: int
    lines: tuple[int, ...] = LINES
    priority: int = 0
    never_pause: bool = False
    reachable: bool = True
    managed: bool = True
    absent: bool = False
    standby: Held = field(default_factory=Held)
    session: Session | None = None

    @property
    def bound(self) -> int:
        """The most that it may take before anything else is granted."""
        known = self.managed and self.standby.told is not None
        idle = self.standby.most if known else 0 if self.absent else self.most
        return idle if self.session is None else max(idle, self.session.held.most)

    @property
    def steered(self) -> bool:
        return self.reachable and self.managed


@dataclass(frozen=True, slots=True)
class Grant:
    """``current`` None: no session. ``fuse``: the one that binds it."""

    standby: int
    current: int | None
    why: Why
    fuse: int | None = None
    admitted_at: float | None = None
    paused_at: float | None = None


class Room:
    """What is left at every fuse, per line. ``unbalance``: the most that single-phase outlets load one line with."""

    def __init__(self, fuses: Iterable[Fuse], unbalance: int | None = None) -> None:
        known = {fuse.key: fuse for fuse in fuses}
        self.left: dict[tuple[int, int], int] = {
            (fuse.key, line): fuse.room[line] for fuse in known.values() if fuse.room is not None for line in LINES
        }
        if unbalance is not None:
            self.left |= {(UNBALANCE, line): unbalance for line in LINES}
        self._above = {key: above(known, key) for key in known}
        self._places: dict[tuple[int, tuple[int, ...]], tuple[tuple[int, int], ...]] = {}

    def places(self, outlet: Outlet) -> tuple[tuple[int, int], ...]:
        """Fuse and line of everything that this outlet loads."""
        shape = outlet.fuse, outlet.lines
        if shape not in self._places:
            keys = (*self._above.get(outlet.fuse, ()), *((UNBALANCE,) if len(outlet.lines) == 1 else ()))
            found = [(key, line) for key in keys for line in outlet.lines if (key, line) in self.left]
            self._places[shape] = tuple(found)
        return self._places[shape]

    def least(self, outlet: Outlet) -> tuple[int, int | None]:
        """What is left for it, and which fuse says so; without any fuse more than it can take."""
        return min(((self.left[place], place[0]) for place in self.places(outlet)), default=(outlet.most, None))

    def take(self, outlet: Outlet, amount: int) -> None:
        for place in self.places(outlet):
            self.left[place] -= amount


def above(fuses: Mapping[int, Fuse], key: int | None) -> tuple[int, ...]:
    found: list[int] = []
    while key is not None and key in fuses and key not in found:
        found.append(key)
        key = fuses[key].parent
    return tuple(found)
