"""Events on their way: claimed, sent, tried again, given up; and what a killed sender leaves behind."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import connections
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEntry, User
from accounts.refusals import Conflict
from installations.models import Installation, Secret
from installations.services.installations import create_installation, delete_installation
from installations.webhook_models import Webhook, WebhookDelivery, WebhookEvent
from installations.webhooks import keeping, outbox, ring, sender
from installations.webhooks.dial import Answer
from installations.webhooks.faults import Fault
from installations.webhooks.kinds import EventKind
from installations.webhooks.managing import create_webhook, rotate_secret, send_again, send_test, update_webhook
from installations.webhooks.outbox import Happened, claim_due, is_late, tell
from installations.webhooks.retry import FAILING, MOST_ATTEMPTS
from installations.webhooks.ring import ring_if_needed
from tests.receiver import Receiver, listening

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return User.objects.create_user("owner@example.org")


@pytest.fixture
def site(person: User) -> Installation:
    return create_installation(actor=person, name="Garage")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as found:
        yield found


@pytest.fixture
def hook(site: Installation, person: User, receiver: Receiver) -> tuple[Webhook, str]:
    return make(site, person, receiver)


def make(site: Installation, person: User, receiver: Receiver, **values: Any) -> tuple[Webhook, str]:
    return create_webhook(owner=site, actor=person, url=receiver.url, kinds=["rollout.finished"], **values)


def happen(site: Installation, count: int = 1, **facts: Any) -> None:
    now = timezone.now()
    told = {"installation": site.pk, "rollout": 1, **facts}
    tell([Happened(site.pk, EventKind.ROLLOUT_FINISHED, now, told) for _number in range(count)])


def elapse(seconds: float) -> None:
    by = timedelta(seconds=seconds)
    WebhookDelivery.objects.update(due_at=F("due_at") - by, lease_until=F("lease_until") - by)


def test_an_event_arrives_once_and_signed(site: Installation, hook: tuple[Webhook, str], receiver: Receiver) -> None:
    happen(site, rollout=7)
    assert sender.deliver() is False
    (heard,) = receiver.heard
    event = heard.verified(hook[1])
    assert event["type"] == "rollout.finished"
    assert event["data"]["rollout"] == 7
    assert event["data"]["links"]["page"].endswith("/rollouts/7/")
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status_code, delivery.due_at) == ("delivered", 204, None)
    assert [row["status"] for row in delivery.log] == [204]
    sender.deliver()
    assert len(receiver.heard) == 1


def test_nothing_is_kept_where_nobody_wants_it(site: Installation, person: User, receiver: Receiver) -> None:
    happen(site)
    make(create_installation(actor=person, name="Elsewhere"), person, receiver)
    make(site, person, receiver, enabled=False)
    happen(site)
    now = timezone.now()
    make(site, person, receiver)
    tell([Happened(site.pk, EventKind.DRIFT_FOUND, now, {})])
    assert not WebhookEvent.objects.exists()


def test_what_fails_is_tried_again_with_the_same_id_until_the_table_ends(
    site: Installation, hook: tuple[Webhook, str], receiver: Receiver
) -> None:
    receiver.statuses = [500]
    happen(site)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        sender.deliver()
        assert len(receiver.heard) == attempt
        sender.deliver()
        assert len(receiver.heard) == attempt, "not before its time"
        elapse(50_000)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.fault, delivery.status_code) == ("failed", Fault.STATUS, 500)
    assert len({heard.name for heard in receiver.heard}) == 1
    assert len({heard.body for heard in receiver.heard}) == 1
    assert len(delivery.log) == MOST_ATTEMPTS
    assert Webhook.objects.get().failing_since is not None
    receiver.statuses = [200]
    send_again(delivery=delivery, actor=User.objects.get())
    sender.deliver()
    assert receiver.heard[-1].name == receiver.heard[0].name
    assert Webhook.objects.get().failing_since is None
    assert WebhookDelivery.objects.get().state == "delivered"


def test_a_sender_killed_between_sending_and_recording_says_it_again_and_is_fenced_off(
    site: Installation, hook: tuple[Webhook, str], receiver: Receiver
) -> None:
    happen(site)
    (claimed,) = claim_due(8)
    answer = sender.prepare(claimed)()
    assert len(receiver.heard) == 1
    # Killed here: nothing was recorded, and nobody else takes it up while the lease lasts.
    sender.deliver()
    assert len(receiver.heard) == 1
    elapse(outbox.LEASE_SECONDS)
    sender.deliver()
    assert [heard.name for heard in receiver.heard] == [receiver.heard[0].name] * 2
    # It was not killed after all, only stopped: what it records now is dropped.
    assert sender.settle(claimed, Answer(None, Fault.NO_ANSWER, 1)) is False
    assert answer.fault is None
    assert WebhookDelivery.objects.get().state == "delivered"


def test_gone_switches_the_webhook_off_and_says_so(
    site: Installation, hook: tuple[Webhook, str], receiver: Receiver
) -> None:
    receiver.statuses = [410]
    happen(site, 3)
    sender.deliver()
    webhook = Webhook.objects.get()
    assert (webhook.enabled, webhook.off_cause) == (False, "gone")
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"failed"}
    entry = AuditEntry.objects.get(action="webhook_switched_off")
    assert (entry.actor_label, entry.after, entry.installation_id) == ("portal", {"cause": "gone"}, site.pk)
    happen(site)
    assert WebhookEvent.objects.count() == 3, "nobody listens any more"
    with pytest.raises(Conflict, match="switched_off"):
        send_test(webhook=webhook, actor=User.objects.get())


def test_days_of_nothing_but_failures_switch_it_off(
    site: Installation, person: User, hook: tuple[Webhook, str], receiver: Receiver
) -> None:
    receiver.statuses = [500]
    happen(site)
    Webhook.objects.update(failing_since=timezone.now() - FAILING + timedelta(minutes=1))
    sender.deliver()
    assert Webhook.objects.get().enabled
    Webhook.objects.update(failing_since=timezone.now() - FAILING)
    elapse(600)
    sender.deliver()
    webhook = Webhook.objects.get()
    assert (webhook.enabled, webhook.off_cause) == (False, "failing")
    assert WebhookDelivery.objects.get().fault == Fault.SWITCHED_OFF
    on = update_webhook(webhook=webhook, actor=person, changes={"enabled": True})
    assert (on.off_cause, on.off_at, on.failing_since) == ("", None, None)


def test_a_slow_endpoint_has_few_under_way_and_one_that_fails_has_one(
    site: Installation, person: User, hook: tuple[Webhook, str], receiver: Receiver
) -> None:
    other, _secret = make(site, person, receiver)
    happen(site, 5)
    claimed = claim_due(100)
    assert sorted(one.webhook_id for one in claimed) == [hook[0].pk] * 3 + [other.pk] * 3
    assert claim_due(100) == []
    elapse(outbox.LEASE_SECONDS)
    Webhook.objects.filter(pk=other.pk).update(failing_since=timezone.now())
    assert sorted(one.webhook_id for one in claim_due(100)) == [hook[0].pk] * 3 + [other.pk]


@pytest.mark.django_db(transaction=True)
def test_senders_that_claim_at_the_same_moment_never_share_an_event(
    site: Installation, hook: tuple[Webhook, str]
) -> None:
    happen(site, 12)

    def claim(_turn: int) -> list[int]:
        try:
            return [one.delivery_id for one in claim_due(8)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        claimed = [pk for pks in threads.map(claim, range(12)) for pk in pks]
    assert len(claimed) == len(set(claimed))
    assert outbox.MOST_AT_ONCE <= len(claimed) <= 2 * outbox.MOST_AT_ONCE


def test_both_secrets_sign_for_a_day_and_then_the_old_one_is_gone(
    site: Installation, person: User, hook: tuple[Webhook, str], receiver: Receiver
) -> None:
    webhook, first = hook
    second = rotate_secret(webhook=webhook, actor=person)
    happen(site)
    sender.deliver()
    assert receiver.heard[0].verified(first) == receiver.heard[0].verified(second)
    third = rotate_secret(webhook=webhook, actor=person)
    happen(site)
    sender.deliver()
    receiver.heard[1].verified(second)
    receiver.heard[1].verified(third)
    with pytest.raises(Exception, match="No matching signature"):
        receiver.heard[1].verified(first)
    Webhook.objects.update(old_secret_until=timezone.now())
    happen(site)
    sender.deliver()
    assert receiver.heard[2].headers["webhook-signature"].count("v1,") == 1
    keeping.tidy()
    assert Secret.objects.count() == 1


def test_an_address_that_is_not_allowed_any_more_is_not_dialled(
    site: Installation, hook: tuple[Webhook, str], receiver: Receiver, settings: Settings
) -> None:
    happen(site)
    settings.ALLOW_LOOPBACK_BACKENDS = False
    sender.deliver()
    assert receiver.heard == []
    assert WebhookDelivery.objects.get().fault == Fault.URL


def test_a_test_event_goes_to_its_webhook_alone(
    site: Installation, person: User, hook: tuple[Webhook, str], receiver: Receiver
) -> None:
    make(site, person, receiver)
    send_test(webhook=hook[0], actor=person)
    sender.deliver()
    (heard,) = receiver.heard
    assert heard.verified(hook[1])["type"] == "webhook.test"


def test_old_events_and_those_of_nobody_are_removed(
    site: Installation, person: User, hook: tuple[Webhook, str], settings: Settings
) -> None:
    happen(site, 2)
    WebhookEvent.objects.filter(pk=WebhookEvent.objects.first().pk).update(  # type: ignore[union-attr]  # two
        created_at=timezone.now() - timedelta(days=settings.WEBHOOK_DAYS, seconds=1)
    )
    WebhookDelivery.objects.filter(event=WebhookEvent.objects.last()).update(webhook_id=999_999)
    assert keeping.tidy() == 1
    assert WebhookEvent.objects.count() == 1
    assert not WebhookDelivery.objects.exists()


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_options: names.append(name))
    return names


def test_the_sender_is_rung_for_when_something_is_due_and_never_where_nobody_listens(
    site: Installation, hook: tuple[Webhook, str], rung: list[str]
) -> None:
    ring_if_needed(watched=False)
    assert rung == []
    happen(site)
    ring_if_needed(watched=True)
    assert rung == ["webhooks.deliver", "webhooks.watch"]
    rung.clear()
    elapse(ring.UNHEARD_SECONDS + 1)
    for _time in range(120):
        ring_if_needed(watched=False)
    assert 0 < len(rung) < 60, "what nobody takes up does not fill the broker"
    rung.clear()
    WebhookDelivery.objects.all().delete()
    Webhook.objects.update(enabled=False)
    ring_if_needed(watched=True)
    assert rung == []


def test_a_sender_that_does_not_run_is_noticed(site: Installation, hook: tuple[Webhook, str]) -> None:
    happen(site)
    assert not is_late(hook[0])
    elapse(61)
    assert is_late(hook[0])


def test_an_installation_takes_its_webhooks_and_their_secrets_along(
    site: Installation, person: User, hook: tuple[Webhook, str]
) -> None:
    delete_installation(installation=site, actor=person)
    assert not Webhook.objects.exists()
    assert not Secret.objects.exists()
