"""What pages and API read about chargers and rollouts, in a number of queries that does not grow with the rows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.actor import Who
from chargers.alarm_rows import alarmed, alarms_at, serious_events
from chargers.alarms import AlarmCode
from chargers.backend_limits import with_limits
from chargers.link_state import LIVENESS, NODE_ALIVE, Activity, LinkFacts, LinkState, is_reserved, link_state
from chargers.models import (
    Charger,
    ChargerLink,
    Connector,
    Delivery,
    DeliveryEvent,
    GatewayNode,
    LocalList,
    Rollout,
    Transaction,
    UpstreamMessage,
)
from chargers.rollout.states import OPEN_STATES, RolloutState, WaitReason
from chargers.shares import with_shares
from installations.access import visible
from installations.models import Installation

CHARGER_ORDER = ("device_id",)
ROLLOUT_ORDER = ("-id",)
DELIVERY_ORDER = ("id",)


@dataclass(frozen=True)
class ChargerCounts:
    """``waiting``: chargers with a setting on its way; ``drift``: chargers that hold another one than they were given;
    ``alarm``: chargers with any; ``alarms``: how many have each."""

    total: int = 0
    online: int = 0
    charging: int = 0
    waiting: int = 0
    alarm: int = 0
    alarms: Mapping[AlarmCode, int] = field(default_factory=dict)
    drift: int = 0

    @property
    def offline(self) -> int:
        return self.total - self.online


def online_links(now: datetime) -> Q:
    """Connected, booted, heard of lately, on a gateway node that lives; as a condition on Charger."""
    nodes = GatewayNode.objects.filter(seen_at__gt=now - NODE_ALIVE, stopped_at__isnull=True).values("name")
    return Q(
        link__connected_at__isnull=False,
        link__disconnected_at__isnull=True,
        link__boot_accepted=True,
        link__last_seen_at__gt=now - LIVENESS,
        link__node__in=nodes,
    )


def charging_now() -> Exists:
    return Exists(Transaction.objects.filter(charger=OuterRef("pk"), stop_received_at__isnull=True, orphan=False))


def open_delivery() -> Exists:
    return Exists(Delivery.objects.filter(charger=OuterRef("pk"), state__in=sorted(OPEN_STATES)))


def drifted() -> Exists:
    """The delivery of the setting in force found that the charger holds another one."""
    of_revision = {"revision": OuterRef("installation__revision"), "reason": WaitReason.DRIFT}
    return Exists(Delivery.objects.filter(charger=OuterRef("pk"), **of_revision))


def charger_counts(installation_ids: Collection[int]) -> dict[int, ChargerCounts]:
    """Counts by state for several installations in two queries; installations without chargers count zero."""
    rows: Iterable[Any] = (
        Charger.objects.filter(installation_id__in=list(installation_ids))
        .annotate(charging_now=charging_now(), on_its_way=open_delivery(), drifts=drifted())
        .order_by()
        .values("installation_id")
        .annotate(
            total=Count("pk"),
            online=Count("pk", filter=online_links(timezone.now())),
            charging=Count("pk", filter=Q(charging_now=True)),
            waiting=Count("pk", filter=Q(on_its_way=True)),
            drift=Count("pk", filter=Q(drifts=True)),
        )
    )
    by_site = {row["installation_id"]: row for row in rows}
    alarms = alarms_at(installation_ids)
    return {pk: _counts(by_site.get(pk), alarms.get(pk, {})) for pk in installation_ids}


def _counts(row: Mapping[str, int] | None, alarms: Mapping[AlarmCode, set[int]]) -> ChargerCounts:
    if row is None:
        return ChargerCounts()
    return ChargerCounts(
        row["total"],
        row["online"],
        row["charging"],
        row["waiting"],
        len(set().union(*alarms.values())),
        {code: len(alarms[code]) for code in AlarmCode if code in alarms},
        row["drift"],
    )


def installations_with(rows: QuerySet[Installation], state: str) -> QuerySet[Installation]:
    """Those with a charger that is offline, charges, waits for a setting, lost one or has an alarm; else ``rows``."""
    own = Charger.objects.filter(installation=OuterRef("pk"))
    match state:
        case "offline":
            return rows.filter(Exists(own.filter(~_as_bool(online_links(timezone.now())))))
        case "charging":
            return rows.filter(Exists(own.filter(charging_now())))
        case "waiting":
            return rows.filter(Exists(own.filter(open_delivery())))
        case "drift":
            return rows.filter(Exists(own.filter(drifted())))
        case "alarm":
            return installations_with_alarm(rows)
    return rows


def installations_with_alarm(rows: QuerySet[Installation], wanted: bool = True) -> QuerySet[Installation]:
    found = Q(pk__in=Charger.objects.filter(alarmed()).order_by().values("installation_id"))
    return rows.filter(found if wanted else ~found)


def list_chargers(
    who: Who,
    *,
    installation: Installation | None = None,
    search: str = "",
    link_state: str = "",
    alarm: bool | None = None,
) -> QuerySet[Charger]:
    """Chargers ``who`` may see, each ready for ``link_state_of``, with circuit, revision and open delivery."""
    rows = visible(Charger.objects.all(), who)
    if installation is not None:
        rows = rows.filter(installation=installation)
    if search:
        rows = rows.filter(Q(device_id__startswith=search.upper()) | Q(name__icontains=search))
    if alarm is not None:
        rows = rows.filter(alarmed() if alarm else ~alarmed())
    return with_facts(_in_state(rows, link_state)).order_by(*CHARGER_ORDER)


def find_charger(who: Who, device_id: str, *, whole: bool = False) -> Charger | None:
    """By device id in any capitalisation, with its setting and shares; None: foreign or nonexistent.

    ``whole``: with its open deliveries and ready for ``limits_of``, three queries more.
    """
    rows = visible(Charger.objects.all(), who)
    rows = with_limits(with_facts(rows)) if whole else with_shares(with_facts(rows, deliveries=False))
    rows = rows.select_related("installation__revision", "local_list")
    rows = rows.defer("local_list__entries", "local_list__digest")
    return rows.filter(device_id=device_id.upper()).first()


def with_facts(rows: QuerySet[Charger], *, deliveries: bool = True) -> QuerySet[Charger]:
    """Three queries however many rows: chargers, connectors, open ``deliveries`` (``open_deliveries``, a list)."""
    on_its_way = Delivery.objects.filter(state__in=sorted(OPEN_STATES)).select_related("revision")
    node = GatewayNode.objects.filter(name=OuterRef("link__node"), stopped_at__isnull=True)
    queue = UpstreamMessage.objects.filter(charger=OuterRef("pk"), ended_at__isnull=True).order_by().values("charger")
    events = serious_events().filter(charger=OuterRef("pk")).order_by("-at")
    rows = (
        rows.select_related("installation", "circuit", "link", "refused_login", "upstream", "applied_revision")
        .annotate(
            node_seen_at=Subquery(node.values("seen_at")[:1]),
            charging_now=charging_now(),
            event=Subquery(events.values("kind")[:1]),
            event_at=Subquery(events.values("at")[:1]),
            queued=Subquery(queue.annotate(found=Count("pk")).values("found")),
            oldest_queued_at=Subquery(queue.annotate(found=Min("queued_at")).values("found")),
        )
        .prefetch_related(Prefetch("connectors", queryset=Connector.objects.order_by("number")))
    )
    return rows.prefetch_related(Prefetch("deliveries", on_its_way, "open_deliveries")) if deliveries else rows


def _as_bool(condition: Q) -> Exists:
    return Exists(Charger.objects.filter(condition, pk=OuterRef("pk")))


def _in_state(rows: QuerySet[Charger], state: str) -> QuerySet[Charger]:
    online = _as_bool(online_links(timezone.now()))
    match state:
        case LinkState.NEVER:
            return rows.filter(link__connected_at__isnull=True)
        case LinkState.OFFLINE:
            return rows.filter(~online, link__connected_at__isnull=False)
        case "online":
            return rows.filter(online)
        case LinkState.CHARGING:
            return rows.filter(online, charging_now())
        case "alarm":
            return rows.filter(alarmed())
    return rows


def link_of(charger: Charger) -> ChargerLink | None:
    """None: the charger never connected."""
    return getattr(charger, "link", None)


def local_list_of(charger: Charger) -> LocalList | None:
    """For a charger from ``find_charger``: how its list of cards stands; None: it was never sent one."""
    return getattr(charger, "local_list", None)


def connectors_of(charger: Charger) -> list[tuple[Connector, bool]]:
    """Each connector, and whether it stands as told: the charger is there and has said so since its last start.

    For a charger from ``list_chargers`` or ``find_charger``.
    """
    link, online = link_of(charger), link_state_of(charger).online
    return [
        (row, online and link is not None and row.boot_number == link.boot_number) for row in charger.connectors.all()
    ]


def link_state_of(charger: Charger) -> LinkState:
    """For a charger from ``list_chargers`` or ``find_charger`` (it needs what ``with_facts`` added)."""
    link = link_of(charger)
    if link is None:
        return LinkState.NEVER
    activity = Activity(
        boot_accepted=link.boot_accepted,
        connector_count=link.connector_count,
        connectors={row.number: row.status for row in charger.connectors.all() if row.boot_number == link.boot_number},
        open_transactions=int(getattr(charger, "charging_now")),  # noqa: B009  with_facts
        firmware_status=link.firmware_status,
        diagnostics_status=link.diagnostics_status,
        reserved=is_reserved(link.reservations, timezone.now()),
    )
    facts = LinkFacts(
        activity,
        connected_at=link.connected_at,
        disconnected_at=link.disconnected_at,
        last_seen_at=link.last_seen_at,
        node_seen_at=getattr(charger, "node_seen_at"),  # noqa: B009  with_facts
    )
    return link_state(facts, timezone.now())


def list_rollouts(who: Who, *, installation: Installation | None = None, state: str = "") -> QuerySet[Rollout]:
    rows = visible(Rollout.objects.select_related("installation", "revision", "created_by"), who)
    if installation is not None:
        rows = rows.filter(installation=installation)
    if state == RolloutState.PAUSED:
        rows = rows.filter(paused_at__isnull=False, finished_at__isnull=True)
    elif state:
        rows = rows.filter(state=state).exclude(paused_at__isnull=False, finished_at__isnull=True)
    return rows.order_by(*ROLLOUT_ORDER)


def delivery_counts(rollout_ids: Collection[int]) -> dict[int, list[tuple[str, str, int]]]:
    """For several rollouts in one query: (state, reason, how many)."""
    rows = (
        Delivery.objects.filter(rollout_id__in=list(rollout_ids))
        .order_by("state", "reason")
        .values_list("rollout_id", "state", "reason")
        .annotate(count=Count("pk"))
    )
    counts: dict[int, list[tuple[str, str, int]]] = {pk: [] for pk in rollout_ids}
    for pk, state, reason, count in rows:
        counts[pk].append((state, reason, count))
    return counts


def list_deliveries(rollout: Rollout, *, state: str = "", reason: str = "", search: str = "") -> QuerySet[Delivery]:
    """Deliveries with charger and timeline (``events``), two queries however many rows."""
    rows = Delivery.objects.filter(rollout=rollout).select_related("charger", "revision")
    if state:
        rows = rows.filter(state=state)
    if reason:
        rows = rows.filter(reason=reason)
    if search:
        rows = rows.filter(Q(charger__device_id__startswith=search.upper()) | Q(charger__name__icontains=search))
    events = Prefetch("events", queryset=DeliveryEvent.objects.order_by("id"))
    return rows.prefetch_related(events).order_by(F("id"))
