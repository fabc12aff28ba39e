"""What a backend allows a charger, on the charger's page and in the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from chargers.backend_limits import BackendLimit, limits_of, with_limits
from chargers.charging.profile import Purpose
from chargers.models import BackendProfile, Charger, ChargerLink, Transaction
from installations.models import AuthenticationRevision, Installation
from tests.db.pages.scene import client_of, populate

pytestmark = pytest.mark.django_db

PAGE = "/chargers/ZCS000001/"


def in_cloud(site: Installation, connectors: int = 1) -> Charger:
    populate(site, 1, 1)
    revision = AuthenticationRevision.objects.create(
        installation=site, number=50, mode="ocpp_cloud", server_url="wss://b.example.com/{deviceId}",
        authorization_required=True, digest="5" * 64,
    )  # fmt: skip
    charger = Charger.objects.get(device_id="ZCS000001")
    ChargerLink.objects.create(charger=charger, connector_count=connectors)
    Charger.objects.update(applied_revision=revision)
    return charger


def limited(
    charger: Charger, amps: float, *, ends: datetime | None = None, connector: int = 1,
    session: Transaction | None = None, number: int = 1,
) -> BackendProfile:  # fmt: skip
    begun = timezone.now() - timedelta(hours=1)
    schedule: dict[str, Any] = {
        "chargingRateUnit": "A", "startSchedule": begun.isoformat(),
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amps}],
    }  # fmt: skip
    profile = {
        "chargingProfileId": number, "stackLevel": 0, "chargingProfileKind": "Absolute",
        "chargingProfilePurpose": str(Purpose.TX if session else Purpose.DEFAULT), "chargingSchedule": schedule,
        **({"validTo": ends.isoformat()} if ends else {}),
    }  # fmt: skip
    return BackendProfile.objects.create(
        charger=charger, url="wss://b.example.com/ZCS000001", connector=connector, number=number, profile=profile,
        transaction=session, set_at=begun,
    )  # fmt: skip


def shown(charger: Charger) -> list[BackendLimit]:
    row = with_limits(Charger.objects.select_related("applied_revision", "installation", "link")).get(pk=charger.pk)
    return limits_of(row, timezone.now())


def test_the_page_says_how_far_and_until_when(site: Installation, people: dict[str, User]) -> None:
    charger = in_cloud(site)
    client = client_of(people["viewer"])
    assert "by the backend" not in client.get(PAGE).content.decode()
    ends = datetime(2099, 1, 1, 12, tzinfo=UTC)
    limited(charger, 10.5, ends=ends)
    page = client.get(PAGE).content.decode()
    assert "limited to 10.5 A by the backend until" in page
    assert ends.isoformat() in page
    BackendProfile.objects.all().delete()
    limited(charger, 3)
    assert "paused by the backend" in client.get(PAGE).content.decode()


def test_the_page_is_new_when_the_limit_is(site: Installation, people: dict[str, User]) -> None:
    charger = in_cloud(site)
    client = client_of(people["viewer"])
    tag = client.get(PAGE).headers["ETag"]
    assert client.get(PAGE, headers={"If-None-Match": tag}).status_code == 304
    limited(charger, 10)
    assert client.get(PAGE, headers={"If-None-Match": tag}).status_code == 200


def test_each_connector_and_session_has_its_own(site: Installation, people: dict[str, User]) -> None:
    charger = in_cloud(site, connectors=2)
    session = Transaction.objects.create(charger=charger, connector=2, start_received_at=timezone.now())
    limited(charger, 16, connector=0)
    limited(charger, 8, connector=2, session=session, number=2)
    assert [(one.connector, one.amperes) for one in shown(charger)] == [(1, 16.0), (2, 8.0)]
    assert "Limit at connector 2" in client_of(people["viewer"]).get(PAGE).content.decode()
    Transaction.objects.update(stop_received_at=timezone.now())
    assert [one.amperes for one in shown(charger)] == [16.0, 16.0]


def test_outside_of_ocpp_cloud_and_after_it_was_closed_nothing_is_shown(site: Installation) -> None:
    charger = in_cloud(site)
    row = limited(charger, 10)
    assert shown(charger) == [BackendLimit(1, 10.0, None)]
    BackendProfile.objects.filter(pk=row.pk).update(closed_at=timezone.now())
    assert shown(charger) == []
    limited(charger, 10)
    Charger.objects.update(applied_revision=site.revision)
    assert shown(charger) == []


def test_it_costs_the_same_however_many_profiles_there_are(site: Installation) -> None:
    charger = in_cloud(site)
    counts = []
    for number in (1, 2, 3):
        limited(charger, 10 + number, number=number)
        with CaptureQueriesContext(connection) as queries:
            shown(charger)
        counts.append(len(queries))
    assert counts == [3, 3, 3]
