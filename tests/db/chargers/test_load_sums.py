"""The sums of a site, added up in SQL, are those of the rule that the allocator goes by."""

import random
from collections import defaultdict
from decimal import Decimal

import pytest
from django.utils import timezone

from chargers.balancing.site import MAIN
from chargers.load_sums import sums_of
from chargers.models import Charger, ChargerLink, ChargingLimit, ChargingShare, SiteLoad, Transaction
from chargers.services.load_facts import look
from installations.models import AuthenticationRevision, Circuit, Installation
from tests.db.chargers import scene

pytestmark = pytest.mark.django_db


def some(chance: random.Random, *values: int) -> int | None:
    return chance.choice([None, *values])


def populate(site: Installation, chance: random.Random) -> None:
    """Chargers in every state that counts otherwise than the others."""
    now = timezone.now()
    row = Circuit.objects.create(installation=site, name="Row", max_current=63)
    direct = AuthenticationRevision.objects.create(
        installation=site, number=9, mode="ocpp_direct", server_url="wss://b.example", digest="9" * 64,
        authorization_required=True,
    )  # fmt: skip
    for number in range(12):
        charger = Charger.objects.create(
            device_id=f"SUM{number:03}", installation=site, circuit=chance.choice([None, row]), firmware="1",
            phase_rotation=chance.choice(["", "RST", "S", "T"]),
            max_current=Decimal(chance.choice(["16", "32", "13.5"])),
            applied_revision=chance.choice([None, None, direct]),
        )  # fmt: skip
        if chance.random() < 0.8:
            connected = chance.choice([None, now, now])
            ChargerLink.objects.create(
                charger=charger, connected_at=connected, connector_count=chance.choice([0, 1, 2])
            )
        if chance.random() < 0.4:
            ChargingLimit.objects.create(
                charger=charger, takes_profiles=chance.choice([None, True, False]), firmware=chance.choice(["1", "0"])
            )
        for connector in (1, 2, 3):
            sessions = [
                Transaction.objects.create(
                    charger=charger, connector=connector, id_tag="CARD", meter_start=meter, start_received_at=now
                )
                for meter in range(chance.choice([0, 0, 1, 2]))
            ]
            if chance.random() < 0.7:
                ChargingShare.objects.create(
                    charger=charger, connector=connector, standby_granted=chance.choice([0, 60]),
                    standby_told=some(chance, 0, 60), standby_saying=some(chance, 60, 70),
                    transaction=chance.choice([None, *sessions]), current_granted=some(chance, 0, 80),
                    current_told=some(chance, 100), current_saying=some(chance, 120), why="idle", granted_at=now,
                )  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_sql_and_rule_agree(seed: int) -> None:
    site = scene.site()
    populate(site, random.Random(seed))
    wanted: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    gathered = look(site, SiteLoad(installation=site), timezone.now(), None)
    for outlet in gathered.outlets:
        place = wanted[outlet.fuse, gathered.chargers[outlet.key[0]].phase_rotation]
        place[0] += outlet.bound
        place[1] += outlet.most
    assert {(one.circuit or MAIN, one.rotation): [one.bound, one.most] for one in sums_of(site.pk)} == dict(wanted)
