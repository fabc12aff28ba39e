"""Who may be started without a card: by what the site agreed, what reached the charger, and its make."""

from typing import Any

import pytest
from django.utils import timezone

from chargers.models import Charger, Connector, Transaction
from gateway.store.autostart_jobs import not_started, start_freely
from gateway.store.jobs import NotStarted, StartFreely
from installations.id_tag import is_id_tag, marker_tag
from installations.models import AuthenticationRevision, Installation
from tests.loop.gateway_world import make_charger

pytestmark = pytest.mark.django_db


def waiting(status: str = "Preparing") -> Charger:
    charger = make_charger()
    Connector.objects.create(charger=charger, number=1, status=status, status_at=timezone.now())
    return charger


def ask(charger: Charger) -> str:
    return start_freely([StartFreely(charger.pk, 1, timezone.now())])[0]


def test_once_for_each_time_a_car_is_plugged_in() -> None:
    charger = waiting()
    tag = ask(charger)
    assert tag == marker_tag(charger.installation_id)
    assert is_id_tag(tag)
    assert ask(charger) == ""
    not_started([NotStarted(charger.pk, 1)])
    assert ask(charger) == tag


@pytest.mark.parametrize("status", ["Available", "Charging", "Finishing", "Faulted"])
def test_only_a_car_that_waits(status: str) -> None:
    assert ask(waiting(status)) == ""


def test_not_where_a_session_runs() -> None:
    charger = waiting()
    Transaction.objects.create(charger=charger, connector=1, id_tag="X", start_received_at=timezone.now())
    assert ask(charger) == ""


@pytest.mark.parametrize(
    ("agreed", "applied", "started"),
    [
        ({"mode": "native"}, {"mode": "native"}, True),
        ({"mode": "native"}, {"mode": "ocpp_cloud"}, False),
        ({"mode": "native"}, {"mode": "ocpp_direct"}, False),
        ({"mode": "ocpp_cloud"}, {"mode": "native"}, False),
        ({"mode": "ocpp_direct"}, {"mode": "ocpp_direct"}, False),
        ({"mode": "native", "authorization_required": True}, {"mode": "native"}, False),
    ],
)
def test_only_in_native_mode_without_cards(agreed: dict[str, Any], applied: dict[str, Any], started: bool) -> None:
    charger = waiting()
    site = charger.installation
    revisions = [
        AuthenticationRevision.objects.create(
            installation=site, number=number, digest="0" * 64, **{"authorization_required": False, **fields}
        )
        for number, fields in ((2, applied), (3, agreed))
    ]
    Charger.objects.update(applied_revision=revisions[0])
    Installation.objects.update(revision=revisions[1])
    assert bool(ask(charger)) == started


@pytest.mark.parametrize(("vendor", "started"), [("Zaptec", False), ("Nobody Knows", True)])
def test_only_makes_that_cannot_let_everybody_charge_by_themselves(vendor: str, started: bool) -> None:
    charger = waiting()
    Charger.objects.update(vendor=vendor, model="Go")
    assert bool(ask(charger)) == started
