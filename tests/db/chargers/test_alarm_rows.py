"""The conditions on rows say what the rules say of the same charger, in lists, counts and filters."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chargers.alarm_rows import alarms_at, alarms_of_charger
from chargers.alarms import QUEUE_AGE, AlarmCode
from chargers.models import (
    Charger,
    ChargerLink,
    Connector,
    RefusedLogin,
    SecurityEvent,
    UpstreamLink,
    UpstreamMessage,
)
from chargers.selectors import charger_counts, installations_with, list_chargers
from installations.models import Installation
from tests.db.chargers import scene

pytestmark = pytest.mark.django_db


def queued(charger: Charger, *, seconds: float, ended: bool = False) -> None:
    at = timezone.now() - QUEUE_AGE - timedelta(seconds=seconds)
    UpstreamMessage.objects.create(
        charger=charger, url="ws://b", action="StopTransaction", payload={}, queued_at=at,
        digest=f"{charger.pk}{seconds}{ended}".encode(), ended_at=timezone.now() if ended else None,
    )  # fmt: skip


@pytest.fixture
def site() -> Installation:
    """One charger per case, and one that has everything at once."""
    place = scene.site()
    cases = [
        "FINE",
        "TWIN",
        "LOCKED",
        "FORBIDDEN",
        "AWAY",
        "OLD",
        "FRESH",
        "DELIVERED",
        "GUESSED",
        "TAMPERED",
        "BROKEN",
        "LATE",
        "ALL",
    ]
    rows = {name: scene.charger(place, name) for name in cases}
    for name, fault, state in (
        ("FINE", "", "connected"), ("LOCKED", "unauthorized", "waiting"), ("FORBIDDEN", "forbidden", "waiting"),
        ("AWAY", "connection_refused", "waiting"), ("ALL", "unauthorized", "waiting"),
    ):  # fmt: skip
        UpstreamLink.objects.create(charger=rows[name], url="ws://b", state=state, fault=fault, since=timezone.now())
    ChargerLink.objects.filter(charger__in=[rows["TWIN"], rows["ALL"]]).update(
        alarm="duplicate_identity", alarm_at=timezone.now()
    )
    for name in ("OLD", "ALL"):
        UpstreamLink.objects.get_or_create(charger=rows[name], defaults={"url": "ws://b", "state": "connected"})
        queued(rows[name], seconds=60)
    now = timezone.now()
    for name in ("GUESSED", "ALL"):
        RefusedLogin.objects.create(charger=rows[name], count=9, first_at=now, last_at=now)
    RefusedLogin.objects.create(charger=rows["FINE"], count=2, first_at=now, last_at=now)
    for name in ("TAMPERED", "ALL"):
        SecurityEvent.objects.create(charger=rows[name], kind="TamperDetectionActivated", at=now)
    SecurityEvent.objects.create(charger=rows["FINE"], kind="StartupOfTheDevice", at=now)
    SecurityEvent.objects.create(charger=rows["AWAY"], kind="InvalidTLSVersion", at=now - timedelta(days=2))
    for name in ("BROKEN", "ALL"):
        Connector.objects.filter(charger=rows[name]).update(status="Faulted", error_code="GroundFailure")
    ChargerLink.objects.filter(charger__in=[rows["LATE"], rows["ALL"]]).update(clock_offset_seconds=-4000.0)
    ChargerLink.objects.filter(charger=rows["FINE"]).update(clock_offset_seconds=20.0)
    queued(rows["FRESH"], seconds=-60)
    queued(rows["DELIVERED"], seconds=60, ended=True)
    return place


def test_rows_and_rules_agree_on_every_charger(site: Installation) -> None:
    by_rule = {row.device_id: {alarm.code for alarm in alarms_of_charger(row)} for row in list_chargers(scene.person())}
    for code in AlarmCode:
        found = alarms_at([site.pk])[site.pk][code]
        rows = set(Charger.objects.filter(pk__in=found).values_list("device_id", flat=True))
        assert rows == {device_id for device_id, codes in by_rule.items() if code in codes}
    assert by_rule["ALL"] == set(AlarmCode)
    assert by_rule["FINE"] == by_rule["AWAY"] == by_rule["FRESH"] == by_rule["DELIVERED"] == set()


def test_counts_and_filters_know_alarms(site: Installation) -> None:
    counts = charger_counts([site.pk])[site.pk]
    assert counts.alarm == 9
    assert counts.alarms == {**dict.fromkeys(AlarmCode, 2), AlarmCode.BACKEND_REFUSES: 3}
    alarmed = {row.device_id for row in list_chargers(scene.person(), alarm=True)}
    assert alarmed == {
        "TWIN", "LOCKED", "FORBIDDEN", "OLD", "GUESSED", "TAMPERED", "BROKEN", "LATE", "ALL",
    }  # fmt: skip
    assert list_chargers(scene.person(), alarm=False).count() == 4
    assert list_chargers(scene.person(), link_state="alarm").count() == 9
    assert list(installations_with(Installation.objects.all(), "alarm")) == [site]
