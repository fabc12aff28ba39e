"""A portal with something on every page: chargers in all states, a rollout on its way, cards, tokens, alarms."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext

from accounts.models import Membership, Organisation, User
from accounts.tokens import issue_token
from chargers.models import (
    Charger,
    ChargerLink,
    Delivery,
    DeliveryEvent,
    GatewayRequest,
    LocalList,
    RefusedTag,
    Rollout,
    Transaction,
)
from chargers.services.changes import start_change, work_on
from chargers.services.rollouts import open_deliveries
from installations.authentication import Draft
from installations.models import Circuit, IdTag, Installation
from installations.selectors import list_installations
from installations.services.authentication import publish_revision
from installations.services.installations import create_installation
from installations.webhook_models import Webhook, WebhookDelivery
from installations.webhooks.managing import create_webhook, rotate_secret, send_test
from tests.db.chargers import scene, sessions, sharing
from tests.db.messages import say

EMAIL, PASSWORD = "ina@example.org", "walks-in-the-garage"


@dataclass(frozen=True)
class Stage:
    person: User
    staff: User
    site: Installation
    rollout: Rollout
    delivery: Delivery
    card: IdTag
    backend_test: GatewayRequest
    changes: tuple[int, int]
    session: Transaction
    orphan: Transaction
    webhooks: tuple[int, int, int]
    shared: Installation

    @property
    def words(self) -> dict[str, object]:
        """What an address of the table of pages may name in braces."""
        return {
            "site": self.site.pk,
            "shared": self.shared.pk,
            "rollout": self.rollout.pk,
            "delivery": self.delivery.pk,
            "card": self.card.pk,
            "test": self.backend_test.pk,
            "change": self.changes[0],
            "applied": self.changes[1],
            "charger": "ZCS000001",
            "person": self.person.pk,
            "firm": self.person.organisations.get().pk,
            "session": self.session.pk,
            "orphan": self.orphan.pk,
            "webhook": self.webhooks[0],
            "webhook_off": self.webhooks[1],
            "telling": self.webhooks[2],
        }


def build() -> Stage:
    person = User.objects.create_user(EMAIL, PASSWORD, name="Ina Installer")
    site = create_installation(
        actor=person, name="Garage Nord", address="Nordstraße 1, Hamburg", main_fuse_current=Decimal(160)
    )
    create_installation(actor=person, name="Office park", address="Havnegata 7, Trondheim")
    feeder = Circuit.objects.create(installation=site, name="Feeder", max_current=125)
    Circuit.objects.create(installation=site, name="Row A", max_current=63, parent=feeder)
    card = IdTag.objects.create(installation=site, id_tag="04A2B3", holder="Ann Meier")
    IdTag.objects.create(installation=site, id_tag="CARD0", holder="Bo", blocked=True)
    issue_token(user=person, actor=person, name="fleet script", scopes=["read"], expires_at=timezone.now() + MONTH)
    _chargers(site)
    # Left by hand at the state a rollout has while most of its chargers wait.
    publish_revision(
        installation=site,
        draft=scene.direct(),
        actor=person,
        expected_number=1,
        acknowledged=(),
        policy={},
        note="Spring",
    )
    site.refresh_from_db()
    rollout = Rollout.objects.get(revision=site.revision)
    open_deliveries(rollout.pk)
    delivery = _deliveries(rollout)
    asked = scene.backend_test(Charger.objects.get(device_id="ZCS000001"))
    scene.command(Charger.objects.get(device_id="ZCS000001"))
    changes = _change(person), _change(person, apply=True)
    firm = Organisation.objects.create(name="Installers Ltd")
    Membership.objects.create(organisation=firm, user=person, is_admin=True)
    staff = User.objects.create_user("staff@example.org", name="Petra Portal", is_staff=True)
    return Stage(
        person, staff, site, rollout, delivery, card, asked, changes, *_sessions(site), _webhooks(site, person),
        sharing.quay(person),
    )  # fmt: skip


MONTH = timedelta(days=30)


def _webhooks(site: Installation, person: User) -> tuple[int, int, int]:
    """One that sends and meanwhile fails, one that was switched off; and an event that did not arrive at first."""
    kinds = ["rollout.finished", "session.stopped", "alarm.raised"]
    url = "https://hooks.example.com/portal/garage-nord?token=of-the-receiver-and-rather-long"
    one, _secret = create_webhook(owner=site, actor=person, url=url, kinds=kinds, description="Fleet system")
    rotate_secret(webhook=one, actor=person)
    off, _secret = create_webhook(owner=site, actor=person, url="https://old.example.com/hook", kinds=kinds)
    now = timezone.now()
    Webhook.objects.filter(pk=off.pk).update(enabled=False, off_cause="gone", off_at=now)
    for state, fault in (("delivered", ""), ("failed", "tls_expired"), ("waiting", "no_answer")):
        told = send_test(webhook=one, actor=person)
        log = [{"at": now.isoformat(), "status": None, "fault": "no_answer", "milliseconds": 10_000}]
        due = now + timedelta(hours=2) if state == "waiting" else None
        WebhookDelivery.objects.filter(pk=told.pk).update(
            state=state, fault=fault, log=log, attempts=1, attempted_at=now, due_at=due
        )
    Webhook.objects.filter(pk=one.pk).update(failing_since=now)
    return one.pk, off.pk, told.pk


def _change(person: User, *, apply: bool = False) -> int:
    """One setting for both places: the office park has no card and is refused, or it waits for somebody to apply it."""
    draft = Draft("native") if apply else scene.direct("ws://ocpp.example.com/{deviceId}")
    rows = list_installations(person, search="" if apply else "park")
    change = start_change(actor=person, rows=rows, draft=draft)
    work_on(change.pk)
    return change.pk


def _chargers(site: Installation) -> None:
    first = scene.charger(site, "ZCS000001", connectors=("Available", "Faulted"))
    scene.report(first, CentralSystemURL="wss://old.example/ocpp", HeartbeatInterval="300")
    busy = scene.charger(site, "ZCS000002", connectors=("Charging",))
    scene.charging(busy)
    scene.charger(site, "ZCS000003", online=False)
    scene.charger(site, "ZCS000004")
    RefusedTag.objects.create(charger=first, id_tag="04FFEE", status="Invalid", refused_at=timezone.now())
    ChargerLink.objects.filter(charger=first).update(alarm="duplicate_identity", alarm_at=timezone.now())
    scene.charging(first)
    LocalList.objects.create(
        charger=first, state="failed", version=4, cards=12, left_out=3, digest=b"", changed_at=timezone.now()
    )
    say(first, 3)
    say(first, action="Reset", direction="to_charger", status="Rejected", answer='{"status":"Rejected"}')
    say(first, action="Nonsense", outcome="error", status="NotImplemented", answer='"no such action"')
    say(first, action="", outcome="not_kept", missing=17)


def _sessions(site: Installation) -> tuple[Transaction, Transaction]:
    """One with a course, a gap and two clocks, told late; one that runs; one of which only the end is known."""
    charger = site.chargers.get(device_id="ZCS000004")
    began = timezone.now().replace(microsecond=0) - timedelta(hours=9)
    late = sessions.session(
        charger, began, hours=4, wh=31_200, id_tag="04a2b3", flags=["stop_contradicted"],
        start_received_at=began + timedelta(hours=5), stop_received_at=began + timedelta(hours=5),
    )  # fmt: skip
    for minute in [*range(5, 120, 5), *range(180, 240, 5)]:
        power = 11_000 if minute < 120 else 4_400
        register = 1000 + (minute * 183.3 if minute < 120 else 22_000 + (minute - 120) * 73.3)
        told = [{"value": str(power), "measurand": "Power.Active.Import", "unit": "W"}]
        told += [{"value": "230", "measurand": "Voltage", "phase": f"L{phase}-N"} for phase in (1, 2, 3)]
        sessions.read(late, minute, register, *told, {"value": "24", "measurand": "Temperature", "unit": "Celcius"})
    running = Transaction.objects.filter(charger__device_id="ZCS000002").first()
    if running is not None:
        now = {"value": "7.4", "measurand": "Power.Active.Import", "unit": "kW"}
        sessions.read(running, 0, (running.meter_start or 0) + 1234, now)
    return late, sessions.orphan(charger, began)


def _deliveries(rollout: Rollout) -> Delivery:
    rows = {row.charger.device_id: row for row in Delivery.objects.filter(rollout=rollout).select_related("charger")}
    _move(rows["ZCS000002"], "waiting", "charging")
    _move(rows["ZCS000003"], "waiting", "offline")
    _move(rows["ZCS000004"], "failed", "rejected", {"failed_key": "CentralSystemURL"})
    _move(rows["ZCS000001"], "waiting", "charging")
    return rows["ZCS000004"]


def _move(delivery: Delivery, state: str, reason: str, detail: dict[str, str] | None = None) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(state=state, reason=reason, detail=detail or {})
    DeliveryEvent.objects.create(delivery=delivery, to_state=state, reason=reason, detail=detail or {})


def let_in(context: BrowserContext, address: str, person: User) -> None:
    """As if ``person`` had signed in in this browser window."""
    client = Client()
    client.force_login(person)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
