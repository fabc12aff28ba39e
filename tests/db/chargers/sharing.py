"""A site that really shares its fuses: rounds of the engine, and chargers that take what they are told."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from chargers.charging.profile import Purpose
from chargers.models import Charger, ChargerLink, ChargingLimit, ChargingShare, SiteLoad, Transaction
from chargers.services.balancing import balance_due, keep_base_load, site_changed
from gateway.limits.wanted import Slot, Value
from gateway.store.shares import about_to_say, accepted
from installations.models import Circuit, Installation
from installations.services.installations import create_installation
from tests.db.chargers import scene


def settle(site: Installation, rounds: int = 3) -> None:
    """As gateways would leave it after a few seconds; chargers without connection are told nothing."""
    site_changed(site)
    for _ in range(rounds):
        SiteLoad.objects.filter(pk=site.pk).update(due_at=timezone.now())
        balance_due()
        for share in ChargingShare.objects.filter(charger__installation=site).order_by("pk"):
            if share.why not in {"unreachable", "unmanaged"}:
                _tell(share)


def _tell(share: ChargingShare) -> None:
    told = [(Slot(share.connector, Purpose.DEFAULT), Value(share.standby_granted / 10))]
    if share.current_granted is not None:
        told.append((Slot(share.connector, Purpose.TX), Value(share.current_granted / 10, share.transaction_id)))
    for slot, value in told:
        assert about_to_say(share.charger_id, slot, value)
        accepted(share.charger_id, slot, value)


def charging(charger: Charger, minutes: float = 0) -> Transaction:
    row = scene.charging(charger)
    began = timezone.now() - timedelta(minutes=minutes)
    Transaction.objects.filter(pk=row.pk).update(started_at=began, start_received_at=began)
    row.refresh_from_db()
    return row


def leave(charger: Charger) -> None:
    ChargerLink.objects.filter(charger=charger).update(disconnected_at=timezone.now())


def cannot_be_limited(charger: Charger) -> None:
    ChargingLimit.objects.create(charger=charger, takes_profiles=False, firmware=charger.firmware)


def quay(actor: User) -> Installation:
    """One charger for every reason: two share row A and a third waits; behind row B one has all it wants, one went
    away with a car, one takes no profiles, one is ready."""
    site = create_installation(
        actor=actor, name="Quay garage", address="Kaistraße 3, Kiel", time_zone="Europe/Berlin",
        main_fuse_current=Decimal(80), reserved_current=Decimal(20),
    )  # fmt: skip
    row_a = Circuit.objects.create(installation=site, name="Row A", max_current=16)
    row_b = Circuit.objects.create(installation=site, name="Row B", max_current=63)
    for number in range(1, 4):
        charging(_charger(site, f"QUA00000{number}", row_a), minutes=60 - number)
    small = _charger(site, "QUB000001", row_b)
    Charger.objects.filter(pk=small.pk).update(max_current=13)
    gone, stubborn = _charger(site, "QUB000002", row_b), _charger(site, "QUB000003", row_b)
    _charger(site, "QUB000004", row_b)
    Charger.objects.filter(pk__in=(gone.pk, stubborn.pk)).update(max_current=10)
    cannot_be_limited(stubborn)
    charging(small, minutes=20)
    charging(gone, minutes=90)
    settle(site)
    leave(gone)
    keep_base_load(site, (22.5, 14.0, 8.5))
    settle(site)
    ChargingShare.objects.filter(charger=small).update(drawn=12.4)
    return site


def _charger(site: Installation, device_id: str, circuit: Circuit) -> Charger:
    made = scene.charger(site, device_id)
    Charger.objects.filter(pk=made.pk).update(
        circuit=circuit, applied_revision=site.revision, name=f"Bay {device_id[-1]}"
    )
    made.refresh_from_db()
    return made
