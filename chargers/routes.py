"""Which backends this portal dials for chargers, and what waits for them: a single query."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Q

from chargers.models import UpstreamLink

# URL, identity, and the id of the password's row.
type Route = tuple[str, str, int | None]
NO_ROUTE: Route = ("", "", None)


@dataclass(frozen=True)
class Routes:
    """``queued``: how many messages wait for each URL."""

    by_charger: Mapping[int, Route] = field(default_factory=dict)
    queued: Mapping[str, int] = field(default_factory=dict)

    def of(self, charger_id: int) -> Route:
        return self.by_charger.get(charger_id, NO_ROUTE)


def routes_of(charger_ids: Collection[int]) -> Routes:
    rows = UpstreamLink.objects.filter(charger_id__in=list(charger_ids)).exclude(url="").order_by()
    waiting = Count("charger__upstream_messages", filter=Q(charger__upstream_messages__ended_at__isnull=True))
    routes: dict[int, Route] = {}
    queued: dict[str, int] = {}
    found = rows.annotate(waiting=waiting).values_list("charger_id", "url", "user", "initial_id", "waiting")
    for charger_id, url, user, initial, count in found:
        routes[charger_id] = (url, user, initial)
        if count:
            queued[url] = queued.get(url, 0) + count
    return Routes(routes, queued)
