"""OCPP cloud on the pages: the third card, the preview, the connection to the backend, alarms, the site's choice."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from chargers.models import Charger, UpstreamLink, UpstreamMessage
from installations.models import Installation
from tests.db.pages.scene import client_of, populate

pytestmark = pytest.mark.django_db

URL = "wss://cloud.example.com/{deviceId}"


def bridged(site: Installation, first: int = 1, count: int = 1, **fields: Any) -> list[Charger]:
    populate(site, first, count)
    rows = list(Charger.objects.filter(installation=site).order_by("device_id"))[-count:]
    now = timezone.now()
    values: dict[str, Any] = {"state": "connected", "since": now, "lease_until": now + timedelta(minutes=5)}
    for row in rows:
        UpstreamLink.objects.create(charger=row, url=f"wss://cloud.example.com/{row.device_id}", **{**values, **fields})
        UpstreamMessage.objects.create(
            charger=row, url=f"wss://cloud.example.com/{row.device_id}", action="StopTransaction", payload={},
            digest=row.device_id.encode(), queued_at=now - timedelta(minutes=20),
        )  # fmt: skip
    return rows


@pytest.fixture
def owner(people: dict[str, User], site: Installation) -> Client:
    return client_of(people["owner"])


def post(client: Client, site: Installation, **fields: Any) -> Any:
    values = {
        "mode": "ocpp_cloud", "server_url": URL, "expected_number": "1", "authorization_required": "on",
        "start": "as_ready", "waves": "", **fields,
    }  # fmt: skip
    return client.post(f"/installations/{site.pk}/authentication/", values, headers={"HX-Request": "true"})


def test_the_third_card_says_who_authorises_who_dials_and_what_happens_while_the_backend_is_away(
    owner: Client, site: Installation
) -> None:
    shown = owner.get(f"/installations/{site.pk}/authentication/").content.decode()
    assert 'value="ocpp_cloud"' in shown
    assert "once for each charger" in shown
    assert "Cards the backend accepted before" in shown


def test_the_preview_says_that_this_portal_dials_and_a_save_leads_to_the_rollout(
    owner: Client, site: Installation
) -> None:
    populate(site, 1, 2)
    seen = post(owner, site, step="preview").content.decode().replace("<wbr>", "")
    assert "wss://cloud.example.com/ZCS000001" in seen
    assert "by this portal, signing in as" in seen
    saved = post(owner, site, step="save", acknowledge=["chargers_cannot"])
    assert "/rollouts/" in (saved.headers.get("HX-Redirect") or saved.headers.get("Location") or ""), saved.content
    site.refresh_from_db()
    assert site.revision is not None
    assert (site.revision.mode, site.revision.server_url) == ("ocpp_cloud", URL)


def test_while_typing_a_missing_placeholder_is_told_with_the_url_that_would_pass(
    owner: Client, site: Installation
) -> None:
    said = post(owner, site, step="check", server_url="wss://cloud.example.com/x").content.decode()
    assert "wss://cloud.example.com/x/{deviceId}" in said


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ["backend connected", "1 message"]),
        ({"state": "pending"}, ["has not accepted it yet"]),
        ({"state": "waiting", "fault": "unauthorized", "http_status": 401, "failures": 3},
         ["refuses the login", "3 attempts in a row", "Check the password"]),
        ({"state": "waiting", "fault": "tls_expired", "failures": 1}, ["dialled again", "certificate has expired"]),
        ({"state": "closed", "lease_until": None}, ["while the charger is away"]),
        ({"left_count": 4, "left_at": timezone.now()}, ["4 messages were left behind"]),
    ],
)  # fmt: skip
def test_a_charger_shows_its_backend(owner: Client, site: Installation, fields: Any, words: list[str]) -> None:
    (row,) = bridged(site, **fields)
    shown = owner.get(f"/chargers/{row.device_id}/").content.decode()
    for word in words:
        assert word in shown
    assert row.device_id in shown


def test_the_installation_counts_its_connections_and_names_its_alarms(owner: Client, site: Installation) -> None:
    bridged(site, 1, 3, state="waiting", fault="unauthorized")
    shown = owner.get(f"/installations/{site.pk}/").content.decode()
    assert "The backend refuses the login of 3 chargers." in shown
    assert "3 messages wait for the backend" in shown
    listed = owner.get(f"/installations/{site.pk}/chargers/?state=alarm").content.decode()
    assert listed.count("backend refuses the login") >= 3


@pytest.mark.parametrize("path", ["", "chargers/"])
def test_a_page_costs_the_same_whatever_the_number_of_bridged_chargers(
    owner: Client, site: Installation, path: str
) -> None:
    counts = []
    for first, count in ((1, 2), (3, 20)):
        bridged(site, first, count)
        with CaptureQueriesContext(connection) as queries:
            owner.get(f"/installations/{site.pk}/{path}")
        counts.append(len(queries))
    assert counts[0] == counts[1], [query["sql"][:200] for query in queries.captured_queries]


def test_who_may_charge_while_the_backend_is_away_is_set_with_the_site_data(owner: Client, site: Installation) -> None:
    shown = owner.get(f"/installations/{site.pk}/edit/").content.decode()
    assert "who may charge while the backend is away" in shown
    values = {
        "name": site.name, "time_zone": site.time_zone, "network_type": site.network_type, "drift_policy": "correct",
        "offline_authorization": "accept", "backend_maintenance": "yes",
    }  # fmt: skip
    assert owner.post(f"/installations/{site.pk}/edit/", values).status_code == 302
    site.refresh_from_db()
    assert (site.offline_authorization, site.backend_maintenance) == ("accept", True)


def test_technical_data_is_for_the_service_level_on_the_page_too(people: dict[str, User], site: Installation) -> None:
    values = {
        "name": site.name, "time_zone": site.time_zone, "network_type": "IT", "drift_policy": "correct",
        "offline_authorization": "known", "backend_maintenance": "no",
    }  # fmt: skip
    assert client_of(people["owner"]).post(f"/installations/{site.pk}/edit/", values).status_code == 403
    assert client_of(people["service"]).post(f"/installations/{site.pk}/edit/", values).status_code == 302
