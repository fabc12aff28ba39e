"""What the pages of a charger and of charge cards show besides the rows themselves; each list is bounded."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from chargers.models import Charger, Delivery, RefusedTag, ReportedSetting, SecurityEvent, Transaction
from installations.cards import usable_cards
from installations.models import DecidingCard, Installation

SHOWN = 10
MOST_SETTINGS = 100
MOST_REFUSALS = 50
REFUSALS_SHOWN = timedelta(hours=24)


@dataclass(frozen=True)
class Refused:
    """``listed``: a list that counts at the installation holds the card, blocked or expired."""

    row: RefusedTag
    listed: bool


def gateway_address(device_id: str) -> str:
    """The URL to enter at the charger."""
    return f"{settings.GATEWAY_PUBLIC_URL.rstrip('/')}/{device_id}"


def recent_deliveries(charger: Charger) -> list[Delivery]:
    rows = Delivery.objects.filter(charger=charger).select_related("revision", "rollout").prefetch_related("events")
    return list(rows.order_by("-id")[:SHOWN])


def recent_transactions(charger: Charger) -> tuple[list[Transaction], list[Transaction]]:
    """The newest of where the charger stands now (whoever had it before keeps theirs), and all that run. One query."""
    rows = Transaction.objects.filter(charger=charger)
    newest = rows.filter(installation=charger.installation_id).order_by("-began_at", "-id")[:SHOWN]
    found = list(newest.union(rows.filter(stop_received_at=None, orphan=False)))
    found.sort(key=lambda one: (one.began_at, one.pk), reverse=True)
    here = [one for one in found if one.installation_id == charger.installation_id][:SHOWN]
    for one in here:
        one.charger, one.installation = charger, charger.installation
    return here, [one for one in found if one.stop_received_at is None and not one.orphan]


def recent_security_events(charger: Charger) -> list[SecurityEvent]:
    return list(SecurityEvent.objects.filter(charger=charger).order_by("-id")[:SHOWN])


def reported_rows(charger: Charger) -> list[ReportedSetting]:
    return list(ReportedSetting.objects.filter(charger=charger).order_by("key")[:MOST_SETTINGS])


def refused_tags(installation: Installation, charger: Charger | None = None) -> list[Refused]:
    """Cards refused at an installation (or one charger of it) in the last day that would be refused again now.

    Newest first. Looks at no more than the newest few, whatever the size of the card list.
    """
    since = timezone.now() - REFUSALS_SHOWN
    rows = RefusedTag.objects.filter(charger__installation=installation, refused_at__gt=since)
    if charger is not None:
        rows = rows.filter(charger=charger)
    here = {"id_tag": OuterRef("id_tag")}
    newest = rows.annotate(
        accepted=Exists(usable_cards(installation).filter(**here)),
        listed=Exists(DecidingCard.objects.filter(installation=installation, **here)),
    ).select_related("charger")
    found = newest.order_by("-refused_at", "-id")[:MOST_REFUSALS]
    return [Refused(row, row.listed) for row in found if not row.accepted]
