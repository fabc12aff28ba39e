"""PostgreSQL is away: a page that keeps what was typed, a problem that says when to ask again."""

from collections.abc import Iterator
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client


@pytest.fixture
def away(db: None) -> Iterator[Client]:
    """Every query fails, as it does while PostgreSQL restarts."""
    broken = mock.patch(
        "django.db.backends.base.base.BaseDatabaseWrapper.ensure_connection", side_effect=OperationalError("gone")
    )
    with broken, mock.patch("django.db.backends.utils.CursorWrapper.execute", side_effect=OperationalError("gone")):
        yield Client(raise_request_exception=False)


def test_a_page_says_what_was_not_lost_and_when_to_try_again(away: Client) -> None:
    away.cookies["sessionid"] = "whatever"
    answer = away.get("/installations/7/?tab=1")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert b'href="/installations/7/?tab=1"' in answer.content
    assert b"What was saved before is safe" in answer.content


def test_a_form_can_be_sent_again_as_it_was_typed(away: Client) -> None:
    away.cookies["sessionid"] = "whatever"
    typed = {"mode": "ocpp_direct", "acknowledge": ["a", "b"], "server_url": 'wss://x.example/"<', "step": "save"}
    answer = away.post("/installations/7/authentication/", {**typed, "initial_device_password": "Sesame0Sesame0Sesame"})
    assert answer.status_code == 503
    page = answer.content.decode()
    assert 'name="server_url" value="wss://x.example/&quot;&lt;"' in page
    assert page.count('name="acknowledge"') == 2
    assert "Sesame" not in page
    assert 'type="password" id="again-initial_device_password"' in page


def test_the_api_says_so_in_its_own_words(away: Client) -> None:
    answer = away.get("/api/v1/installations/", headers={"Authorization": "Bearer cp_0123456789abcdef"})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer.json()["code"] == "database_away"
