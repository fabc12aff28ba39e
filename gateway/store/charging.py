"""Backends' charging profiles and what of ours a charger may hold: read and kept outside the stream of records."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from chargers.backend_limits import supply_of
from chargers.charging.reading import BadProfile, read_stored
from chargers.models import BackendProfile, Charger, ChargingLimit, Transaction, UpstreamLink
from chargers.profiles import profile_for
from chargers.services.balancing import open_sites
from gateway.limits.facts import Kept, Known, Share
from gateway.store.shares import about_to_say as about_to_say
from gateway.store.shares import accepted as accepted
from gateway.store.shares import read_shares

log = structlog.get_logger(__name__)

CONCERNED = """
SELECT c.id FROM chargers_charger c JOIN chargers_siteload s ON s.installation_id = c.installation_id
WHERE c.id = ANY(%s) AND s.ended_at IS NULL
UNION SELECT charger_id FROM chargers_backendprofile WHERE charger_id = ANY(%s) AND closed_at IS NULL
UNION SELECT charger_id FROM chargers_charginglimit WHERE charger_id = ANY(%s) AND profile_ids <> '[]'
"""

END_SESSIONS = """
UPDATE chargers_backendprofile p SET closed_at = now() FROM chargers_transaction t
WHERE p.charger_id = ANY(%s) AND p.closed_at IS NULL AND t.id = p.transaction_id AND t.stop_received_at IS NOT NULL
"""

# The lowest fuse on the way from the charger to the grid.
CAPS = """
WITH RECURSIVE up AS (
    SELECT c.id AS charger_id, k.id, k.parent_id, k.max_current FROM chargers_charger c
    JOIN installations_circuit k ON k.id = c.circuit_id WHERE c.id = ANY(%(ids)s)
    UNION
    SELECT up.charger_id, k.id, k.parent_id, k.max_current FROM up JOIN installations_circuit k ON k.id = up.parent_id
)
SELECT charger_id, min(amps)::float8 FROM (
    SELECT charger_id, max_current AS amps FROM up
    UNION ALL
    SELECT c.id, i.main_fuse_current FROM chargers_charger c
    JOIN installations_installation i ON i.id = c.installation_id WHERE c.id = ANY(%(ids)s)
) AS fuses WHERE amps IS NOT NULL GROUP BY charger_id
"""


def concerned(charger_ids: Collection[int]) -> set[int]:
    """Those of the chargers that have a limit of a backend or a share of their site, or may hold a profile of ours."""
    ids = list(charger_ids)
    open_sites(ids)
    with connection.cursor() as cursor:
        cursor.execute(CONCERNED, [ids, ids, ids])
        return {row[0] for row in cursor.fetchall()}


def read(charger_ids: Collection[int]) -> dict[int, Known]:
    """All that is known of these chargers; a number of queries that does not grow with them."""
    ids = list(charger_ids)
    with connection.cursor() as cursor:
        cursor.execute(END_SESSIONS, [ids])
        cursor.execute(CAPS, {"ids": ids})
        caps: dict[int, float] = dict(cursor.fetchall())
    kept: dict[int, list[Kept]] = defaultdict(list)
    for row in BackendProfile.objects.filter(charger_id__in=ids, closed_at=None):
        try:
            kept[row.charger_id].append(Kept(row.pk, read_stored(row.connector, row.profile, row.transaction_id)))
        except BadProfile as error:
            log.error("a stored charging profile cannot be read", profile=row.pk, detail=error.detail)
    sessions: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    running = Transaction.objects.filter(charger_id__in=ids, stop_received_at=None, orphan=False).order_by()
    for charger_id, pk, connector, at in running.values_list("charger_id", "id", "connector", "start_received_at"):
        sessions[charger_id][pk] = connector, int(at.timestamp()) if at else 0
    shares = read_shares(ids)
    rows = Charger.objects.filter(pk__in=ids).select_related("installation", "link", "charging_limit")
    return {
        row.pk: _known(row, kept[row.pk], sessions[row.pk], caps.get(row.pk), shares.get(row.pk, {})) for row in rows
    }


def _known(
    row: Charger, kept: Iterable[Kept], sessions: Mapping[int, tuple[int, int]], cap: float | None,
    shares: Mapping[int, Share],
) -> Known:  # fmt: skip
    limit: ChargingLimit | None = getattr(row, "charging_limit", None)
    link: Any = getattr(row, "link", None)
    return Known(
        kept=tuple(kept),
        held=frozenset(limit.profile_ids) if limit else frozenset(),
        takes=limit.takes_profiles if limit and limit.firmware == row.firmware else None,
        cap=cap,
        connectors=link.connector_count if link else 0,
        sessions=sessions,
        unit=profile_for(row.vendor, row.model, row.firmware).rate_unit,
        supply=supply_of(row.installation),
        shares=shares,
    )


def keep_profile(
    charger_id: int, holder: str, url: str, connector: int, profile: Mapping[str, Any], *,
    transaction_id: int | None, replaced: Collection[int],
) -> int | None:  # fmt: skip
    """The row; None: this gateway does not serve that backend any more, or the session is over."""
    with transaction.atomic():
        if not UpstreamLink.objects.select_for_update().filter(charger_id=charger_id, holder=holder, url=url).exists():
            return None
        running = Transaction.objects.filter(charger_id=charger_id, connector=connector, stop_received_at=None)
        if transaction_id is not None and not running.filter(pk=transaction_id).exists():
            return None
        number = profile["chargingProfileId"]
        standing = BackendProfile.objects.filter(charger_id=charger_id, closed_at=None)
        now = timezone.now()
        standing.filter(pk__in=list(replaced)).update(closed_at=now)
        standing.filter(number=number).update(closed_at=now)
        row = BackendProfile.objects.create(
            charger_id=charger_id, url=url, connector=connector, number=number, profile=dict(profile),
            transaction_id=transaction_id, set_at=now,
        )  # fmt: skip
    return row.pk


def close_profiles(charger_id: int, pks: Collection[int]) -> None:
    BackendProfile.objects.filter(charger_id=charger_id, pk__in=list(pks), closed_at=None).update(
        closed_at=timezone.now()
    )


def keep_held(charger_id: int, numbers: Collection[int]) -> None:
    """Before a profile of ours is sent, and after one was taken away."""
    ids = sorted(numbers)
    ChargingLimit.objects.update_or_create(charger_id=charger_id, defaults={"profile_ids": ids})


def keep_takes(charger_id: int, takes: bool) -> None:
    """Whether the charger takes charging profiles at all, with the firmware it has now."""
    firmware = Charger.objects.values_list("firmware", flat=True).get(pk=charger_id)
    ChargingLimit.objects.update_or_create(
        charger_id=charger_id, defaults={"takes_profiles": takes, "firmware": firmware}
    )
