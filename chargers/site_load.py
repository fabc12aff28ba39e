"""How a site's load stands: what its fuses give, what is set aside behind each, and what every connector may take.

For pages and API, in a number of queries that does not grow with chargers or circuits.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When

from chargers.balancing.allocate import PAUSE_SECONDS
from chargers.balancing.site import LINES, MAIN, Fuse, Outlet, Session, Why, above
from chargers.load_sums import Wired, sums_of
from chargers.models import Charger, ChargingShare, SiteLoad, Transaction
from chargers.selectors import charging_now, link_of, link_state_of
from chargers.services.load_facts import (
    BASE_LOAD_FRESH,
    Gathered,
    base_load,
    current_of,
    lines_of,
    look,
    standby_of,
    tenths,
)
from chargers.shares import shares_in
from installations.models import Circuit, Installation, Mode

# A site that is due for this long is looked after by no gateway.
STALLED_AFTER = timedelta(seconds=60)
# Less than this is nothing that anybody could use.
NOTHING_LEFT = 1.0


class LoadState(StrEnum):
    """Whether the load is balanced now, and why not."""

    BALANCED = "balanced"
    STARTING = "starting"
    STALLED = "stalled"
    NO_CHARGERS = "no_chargers"
    NO_FUSE = "no_fuse"
    OFF = "off"
    OCPP_DIRECT = "ocpp_direct"

    @property
    def active(self) -> bool:
        return self in {LoadState.BALANCED, LoadState.STARTING, LoadState.STALLED}


@dataclass(frozen=True)
class LineLoad:
    """One phase of a fuse, in A. ``chargers``: the most they may take; ``free`` below zero: more than the fuse gives.

    ``free`` None: the fuse is not known.
    """

    chargers: float
    building: float
    free: float | None


@dataclass(frozen=True)
class FuseLoad:
    """``circuit`` None: the main fuse. ``possible``: what its chargers would take if nobody limited them."""

    circuit: Circuit | None
    parent: Circuit | None
    amps: Decimal | None
    depth: int
    lines: tuple[LineLoad, ...]
    possible: float

    @property
    def even(self) -> bool:
        """Whether its phases are loaded alike."""
        return len(set(self.lines)) == 1

    @property
    def free(self) -> float | None:
        """Of the phase with the least."""
        return min((line.free for line in self.lines if line.free is not None), default=None)

    @property
    def exceeded(self) -> bool:
        return self.free is not None and self.free < 0

    @property
    def full(self) -> bool:
        return self.free is not None and 0 <= self.free < NOTHING_LEFT


@dataclass(frozen=True)
class BaseLoad:
    """What the building takes or may take, per phase. ``measured_at`` None: never measured."""

    amps: tuple[float, float, float]
    measured_at: datetime | None
    fresh: bool


@dataclass(frozen=True)
class Holder:
    """A connector, and what it may take. ``fuse``: name of the circuit that binds it, empty for the main fuse."""

    charger: Charger
    outlet: Outlet
    share: ChargingShare | None
    session: Transaction | None
    fuse: str
    online: bool

    @property
    def connector(self) -> int:
        return self.outlet.key[1]

    @property
    def why(self) -> Why | None:
        """None: no round has counted with it yet."""
        return Why(self.share.why) if self.share else None

    @property
    def set_aside(self) -> float:
        """The most that it may take at this moment, A."""
        return self.outlet.bound / 10

    @property
    def told(self) -> float | None:
        """What it accepted last, A; for a session not told of yet, what a car gets that starts unheard of."""
        if self.share is None:
            return None
        own = self.share.current_told if self.session else None
        return _amps(self.share.standby_told if own is None else own)

    @property
    def granted(self) -> float | None:
        if self.share is None:
            return None
        return _amps(self.share.current_granted if self.session else self.share.standby_granted)

    @property
    def will_be(self) -> float | None:
        """What it is told next, where that differs."""
        return None if not self.outlet.steered or self.granted == self.told else self.granted

    @property
    def stuck(self) -> bool:
        """Connected, but granted less than it has accepted."""
        return self.online and (self.told or 0) > (self.granted or 0)

    @property
    def drawn(self) -> float | None:
        return self.share.drawn if self.share and self.session else None

    @property
    def waits_since(self) -> datetime | None:
        if self.share is None or self.session is None:
            return None
        return self.share.paused_at or self.session.start_received_at

    @property
    def not_before(self) -> datetime | None:
        """A pause just begun lasts until then."""
        paused_at = self.share.paused_at if self.share else None
        return paused_at + timedelta(seconds=PAUSE_SECONDS) if paused_at else None


@dataclass(frozen=True)
class SiteView:
    installation: Installation
    state: LoadState
    balanced_at: datetime | None
    base_load: BaseLoad
    fuses: Sequence[FuseLoad]
    holders: Sequence[Holder]
    more: bool
    charging: int

    @property
    def main(self) -> FuseLoad:
        return self.fuses[0]

    @property
    def exceeded(self) -> bool:
        return any(fuse.exceeded for fuse in self.fuses)


def read_site(installation: Installation, now: datetime, *, first: int = 0, size: int | None = None) -> SiteView:
    """Its fuses whole, and the connectors of ``size`` chargers from the ``first`` on (None: of all).

    Chargers where somebody charges come first, then those for whom something is set aside, then the others, by device
    id. ``more``: there are chargers after them.
    """
    known = SiteLoad.objects.filter(pk=installation.pk).first()
    site = known or SiteLoad(installation=installation)
    ids = list(_in_order(installation)[first : None if size is None else first + size + 1])
    shown = ids if size is None else ids[:size]
    gathered = look(installation, site, now, None if size is None else shown)
    circuits, sums = {circuit.pk: circuit for circuit in gathered.circuits}, sums_of(installation.pk)
    holders = [_holder(gathered, outlet, circuits) for outlet in gathered.outlets]
    places = {pk: number for number, pk in enumerate(shown)}
    measured = base_load(installation, site, now)
    fresh = site.base_load_at is not None and now - site.base_load_at <= BASE_LOAD_FRESH
    return SiteView(
        installation,
        _state(installation, known, now, fuses=bool(circuits), chargers=bool(sums)),
        site.balanced_at,
        BaseLoad(measured, site.base_load_at, fresh),
        _fuses(installation, gathered, circuits, measured, sums),
        sorted(holders, key=lambda holder: (places[holder.charger.pk], holder.connector)),
        more=len(ids) > len(shown),
        charging=sum(wired.sessions for wired in sums),
    )


def _in_order(installation: Installation) -> QuerySet[Charger, int]:
    shares = ChargingShare.objects.filter(charger=OuterRef("pk"))
    place = Case(
        When(charging_now(), then=0),
        When(
            Exists(shares.filter(why__in=(Why.UNREACHABLE, Why.UNMANAGED))) & Q(link__connected_at__isnull=False),
            then=1,
        ),
        default=2,
    )
    rows = Charger.objects.filter(installation=installation).annotate(place=place).order_by("place", "device_id")
    return rows.values_list("pk", flat=True)


def _state(
    installation: Installation, site: SiteLoad | None, now: datetime, *, fuses: bool, chargers: bool
) -> LoadState:  # fmt: skip
    if installation.revision is not None and installation.revision.mode == Mode.OCPP_DIRECT:
        return LoadState.OCPP_DIRECT
    if not installation.load_balancing:
        return LoadState.OFF
    if installation.main_fuse_current is None and not fuses:
        return LoadState.NO_FUSE
    if not chargers:
        return LoadState.NO_CHARGERS
    if site is not None and now - site.due_at > STALLED_AFTER:
        return LoadState.STALLED
    return LoadState.STARTING if site is None or site.balanced_at is None else LoadState.BALANCED


def _holder(gathered: Gathered, outlet: Outlet, circuits: Mapping[int, Circuit]) -> Holder:
    share = gathered.shares.get(outlet.key)
    binding = circuits.get(share.limited_by_id or 0) if share else None
    charger = gathered.chargers[outlet.key[0]]
    online = bool(getattr(charger, "online_now"))  # noqa: B009  annotated
    return Holder(charger, outlet, share, gathered.sessions.get(outlet.key), binding.name if binding else "", online)


def _fuses(
    installation: Installation, gathered: Gathered, circuits: Mapping[int, Circuit], building: Sequence[float],
    sums: Sequence[Wired],
) -> list[FuseLoad]:  # fmt: skip
    """The main fuse, then every circuit below its parent, by name."""
    known = {fuse.key: fuse for fuse in gathered.fuses}
    bounds: dict[tuple[int, int], int] = defaultdict(int)
    possible: dict[tuple[int, int], int] = defaultdict(int)
    ways = {key: above(known, key) for key in known}
    for wired in sums:
        for key in ways.get(wired.circuit or MAIN, ()):
            for line in lines_of(wired.rotation, installation.network_type):
                bounds[key, line] += wired.bound
                possible[key, line] += wired.most

    def load(fuse: Fuse, circuit: Circuit | None, depth: int) -> FuseLoad:
        lines = tuple(
            LineLoad(
                bounds[fuse.key, line] / 10,
                0.0 if circuit else building[line],
                None if fuse.room is None else (fuse.room[line] - bounds[fuse.key, line]) / 10,
            )
            for line in LINES
        )
        amps = circuit.max_current if circuit else installation.main_fuse_current
        parent = circuits.get(circuit.parent_id or 0) if circuit else None
        return FuseLoad(circuit, parent, amps, depth, lines, max(possible[fuse.key, line] for line in LINES) / 10)

    found = [load(known[MAIN], None, 0)]
    return found + [load(known[circuit.pk], circuit, depth) for depth, circuit in tree(gathered.circuits)]


def tree(circuits: Sequence[Circuit]) -> list[tuple[int, Circuit]]:
    """Circuits below their parents, with their depth; 1: right behind the main fuse."""
    below: dict[int | None, list[Circuit]] = defaultdict(list)
    for circuit in sorted(circuits, key=lambda one: (one.name, one.pk)):
        below[circuit.parent_id].append(circuit)
    found: list[tuple[int, Circuit]] = []
    waiting = [(1, circuit) for circuit in reversed(below[None])]
    while waiting:
        depth, circuit = waiting.pop()
        found.append((depth, circuit))
        waiting += [(depth + 1, child) for child in reversed(below[circuit.pk])]
    return found


def shares_of(charger: Charger, running: Sequence[Transaction]) -> list[Holder]:
    """The connectors of one charger from ``find_charger``, as the last round left them; none where its site's load is
    not balanced."""
    link, online = link_of(charger), link_state_of(charger).online
    sessions = {session.pk: session for session in running}
    found = []
    for share, fuse in shares_in(charger):
        session = sessions.get(share.transaction_id or 0)
        outlet = Outlet(
            (charger.pk, share.connector),
            charger.circuit_id or MAIN,
            tenths(charger.max_current),
            lines_of(charger.phase_rotation, charger.installation.network_type),
            reachable=share.why != Why.UNREACHABLE,
            managed=share.why != Why.UNMANAGED,
            absent=link is None or link.connected_at is None,
            standby=standby_of(share),
            session=Session(0, 0.0, held=current_of(share)) if session else None,
        )
        found.append(Holder(charger, outlet, share, session, fuse, online))
    return found


def _amps(tenths: int | None) -> float | None:
    return None if tenths is None else tenths / 10
