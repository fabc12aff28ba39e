"""Webhooks by page: the secret once, the proof, the states, and whose they are."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Membership, Organisation, User
from accounts.sessions import PROVED_AT
from installations.models import Installation
from installations.webhook_models import Webhook, WebhookDelivery
from installations.webhooks import sender
from tests.db.pages.scene import client_of, webhooks
from tests.receiver import Receiver, listening

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as found:
        yield found


def unproved(user: User) -> Client:
    """Signed in a while ago."""
    client = client_of(user)
    session = client.session
    session[PROVED_AT] = 0
    session.save()
    return client


def test_a_webhook_is_made_its_secret_shown_once_and_a_test_event_followed(
    site: Installation, people: dict[str, User], receiver: Receiver
) -> None:
    client, address = client_of(people["owner"]), reverse("webhook_new", args=[site.pk])
    answer = client.post(address, {"url": receiver.url, "events": ["session.started"], "description": "Fleet"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    secret = text.split('<code id="new-secret">')[1].split("</code>")[0]
    made = Webhook.objects.get()
    page = reverse("webhook", args=[made.pk])
    assert secret not in client.get(page).content.decode()
    assert client.post(reverse("webhook_test", args=[made.pk])).status_code == 302
    part = client.get(page, headers={"HX-Request": "true"})
    assert b"waiting" in part.content
    sender.deliver()
    receiver.heard[0].verified(secret)
    seen = client.get(page, headers={"HX-Request": "true", "If-None-Match": part["ETag"]})
    assert (seen.status_code, b"delivered" in seen.content, b"204" in seen.content) == (200, True, True)
    again = client.get(page, headers={"HX-Request": "true", "If-None-Match": seen["ETag"]})
    assert again.status_code == 304
    one = reverse("webhook_delivery", args=[made.pk, WebhookDelivery.objects.get().pk])
    assert receiver.heard[0].name in client.get(one).content.decode()


def test_what_can_hurt_needs_a_proof(site: Installation, people: dict[str, User]) -> None:
    first = webhooks(site, 1)
    client = unproved(people["service"])
    addresses = dict.fromkeys(("webhook_edit", "webhook_secret", "webhook_delete"), first.pk)
    for name, pk in {**addresses, "webhook_new": site.pk}.items():
        answer = client.post(reverse(name, args=[pk]), {"url": "https://evil.example.com"})
        assert answer.status_code == 302, name
        assert answer["Location"].startswith("/sign-in/prove/"), name
    assert Webhook.objects.get(pk=first.pk).version == first.version


def test_faults_stand_under_their_fields_and_a_stale_form_is_refused(
    site: Installation, people: dict[str, User], settings: Settings
) -> None:
    settings.ALLOW_LOOPBACK_BACKENDS = False
    client, first = client_of(people["service"]), webhooks(site, 1)
    answer = client.post(reverse("webhook_new", args=[site.pk]), {"url": "http://10.0.0.1/", "events": ["drift.found"]})
    assert answer.status_code == 422
    assert 'id="id_url_error"' in answer.content.decode()
    form = {"url": "https://new.example.com/", "events": ["drift.found"], "expected_version": first.version + 1}
    stale = client.post(reverse("webhook_edit", args=[first.pk]), form)
    assert stale.status_code == 422
    assert "Somebody else changed this" in stale.content.decode()


def test_its_page_says_why_it_is_off_that_it_fails_and_that_nobody_sends(
    site: Installation, people: dict[str, User]
) -> None:
    client, first = client_of(people["owner"]), webhooks(site, 1)
    page = reverse("webhook", args=[first.pk])
    Webhook.objects.update(failing_since=timezone.now())
    assert "No event has arrived since" in client.get(page).content.decode()
    assert client.post(reverse("webhook_again", args=[first.pk, WebhookDelivery.objects.get().pk])).status_code == 302
    WebhookDelivery.objects.update(due_at="2026-01-01T00:00Z")
    assert "no process of this portal sends them" in client.get(page).content.decode()
    client.post(reverse("webhook_switch", args=[first.pk]), {"on": "no"})
    assert "it sends nothing" in client.get(page).content.decode()
    Webhook.objects.update(off_cause="gone", off_at=timezone.now())
    text = client.get(page).content.decode()
    assert "The portal switched this webhook off" in text
    assert "Send a test event" not in text
    client.post(reverse("webhook_switch", args=[first.pk]), {"on": "yes"})
    assert Webhook.objects.get().off_cause == ""


def test_an_organisation_s_webhooks_are_its_admins(people: dict[str, User]) -> None:
    firm = Organisation.objects.create(name="Parking Ltd")
    Membership.objects.create(organisation=firm, user=people["owner"], is_admin=True)
    Membership.objects.create(organisation=firm, user=people["viewer"])
    listed, new = (reverse(name, args=[firm.pk]) for name in ("organisation_webhooks", "organisation_webhook_new"))
    admin = client_of(people["owner"])
    assert "No webhook yet" in admin.get(listed).content.decode()
    assert admin.post(new, {"url": "https://hooks.example.com", "events": ["drift.found"]}).status_code == 200
    made = Webhook.objects.get(organisation=firm)
    one = reverse("webhook", args=[made.pk])
    for address in (listed, new, one):
        assert admin.get(address).status_code == 200
        assert client_of(people["viewer"]).get(address).status_code == 403
        assert client_of(people["stranger"]).get(address).status_code == 404
