"""The limit that a charger's backend sets in OCPP cloud, as pages and API show it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from chargers.charging.composite import Place, limit_at, until
from chargers.charging.profile import TN, ChargingProfile, Supply
from chargers.charging.reading import BadProfile, read_stored
from chargers.charging.set_point import set_point
from chargers.models import BackendProfile, Charger, Transaction
from installations.models import Installation, Mode, NetworkType

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class BackendLimit:
    """``amperes`` per phase, 0: paused. ``until``: when it becomes another; None: not in the foreseeable future."""

    connector: int
    amperes: float
    until: datetime | None


def supply_of(installation: Installation) -> Supply:
    """What converts watts at this site."""
    return Supply(between_phases=True) if installation.network_type == NetworkType.IT else TN


def with_limits(rows: QuerySet[Charger]) -> QuerySet[Charger]:
    """Ready for ``limits_of``: two more queries however many rows."""
    running = Transaction.objects.filter(stop_received_at=None, orphan=False)
    return rows.prefetch_related(_standing(), Prefetch("transactions", queryset=running, to_attr="running_sessions"))


def read_with_limits(rows: Sequence[Charger], running: Iterable[Transaction]) -> None:
    """The same for rows that are read already with their ``running`` sessions: one more query."""
    prefetch_related_objects(rows, _standing())
    sessions: dict[int, list[Transaction]] = defaultdict(list)
    for one in running:
        sessions[one.charger_id].append(one)
    for row in rows:
        row.running_sessions = sessions[row.pk]  # type: ignore[attr-defined]  # as ``with_limits`` would have


def _standing() -> "Prefetch[Any]":
    return Prefetch("backend_profiles", BackendProfile.objects.filter(closed_at=None), "standing_profiles")


def read_limits(charger: Charger, running: Sequence[Transaction], now: datetime) -> list[BackendLimit]:
    """For one charger whose ``running`` sessions are read already: one more query."""
    standing = list(BackendProfile.objects.filter(charger=charger, closed_at=None))
    # As ``with_limits`` would have read them.
    charger.standing_profiles, charger.running_sessions = standing, running  # type: ignore[attr-defined]
    return limits_of(charger, now)


def limits_of(charger: Charger, now: datetime) -> list[BackendLimit]:
    """Per connector that is limited now; none where the charger is not in OCPP cloud."""
    revision = charger.applied_revision
    profiles = _profiles(getattr(charger, "standing_profiles", ()))
    if not profiles or revision is None or revision.mode != Mode.OCPP_CLOUD:
        return []
    at, supply = now.timestamp(), supply_of(charger.installation)
    sessions = {one.connector: one for one in getattr(charger, "running_sessions")}  # noqa: B009  prefetched
    link = getattr(charger, "link", None)
    found = []
    for connector in range(1, max(link.connector_count if link else 1, 1) + 1):
        place = _place(connector, sessions.get(connector), now, supply)
        limit = limit_at(profiles, place, at)
        if limit is not None:
            change = until(profiles, place, at)
            ends = None if change is None else datetime.fromtimestamp(change, UTC)
            found.append(BackendLimit(connector, set_point(limit.amps), ends))
    return found


def _place(connector: int, session: Transaction | None, now: datetime, supply: Supply) -> Place:
    if session is None:
        return Place(connector, int(now.timestamp()), supply=supply)
    return Place(connector, int((session.start_received_at or now).timestamp()), session.pk, supply)


def _profiles(rows: Sequence[BackendProfile]) -> list[ChargingProfile]:
    found = []
    for row in rows:
        try:
            found.append(read_stored(row.connector, row.profile, row.transaction_id))
        except BadProfile as error:
            log.error("a stored charging profile cannot be read", profile=row.pk, detail=error.detail)
    return found
