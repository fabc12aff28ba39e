"""Rounds of load balancing: looks at a site, shares its fuses out, and keeps what every connector is granted.

A round is one transaction under the lock of its site's row, so any gateway node may make any round, and a round that
is lost is made again. What has been granted is told to chargers by their own gateways (``gateway.limits``), which keep
what they say before they say it and what was accepted; the next round counts with all of it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now

from chargers.balancing.allocate import allocate
from chargers.balancing.site import MAIN, UNBALANCE, Grant, Key
from chargers.models import Charger, ChargingShare, SiteLoad
from chargers.services.load_facts import Gathered, gather
from installations.models import AuthenticationRevision, Installation, Mode

log = structlog.get_logger(__name__)

# How soon a site is looked at again without being asked to: cars follow slowly, turns end.
BUSY = timedelta(seconds=15)
QUIET = timedelta(minutes=5)
NOTICED = timedelta(minutes=1)
AFTER_A_FAULT = timedelta(seconds=30)
ROUNDS_AT_ONCE = 20

OPEN_SITES = """
INSERT INTO chargers_siteload (installation_id)
SELECT i.id FROM installations_installation i
JOIN installations_authenticationrevision r ON r.id = i.revision_id
WHERE i.load_balancing AND r.mode <> 'ocpp_direct'
  AND (i.main_fuse_current IS NOT NULL OR EXISTS (SELECT FROM installations_circuit k WHERE k.installation_id = i.id))
  AND i.id IN (SELECT c.installation_id FROM chargers_charger c WHERE c.id = ANY(%s))
  AND NOT EXISTS (SELECT FROM chargers_siteload s WHERE s.installation_id = i.id AND s.ended_at IS NULL)
ON CONFLICT (installation_id) DO UPDATE SET ended_at = NULL, due_at = now()
"""

HURRY = """
UPDATE chargers_siteload s SET due_at = now() FROM chargers_charger c
WHERE c.id = ANY(%s) AND s.installation_id = c.installation_id AND s.due_at > now()
"""


def is_wanted(installation: Installation) -> bool:
    """Whether the portal shares out this site's fuses in the modes in which it may: where it knows one."""
    if not installation.load_balancing:
        return False
    return installation.main_fuse_current is not None or installation.circuits.exists()


def is_balanced(installation: Installation) -> bool:
    """Whether it does so now: in native and cloud mode."""
    revision = installation.revision
    return revision is not None and revision.mode != Mode.OCPP_DIRECT and is_wanted(installation)


def open_sites(charger_ids: Collection[int]) -> None:
    """The sites of these chargers are looked after from now on, where they should be."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_SITES, [list(charger_ids)])


def hurry(charger_ids: Collection[int]) -> None:
    """Something has happened at these chargers: their sites are due."""
    with connection.cursor() as cursor:
        cursor.execute(HURRY, [list(charger_ids)])


def balance_due(most: int = ROUNDS_AT_ONCE) -> set[int]:
    """Make a round at every site that is due, up to ``most``; chargers that have another grant than before.

    What another node has in hand is left to it. All times are the database's: a node's own clock may be off.
    """
    changed: set[int] = set()
    due = SiteLoad.objects.filter(due_at__lte=Now()).order_by("due_at").values_list("pk", flat=True)
    for pk in list(due[:most]):
        try:
            changed |= _round_at(pk)
        except DatabaseError:
            raise
        except Exception:
            # One site that cannot be reckoned with holds up nobody else.
            log.exception("a site's load was not balanced", installation=pk)
            SiteLoad.objects.filter(pk=pk).update(due_at=Now() + AFTER_A_FAULT)
    return changed


@transaction.atomic
def _round_at(installation_id: int) -> set[int]:
    free = SiteLoad.objects.select_for_update(skip_locked=True, of=("self",)).annotate(read_at=Now())
    site = free.filter(pk=installation_id, due_at__lte=Now()).first()
    return set() if site is None else _round(site, site.read_at)


def _round(site: SiteLoad, now: datetime) -> set[int]:
    installation = Installation.objects.select_related("revision").get(pk=site.pk)
    if not is_balanced(installation):
        return _end(site, now)
    gathered = gather(installation, site, now)
    grants = allocate(gathered.fuses, gathered.outlets, now.timestamp(), unbalance=gathered.unbalance)
    changed = _keep(gathered, grants, now)
    site.balanced_at, site.ended_at = now, None
    site.due_at = now + (BUSY if gathered.sessions else QUIET)
    site.save(update_fields=["balanced_at", "ended_at", "due_at"])
    return changed


def _end(site: SiteLoad, now: datetime) -> set[int]:
    """Its shares mean nothing from now on; they go when every gateway has had the time to notice."""
    shares = ChargingShare.objects.filter(charger__installation=site.pk)
    if site.ended_at is not None and now - site.ended_at >= NOTICED:
        shares.delete()
        site.delete()
        return set()
    begun = site.ended_at is None
    site.ended_at = site.ended_at or now
    site.due_at = site.ended_at + NOTICED
    site.save(update_fields=["ended_at", "due_at"])
    return set(shares.values_list("charger_id", flat=True)) if begun else set()


def _keep(gathered: Gathered, grants: dict[Key, Grant], now: datetime) -> set[int]:
    """Only what has become another; chargers for whom a current has."""
    changed: set[int] = set()
    rows: list[ChargingShare] = []
    for key, grant in grants.items():
        share = gathered.shares.get(key) or ChargingShare(charger_id=key[0], connector=key[1], granted_at=now)
        new = _facts(gathered, key, grant, share)
        if share.pk and all(getattr(share, name) == value for name, value in new.items()):
            continue
        currents = ("standby_granted", "transaction_id", "current_granted")
        if not share.pk or any(getattr(share, name) != new[name] for name in currents):
            share.granted_at = now
            changed.add(key[0])
        for name, value in new.items():
            setattr(share, name, value)
        rows.append(share)
    _write(rows)
    moved = [share.pk for key, share in gathered.shares.items() if key not in grants]
    ChargingShare.objects.filter(pk__in=moved).delete()
    return changed


def _facts(gathered: Gathered, key: Key, grant: Grant, share: ChargingShare) -> dict[str, Any]:
    session = gathered.sessions.get(key)
    same = session is not None and share.transaction_id == session.pk
    return {
        "standby_granted": grant.standby,
        "transaction_id": session.pk if session else None,
        "current_granted": grant.current,
        "current_saying": share.current_saying if same else None,
        "current_told": share.current_told if same else None,
        "why": str(grant.why),
        "limited_by_id": None if grant.fuse in (None, MAIN, UNBALANCE) else grant.fuse,
        "drawn": gathered.drawn.get(key),
        "admitted_at": _time(grant.admitted_at, share.admitted_at),
        "paused_at": _time(grant.paused_at, share.paused_at),
    }


def _time(at: float | None, before: datetime | None) -> datetime | None:
    """The very value that was stored, where it stands for the same moment."""
    if at is None:
        return None
    return before if before is not None and before.timestamp() == at else datetime.fromtimestamp(at, UTC)


def _write(rows: Iterable[ChargingShare]) -> None:
    names = [field.name for field in ChargingShare._meta.concrete_fields]
    saying = {"id", "charger", "connector", "standby_saying", "standby_told"}
    ChargingShare.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["charger", "connector"],
        update_fields=[name for name in names if name not in saying],
    )


def keep_base_load(installation: Installation, amps: tuple[float, float, float]) -> bool:
    """What the building takes beside its chargers, A on L1, L2, L3; counted at once. False: it is not balanced."""
    if not is_balanced(installation):
        return False
    SiteLoad.objects.update_or_create(
        installation=installation, defaults={"base_load": list(amps), "base_load_at": Now(), "due_at": Now()}
    )
    return True


def site_changed(installation: Installation) -> None:
    """A fuse, a setting of its load or of a charger there has become another: looked at within a second."""
    open_sites(list(Charger.objects.filter(installation=installation).values_list("pk", flat=True)[:1]))
    SiteLoad.objects.filter(installation=installation).update(due_at=Now())


def mode_changed(revision: AuthenticationRevision, _policy: Mapping[str, Any]) -> None:
    site_changed(revision.installation)
