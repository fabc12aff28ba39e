"""Health and metrics, outside the API's version."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.db.api.conftest import World


def test_live_asks_nothing_of_the_database() -> None:
    assert Client().get("/health/live").json() == {"status": "ok"}
    assert Client().post("/health/live").status_code == 405


@pytest.mark.django_db
def test_ready_means_database_and_migrations() -> None:
    answer = Client().get("/health/ready")
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"status": "ok", "database": "reachable", "pending_migrations": 0}


def test_metrics_count_what_is_there(world: World) -> None:
    text = Client().get("/metrics").content.decode()
    assert "portal_webhook_events_waiting 2.0" in text
    assert "portal_webhook_overdue_seconds" in text
    assert "portal_installations 2.0" in text
    assert "portal_chargers 2.0" in text
    assert 'portal_deliveries_open{reason="",state="waiting"} 2.0' in text


@pytest.mark.django_db
def test_metrics_can_be_kept_to_those_who_know_the_token(settings: Settings) -> None:
    settings.METRICS_TOKEN = "abc"
    assert Client().get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"Authorization": "Bearer abd"}).status_code == 404
    assert Client().get("/metrics", headers={"Authorization": "Bearer abc"}).status_code == 200
    settings.METRICS_TOKEN, settings.PRODUCTION = "", True
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
