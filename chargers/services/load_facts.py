"""Reads what the allocator needs to know of a site, in a number of queries that does not grow with its chargers."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from chargers.backend_limits import limits_of, with_limits
from chargers.balancing.drawn import drawn_amps, need_of
from chargers.balancing.site import LINES, MAIN, Fuse, Held, Key, Outlet, Session
from chargers.load_sums import MOST_CONNECTORS
from chargers.models import Charger, ChargingShare, MeterValue, SiteLoad, Transaction
from chargers.selectors import online_links
from installations.models import Circuit, Installation, Mode, NetworkType

# A measured base load older than this is only trusted if it is the higher one.
BASE_LOAD_FRESH = timedelta(minutes=5)
READING_FRESH = timedelta(minutes=2)
# A car takes a while to follow a new set-point, and its meter a while to tell.
SETTLED = timedelta(seconds=60)
RESTING_AFTER = timedelta(minutes=5)
# A charger that has not accepted less for this long is taken for one that cannot be told.
STUCK_AFTER = timedelta(seconds=60)


# Of a charger and what hangs on it: a big site has many, and most of what is known of them plays no part.
_NEEDED = (
    "device_id", "name", "circuit", "max_current", "phase_rotation", "charging_priority", "never_pause", "firmware",
    "installation__network_type", "link__connector_count", "link__connected_at", "charging_limit__takes_profiles",
    "charging_limit__firmware", "applied_revision__mode",
)  # fmt: skip


@dataclass(frozen=True)
class Gathered:
    fuses: Sequence[Fuse]
    outlets: Sequence[Outlet]
    shares: Mapping[Key, ChargingShare]
    sessions: Mapping[Key, Transaction]
    drawn: Mapping[Key, float | None]
    unbalance: int | None
    chargers: Mapping[int, Charger]
    circuits: Sequence[Circuit]


def tenths(amps: Decimal | float) -> int:
    return int(amps * 10)


def base_load(installation: Installation, site: SiteLoad, now: datetime) -> tuple[float, float, float]:
    """A per line that the building takes or may take: measured if that is recent, never less than what was set aside
    when it is not."""
    floor = float(installation.reserved_current)
    if site.base_load is None or site.base_load_at is None:
        return floor, floor, floor
    measured = [max(0.0, each) for each in site.base_load]
    if now - site.base_load_at > BASE_LOAD_FRESH:
        measured = [max(floor, each) for each in measured]
    return measured[0], measured[1], measured[2]


def fuses_of(
    installation: Installation, circuits: Iterable[Circuit], site: SiteLoad, now: datetime
) -> list[Fuse]:  # fmt: skip
    whole = installation.main_fuse_current
    room = None
    if whole is not None:
        first, second, third = (int((float(whole) - each) * 10) for each in base_load(installation, site, now))
        room = first, second, third
    below = [Fuse(row.pk, row.parent_id or MAIN, (tenths(row.max_current),) * 3) for row in circuits]
    return [Fuse(MAIN, None, room), *below]


def gather(installation: Installation, site: SiteLoad, now: datetime) -> Gathered:
    """The shares are locked: what a gateway may say next waits until the round is kept."""
    shares = _by_key(_shares(installation).select_for_update(of=("self",)))
    sessions = _by_place(_open(installation))
    drawn = _drawn(sessions, shares, now)
    rows = with_limits(_chargers(installation, now))
    return _gathered(installation, site, now, rows, shares, sessions, drawn, _resting(installation, now))


def look(installation: Installation, site: SiteLoad, now: datetime, charger_ids: Collection[int] | None) -> Gathered:
    """What these chargers (None: all) may hold, for people to see. Nothing is locked; cars are not asked about."""
    rows, shares, running = _chargers(installation, now), _shares(installation), _open(installation)
    if charger_ids is not None:
        rows = rows.filter(pk__in=charger_ids)
        shares, running = shares.filter(charger__in=charger_ids), running.filter(charger__in=charger_ids)
    return _gathered(installation, site, now, rows, _by_key(shares), _by_place(running), {}, frozenset())


def _gathered(
    installation: Installation, site: SiteLoad, now: datetime, rows: QuerySet[Charger],
    shares: Mapping[Key, ChargingShare], sessions: Mapping[Key, Transaction], drawn: Mapping[Key, float | None],
    resting: Collection[Key],
) -> Gathered:  # fmt: skip
    outlets: list[Outlet] = []
    chargers = {charger.pk: charger for charger in rows}
    used: dict[int, set[int]] = defaultdict(set)
    for pk, connector in sessions:
        used[pk].add(connector)
    for charger in chargers.values():
        backend = {limit.connector: tenths(limit.amperes) for limit in limits_of(charger, now)}
        for connector in _connectors(charger, used[charger.pk]):
            key = charger.pk, connector
            session = sessions.get(key)
            found = _session(charger, session, shares.get(key), drawn.get(key), key in resting, backend.get(connector))
            outlets.append(_outlet(charger, key, shares.get(key), found, now, installation.network_type))
    unbalance = installation.unbalance_limit
    circuits = list(Circuit.objects.filter(installation=installation).order_by("pk"))
    return Gathered(
        fuses_of(installation, circuits, site, now), outlets, shares, sessions, drawn,
        None if unbalance is None else tenths(unbalance), chargers, circuits,
    )  # fmt: skip


def _shares(installation: Installation) -> QuerySet[ChargingShare]:
    return ChargingShare.objects.filter(charger__installation=installation).order_by("pk")


def _by_key(shares: Iterable[ChargingShare]) -> dict[Key, ChargingShare]:
    return {(row.charger_id, row.connector): row for row in shares}


def _open(installation: Installation) -> QuerySet[Transaction]:
    here = Q(charger__installation=installation)
    rows = Transaction.objects.filter(here, stop_received_at=None, orphan=False).order_by("pk")
    return rows.only("charger", "connector", "start_received_at", "began_at")


def _by_place(sessions: Iterable[Transaction]) -> dict[Key, Transaction]:
    return {(row.charger_id, row.connector): row for row in sessions}


def _chargers(installation: Installation, now: datetime) -> QuerySet[Charger]:
    online = ExpressionWrapper(online_links(now), output_field=BooleanField())
    rows = Charger.objects.filter(installation=installation).select_related(
        "link", "charging_limit", "applied_revision", "installation"
    )
    return rows.annotate(online_now=online).only(*_NEEDED).order_by("pk")


def _connectors(charger: Charger, used: Collection[int]) -> list[int]:
    link = getattr(charger, "link", None)
    known = set(range(1, min(max(link.connector_count if link else 1, 1), MOST_CONNECTORS) + 1))
    return sorted(known.union(connector for connector in used if connector > 0))


def _outlet(
    charger: Charger, key: Key, share: ChargingShare | None, session: Session | None, now: datetime, network: str
) -> Outlet:
    link = getattr(charger, "link", None)
    limit: Any = getattr(charger, "charging_limit", None)
    refuses = limit is not None and limit.takes_profiles is False and limit.firmware == charger.firmware
    away = charger.applied_revision is not None and charger.applied_revision.mode == Mode.OCPP_DIRECT
    return Outlet(
        key,
        charger.circuit_id or MAIN,
        tenths(charger.max_current),
        lines_of(charger.phase_rotation, network),
        charger.charging_priority,
        charger.never_pause,
        reachable=bool(getattr(charger, "online_now")) and not away and not _stuck(share, now),  # noqa: B009  annotated
        managed=not refuses and not away,
        absent=link is None or link.connected_at is None,
        standby=standby_of(share) if share else Held(),
        session=session,
    )


def standby_of(share: ChargingShare) -> Held:
    return Held(share.standby_granted, share.standby_told, share.standby_saying)


def current_of(share: ChargingShare) -> Held:
    return Held(share.current_granted, share.current_told, share.current_saying)


def lines_of(rotation: str, network: str) -> tuple[int, ...]:
    """The lines that a charger may load. Not known how it is wired, or no neutral (IT): all of them."""
    return ("RST".index(rotation),) if len(rotation) == 1 and network == NetworkType.TN else LINES


def _session(
    charger: Charger, row: Transaction | None, share: ChargingShare | None, drawn: float | None, resting: bool,
    backend: int | None,
) -> Session | None:  # fmt: skip
    if row is None:
        return None
    began = row.start_received_at.timestamp() if row.start_received_at else 0.0
    most = tenths(charger.max_current)
    most = most if backend is None else min(most, backend)
    if share is None or share.transaction_id != row.pk:
        return Session(most, began, resting)
    held = current_of(share)
    need = need_of(most, share.current_granted, drawn)
    admitted, paused = share.admitted_at, share.paused_at
    return Session(
        need, began, resting, admitted.timestamp() if admitted else None, paused.timestamp() if paused else None, held
    )


def _stuck(share: ChargingShare | None, now: datetime) -> bool:
    """Granted less long ago, and still not accepted."""
    if share is None or now - share.granted_at < STUCK_AFTER:
        return False
    standby = share.standby_told is not None and share.standby_told > share.standby_granted
    current = share.current_told is not None and share.current_told > (share.current_granted or 0)
    return standby or current


def _drawn(
    sessions: Mapping[Key, Transaction], shares: Mapping[Key, ChargingShare], now: datetime
) -> dict[Key, float | None]:
    """Of sessions whose set-point has stood for a while, by their newest reading."""
    keys = {
        row.pk: key
        for key, row in sessions.items()
        if (share := shares.get(key)) is not None and share.current_told and now - share.granted_at > SETTLED
    }
    newest = (
        MeterValue.objects.filter(transaction_id__in=list(keys), received_at__gt=now - READING_FRESH)
        .order_by("transaction_id", "-sampled_at", "-id")
        .distinct("transaction_id")
    )
    found: dict[Key, float | None] = defaultdict(lambda: None)
    for row in newest if keys else ():
        assert row.transaction_id is not None
        found[keys[row.transaction_id]] = drawn_amps(row.sampled_at, row.sampled_values)
    return found


def _resting(installation: Installation, now: datetime) -> set[Key]:
    """Connectors whose car has taken nothing for some minutes, by its own will."""
    rows = Charger.objects.filter(
        installation=installation, connectors__status="SuspendedEV", connectors__status_at__lt=now - RESTING_AFTER
    )
    return set(rows.values_list("pk", "connectors__number"))
