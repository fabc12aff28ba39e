"""Test connection in the browser's words: a click, steps with ticks and crosses, an end."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from chargers.links.fake import FakeLink
from chargers.links.registry import put_in_place, take_away
from chargers.models import GatewayNode, GatewayRequest
from gateway.store.jobs import EndRequest
from gateway.store.request_jobs import claim, end
from installations.models import Installation
from tests.db.pages.scene import client_of, populate

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
TYPED = "Typed0Password012345"


@pytest.fixture(autouse=True)
def link(site: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLink]:
    monkeypatch.setattr(transaction, "on_commit", lambda work: work())
    populate(site, 1, 2)
    now = timezone.now()
    GatewayNode.objects.create(name="node-1", started_at=now, seen_at=now)
    fake = FakeLink({})
    put_in_place(fake)
    yield fake
    take_away(fake)


def fields(**more: str) -> dict[str, str]:
    draft = {"mode": "ocpp_direct", "server_url": "wss://ocpp.example.com/{deviceId}", "expected_number": "1"}
    return {**draft, "initial_device_password": TYPED, "authorization_required": "on", "start": "as_ready", **more}


def press(client: Client, site: Installation, headers: Any = HTMX, **more: str) -> Any:
    return client.post(reverse("backend_test_start", args=[site.pk]), fields(**more), headers=headers)


def finish(request: GatewayRequest, error: str = "") -> None:
    assert claim(request.pk, "node-1") is not None
    states = ["done"] * 4 + ["needless"] + ["failed" if error else "done", "not_reached" if error else "done"]
    names = ("url", "name", "address", "connection", "tls", "status", "subprotocol")
    steps = [
        {"step": name, "state": state, "milliseconds": 7 if state == "done" else None}
        for name, state in zip(names, states, strict=True)
    ]
    told = {"steps": steps, "milliseconds": 9, "http_status": 401 if error else 101, "address": "93.184.216.34"}
    end([EndRequest(request.pk, error, told)])


def test_a_click_is_followed_to_ticks_and_a_sentence(site: Installation, people: dict[str, User]) -> None:
    client = client_of(people["owner"])
    page = client.get(reverse("installation_authentication", args=[site.pk])).content.decode()
    assert "from the portal's network" in page
    started = press(client, site, test_device_id="zcs000002")
    assert started.status_code == 202
    request = GatewayRequest.objects.get()
    assert started["Location"] == reverse("backend_test", args=[site.pk, request.pk])
    assert "every 1s" in started.content.decode()
    assert TYPED not in started.content.decode()
    finish(request)
    shown = client.get(started["Location"], headers=HTMX).content.decode()
    assert "every 1s" not in shown
    assert "The backend accepts ZCS000002: connected in 9 ms." in shown
    assert shown.count('data-state="done"') == 6
    whole = client.get(started["Location"])
    assert b"<html" in whole.content
    assert b'data-step="subprotocol"' in whole.content


def test_a_cross_says_what_to_do(site: Installation, people: dict[str, User]) -> None:
    client = client_of(people["service"])
    started = press(client, site)
    finish(GatewayRequest.objects.get(), "unauthorized")
    shown = client.get(started["Location"], headers=HTMX).content.decode()
    assert "Check the password" in shown
    assert "HTTP 401" in shown
    assert 'data-step="status" data-state="failed"' in shown


def test_without_script_the_click_leads_to_the_page_of_the_test(site: Installation, people: dict[str, User]) -> None:
    answer = press(client_of(people["owner"]), site, headers={})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("backend_test", args=[site.pk, GatewayRequest.objects.get().pk])


def test_nobody_there_ends_it(site: Installation, people: dict[str, User], link: FakeLink) -> None:
    client = client_of(people["owner"])
    started = press(client, site)
    GatewayRequest.objects.update(deadline_at=timezone.now() - timedelta(minutes=1))
    assert "No gateway took this in time" in client.get(started["Location"], headers=HTMX).content.decode()
    link.available = False
    assert "message bus does not answer" in press(client, site).content.decode()


def test_what_cannot_be_tested_is_said_in_place(site: Installation, people: dict[str, User]) -> None:
    client = client_of(people["owner"])
    for more, words in (
        ({"server_url": "https://ocpp.example.com"}, "wss"),
        ({"test_device_id": "NOTHERE"}, "no charger with this serial number"),
        ({"mode": "native"}, "no backend to test"),
        ({"mode": "x"}, "x"),
    ):
        answer = press(client, site, **more)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    for _count in range(11):
        answer = press(client, site)
    assert (answer.status_code, GatewayRequest.objects.count()) == (422, 10)
    assert "wait a minute" in answer.content.decode()
