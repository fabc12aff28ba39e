"""What pages and API read about changes of many installations, in the same few queries however many there are."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from accounts.actor import Actor, Who
from chargers.models import AuthenticationChange, ChangeItem, ItemState

CHANGE_ORDER = ("-id",)
ITEM_ORDER = ("id",)

TALLY = """
SELECT change_id, state, count(*),
       coalesce(sum((counts->>'total')::int), 0), coalesce(sum((counts->>'change')::int), 0),
       coalesce(sum((counts->>'match')::int), 0), coalesce(sum((counts->>'cannot')::int), 0)
FROM chargers_changeitem WHERE change_id = ANY(%s) GROUP BY change_id, state
"""


@dataclass(frozen=True)
class Tally:
    """Installations by state, and the chargers of those that are ready or saved."""

    by_state: dict[str, int] = field(default_factory=dict)
    chargers: int = 0
    changing: int = 0
    matching: int = 0
    cannot: int = 0

    @property
    def total(self) -> int:
        return sum(self.by_state.values())

    def of(self, state: str) -> int:
        return self.by_state.get(state, 0)

    @property
    def pending(self) -> int:
        return self.of(ItemState.PENDING)

    @property
    def ready(self) -> int:
        return self.of(ItemState.READY)

    @property
    def same(self) -> int:
        return self.of(ItemState.SAME)

    @property
    def refused(self) -> int:
        return self.of(ItemState.REFUSED)

    @property
    def saved(self) -> int:
        return self.of(ItemState.SAVED)


def list_changes(who: Who) -> QuerySet[AuthenticationChange]:
    """A person's own; through a token only those that this token asked for."""
    actor = Actor.of(who)
    rows = AuthenticationChange.objects.filter(created_by=actor.user).select_related("created_by")
    if actor.token is not None:
        rows = rows.filter(token=actor.token)
    return rows.order_by(*CHANGE_ORDER)


def find_change(who: Who, pk: int) -> AuthenticationChange | None:
    return list_changes(who).filter(pk=pk).first() if pk < 2**63 else None


def list_items(change: AuthenticationChange, *, state: str = "") -> QuerySet[ChangeItem]:
    rows = ChangeItem.objects.filter(change=change).select_related("installation", "rollout")
    return (rows.filter(state=state) if state else rows).order_by(*ITEM_ORDER)


def tally_of(change: AuthenticationChange) -> Tally:
    return tallies([change.pk])[change.pk]


def tallies(ids: Collection[int]) -> dict[int, Tally]:
    """For several changes in one query."""
    with connection.cursor() as cursor:
        cursor.execute(TALLY, [list(ids)])
        rows = cursor.fetchall()
    return {pk: _tally([row[1:] for row in rows if row[0] == pk]) for pk in ids}


def _tally(rows: list[tuple[Any, ...]]) -> Tally:
    counted = [row for row in rows if row[0] in {ItemState.READY, ItemState.SAVED}]
    return Tally({row[0]: row[1] for row in rows}, *(sum(row[place] for row in counted) for place in (2, 3, 4, 5)))
