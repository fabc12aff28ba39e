"""What happens out there is kept for webhooks by the statement that writes it, whoever writes it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organisation
from chargers.models import ChargerLink, Connector, Rollout, Transaction
from chargers.rollout.advance import pause
from chargers.rollout.states import PauseCause
from chargers.services.steering import cancel, resume
from chargers.services.telling import tell_changes
from installations.models import Grant
from installations.webhook_models import WebhookDelivery, WebhookEvent
from installations.webhooks.access import Owner
from installations.webhooks.kinds import EventKind
from installations.webhooks.managing import create_webhook
from tests.db.chargers import scene
from tests.db.chargers.sessions import TEN, orphan, session
from tests.db.chargers.test_drift import comes_back, in_direct
from tests.db.chargers.world import World

pytestmark = pytest.mark.django_db

URL = "https://hooks.example.com/portal"


def watch(owner: Owner, *kinds: EventKind) -> None:
    create_webhook(owner=owner, actor=scene.person(), url=URL, kinds=kinds or tuple(EventKind))


def told() -> list[tuple[str, dict[str, Any]]]:
    """Taken out of the outbox, each with its one delivery."""
    rows = list(WebhookEvent.objects.order_by("id"))
    assert WebhookDelivery.objects.count() == len(rows)
    WebhookDelivery.objects.all().delete()
    WebhookEvent.objects.all().delete()
    return [(row.kind, row.facts) for row in rows]


def test_a_rollout_tells_of_each_delivery_and_of_its_end(world: World) -> None:
    world.charger("ZCS1")
    world.charger("ZCS2")
    world.settle()
    watch(world.site, EventKind.DELIVERY_ENDED, EventKind.ROLLOUT_FINISHED, EventKind.ROLLOUT_PAUSED)
    revision = world.publish(scene.direct())
    rollout = Rollout.objects.get(revision=revision)
    pause([rollout.pk], PauseCause.REVOKED)
    ((kind, facts),) = told()
    assert (kind, facts["rollout"], facts["cause"]) == ("rollout.paused", rollout.pk, "revoked")
    rollout.refresh_from_db()
    resume(rollout=rollout, actor=scene.person())
    world.run()
    events = sorted(told(), key=lambda event: event[0])
    assert [kind for kind, _facts in events] == ["delivery.ended", "delivery.ended", "rollout.finished"]
    assert {facts["device_id"] for _kind, facts in events[:2]} == {"ZCS1", "ZCS2"}
    assert {facts["state"] for _kind, facts in events[:2]} == {"applied"}
    assert events[2][1]["deliveries"] == {"applied": 2}
    assert events[2][1]["revision"] == revision.number


def test_a_charger_that_lost_its_setting_is_told_as_drift(world: World) -> None:
    in_direct(world)
    watch(world.site, EventKind.DRIFT_FOUND)
    comes_back(world, CentralSystemURL="wss://elsewhere.example.com/ZCS1")
    ((kind, facts),) = told()
    assert (kind, facts["device_id"], facts["corrected"]) == ("drift.found", "ZCS1", True)
    assert "elsewhere" not in str(facts)


def test_a_cancelled_rollout_says_so(world: World) -> None:
    world.charger("ZCS1", online=False)
    watch(world.site, EventKind.ROLLOUT_CANCELLED)
    revision = world.publish(scene.direct())
    cancel(rollout=Rollout.objects.get(revision=revision), actor=scene.person())
    assert [kind for kind, _facts in told()] == ["rollout.cancelled"]


def test_sessions_are_told_as_they_start_and_stop_without_the_card() -> None:
    site = scene.site()
    charger = scene.charger(site, "ZCS1")
    watch(site, EventKind.SESSION_STARTED, EventKind.SESSION_STOPPED)
    row = session(charger, TEN, hours=None, id_tag="04A2B3")
    ((kind, facts),) = told()
    assert (kind, facts["session"], facts["device_id"], facts["connector"]) == ("session.started", row.pk, "ZCS1", 1)
    assert "04A2B3" not in str(facts)
    stopped = Transaction.objects.filter(pk=row.pk)
    stopped.update(stop_received_at=TEN + timedelta(hours=1), flags=["stop_lost"])
    ((kind, facts),) = told()
    assert (kind, facts["stop_known"], facts["energy_wh"]) == ("session.stopped", False, None)
    stopped.update(meter_stop=(row.meter_start or 0) + 7000, stopped_at=TEN + timedelta(hours=1), flags=[])
    ((kind, facts),) = told()
    assert (kind, facts["stop_known"], facts["energy_wh"]) == ("session.stopped", True, 7000)
    stopped.update(flags=["stop_contradicted"])
    assert told() == []
    orphan(charger, TEN)
    assert [kind for kind, _facts in told()] == ["session.stopped"]


def test_an_organisation_hears_of_every_installation_it_owns_and_of_no_other() -> None:
    firm = Organisation.objects.create(name="Parking Ltd")
    mine, served, foreign = scene.site(), scene.site(), scene.site()
    Grant.objects.create(installation=mine, organisation=firm, role="owner")
    Grant.objects.create(installation=served, organisation=firm, role="service")
    watch(firm, EventKind.SESSION_STARTED)
    watch(mine, EventKind.SESSION_STOPPED)
    for number, place in enumerate((mine, served, foreign)):
        session(scene.charger(place, f"ZCS{number}"), TEN, hours=None)
    assert [facts["installation"] for _kind, facts in told()] == [mine.pk]


def test_chargers_that_come_and_go_and_alarms_are_told_once() -> None:
    site = scene.site()
    charger = scene.charger(site, "ZCS1")
    assert tell_changes() == 0
    watch(site, EventKind.CHARGER_ONLINE, EventKind.CHARGER_OFFLINE, EventKind.ALARM_RAISED, EventKind.ALARM_CLEARED)
    assert tell_changes() == 0, "what stands when somebody begins to listen is no event"
    link, now = ChargerLink.objects.filter(charger=charger), timezone.now()
    link.update(disconnected_at=now - timedelta(seconds=20))
    assert tell_changes() == 0, "it may be back at once"
    link.update(disconnected_at=now - timedelta(seconds=70))
    Connector.objects.filter(charger=charger).update(status="Faulted")
    assert [tell_changes(), tell_changes()] == [1, 0]
    assert {(kind, facts.get("alarm")) for kind, facts in told()} == {
        ("charger.offline", None),
        ("alarm.raised", "connector_fault"),
    }
    link.update(disconnected_at=None, connected_at=now, last_seen_at=now)
    Connector.objects.filter(charger=charger).update(status="Available")
    tell_changes()
    assert {kind for kind, _facts in told()} == {"charger.online", "alarm.cleared"}


def test_looking_for_changes_costs_the_same_for_many_chargers_and_one_query_for_nobody() -> None:
    site = scene.site()
    with CaptureQueriesContext(connection) as nobody:
        tell_changes()
    watch(site, EventKind.CHARGER_ONLINE)
    counts = []
    for first in (0, 5):
        for number in range(first, first + 5):
            scene.charger(site, f"ZCS{number}")
        tell_changes()
        ChargerLink.objects.update(disconnected_at=timezone.now() - timedelta(hours=1))
        with CaptureQueriesContext(connection) as some:
            tell_changes()
        ChargerLink.objects.update(disconnected_at=None)
        tell_changes()
        counts.append(len(some))
    assert len(nobody) <= 4
    assert counts[0] == counts[1] <= 18


def test_a_webhook_that_goes_stops_nobody_who_writes_a_fact() -> None:
    """The gateway must be able to write whatever becomes of a webhook meanwhile: its rows name no row it waits for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'installations_webhookdelivery'::"
            "regclass AND confrelid = 'installations_webhook'::regclass"
        )
        assert cursor.fetchone() == (0,)
