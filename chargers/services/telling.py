"""Tells webhooks of chargers that come and go and of alarms. No row says when those change, so they are looked for.

Level-triggered: what stands is compared with what was told last. The comparison is the condition of the update that
remembers it, in one transaction with the events: doubled or killed at any moment, a change is told once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from chargers.alarm_rows import SIGNS
from chargers.alarms import AlarmCode
from chargers.models import Charger, ToldCharger
from chargers.selectors import online_links
from installations.webhooks.kinds import EventKind
from installations.webhooks.outbox import Happened, tell, watched_sites

LOOKED_FOR = (EventKind.CHARGER_ONLINE, EventKind.CHARGER_OFFLINE, EventKind.ALARM_RAISED, EventKind.ALARM_CLEARED)
# A charger that is back so soon has not been away.
PATIENCE = timedelta(seconds=60)

REMEMBER = """
UPDATE chargers_toldcharger SET online = t.online, alarms = string_to_array(t.alarms, ',')
FROM unnest(%s::bigint[], %s::boolean[], %s::text[], %s::boolean[], %s::text[]) AS t(id, was, had, online, alarms)
WHERE charger_id = t.id AND chargers_toldcharger.online = t.was
  AND chargers_toldcharger.alarms::text[] = string_to_array(t.had, ',')
RETURNING charger_id
"""


@dataclass(frozen=True)
class Standing:
    """Of one charger now, and what was told of it; ``was`` None: nothing yet, so nothing has changed."""

    charger_id: int
    installation_id: int
    device_id: str
    online: bool
    at: datetime
    alarms: tuple[str, ...]
    was: bool | None
    had: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return self.was is not None and (self.online, self.alarms) != (self.was, self.had)


def tell_changes() -> int:
    """How many chargers had something to tell. Costs nothing where no webhook wants to hear of it."""
    sites = watched_sites(LOOKED_FOR)
    ToldCharger.objects.exclude(charger__installation__in=sites).delete()
    if not sites:
        return 0
    standing = _look(sites, timezone.now())
    ToldCharger.objects.bulk_create(
        [ToldCharger(charger_id=one.charger_id, online=one.online, alarms=list(one.alarms))
         for one in standing if one.was is None],
        ignore_conflicts=True,
    )  # fmt: skip
    changed = [one for one in standing if one.changed]
    if not changed:
        return 0
    with transaction.atomic():
        told = _remember(changed)
        tell([event for one in changed if one.charger_id in told for event in _events(one)])
    return len(told)


def _look(sites: Collection[int], now: datetime) -> list[Standing]:
    own = Charger.objects.filter(installation__in=sites)
    alarms: dict[int, list[str]] = {}
    for code in AlarmCode:
        for pk in SIGNS[code].rows(now).filter(charger__installation__in=sites).values_list("charger_id", flat=True):
            alarms.setdefault(pk, []).append(code.value)
    online = Exists(Charger.objects.filter(online_links(now), pk=OuterRef("pk")))
    rows = own.annotate(is_online=online, was=F("told__online"), had=F("told__alarms")).order_by("pk")
    found = []
    for pk, site, device_id, is_online, was, had, connected, gone, seen in rows.values_list(
        "pk", "installation_id", "device_id", "is_online", "was", "had", "link__connected_at",
        "link__disconnected_at", "link__last_seen_at",
    ):  # fmt: skip
        just_left = bool(was) and gone is not None and now - gone < PATIENCE
        at = connected if is_online else gone or seen
        standing = tuple(sorted(set(alarms.get(pk, ()))))
        found.append(
            Standing(pk, site, device_id, is_online or just_left, at or now, standing, was, tuple(sorted(had or ())))
        )
    return found


def _remember(changed: Collection[Standing]) -> set[int]:
    """Those whose change nobody else has told."""
    columns: list[Any] = [
        [one.charger_id for one in changed],
        [one.was for one in changed],
        [",".join(one.had) for one in changed],
        [one.online for one in changed],
        [",".join(one.alarms) for one in changed],
    ]
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER, columns)
        return {row[0] for row in cursor.fetchall()}


def _events(one: Standing) -> list[Happened]:
    facts = {"installation": one.installation_id, "device_id": one.device_id}
    events = []
    if one.online != one.was:
        kind = EventKind.CHARGER_ONLINE if one.online else EventKind.CHARGER_OFFLINE
        events.append(Happened(one.installation_id, kind, one.at, facts))
    now = timezone.now()
    for kind, codes in (
        (EventKind.ALARM_RAISED, set(one.alarms) - set(one.had)),
        (EventKind.ALARM_CLEARED, set(one.had) - set(one.alarms)),
    ):
        events += [Happened(one.installation_id, kind, now, {**facts, "alarm": code}) for code in sorted(codes)]
    return events
