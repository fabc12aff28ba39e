"""Reads what the database knows of chargers' connections: three queries for any number of chargers."""

from collections import Counter, defaultdict
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from chargers.link_state import NO_LINK, Activity, LinkFacts, is_reserved
from chargers.models import ChargerLink, Connector, GatewayNode, ReportedSetting, Transaction


def link_facts(charger_ids: Collection[int]) -> dict[int, LinkFacts]:
    """The facts behind ``link_state`` for each charger; one that never connected has ``NO_LINK``."""
    ids, now = list(charger_ids), timezone.now()
    node = GatewayNode.objects.filter(name=OuterRef("node"), stopped_at__isnull=True).values("seen_at")[:1]
    statuses: dict[tuple[int, int], dict[int, str]] = defaultdict(dict)
    for charger, number, status, boot in Connector.objects.filter(charger_id__in=ids).values_list(
        "charger_id", "number", "status", "boot_number"
    ):
        statuses[charger, boot][number] = status
    sessions = _open_transactions(ids)
    facts = {
        link.charger_id: LinkFacts(
            Activity(
                boot_accepted=link.boot_accepted,
                connector_count=link.connector_count,
                connectors=statuses.get((link.charger_id, link.boot_number), {}),
                open_transactions=sessions[link.charger_id],
                firmware_status=link.firmware_status,
                diagnostics_status=link.diagnostics_status,
                reserved=is_reserved(link.reservations, now),
            ),
            node=link.node,
            epoch=link.epoch,
            boot_number=link.boot_number,
            connected_at=link.connected_at,
            disconnected_at=link.disconnected_at,
            last_seen_at=link.last_seen_at,
            node_seen_at=link.node_seen_at,
            authenticated_with=link.authenticated_with,
            fence_closed=link.fence_closed_at is not None,
        )
        for link in ChargerLink.objects.filter(charger_id__in=ids).annotate(node_seen_at=Subquery(node))
    }
    return {charger: facts.get(charger, NO_LINK) for charger in ids}


def _open_transactions(charger_ids: Collection[int]) -> Counter[int]:
    """Open ones that are the newest of their connector: an older one is over, its stop was lost."""
    newer = Transaction.objects.filter(
        charger=OuterRef("charger"), connector=OuterRef("connector"), orphan=False, pk__gt=OuterRef("pk")
    )
    rows = Transaction.objects.filter(
        ~Exists(newer), charger_id__in=charger_ids, stop_received_at__isnull=True, orphan=False
    )
    return Counter(rows.order_by().values_list("charger_id", flat=True))


def reported_settings(charger_ids: Collection[int]) -> dict[int, dict[str, str | None]]:
    """What each charger said about its configuration keys, newest; one query."""
    reported: dict[int, dict[str, str | None]] = {charger: {} for charger in charger_ids}
    for charger, key, value in (
        ReportedSetting.objects.filter(charger_id__in=charger_ids).order_by().values_list("charger_id", "key", "value")
    ):
        reported[charger][key] = value
    return reported
