"""A portal with something on every page: chargers in all states, a rollout on its way, cards, tokens, alarms."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext

from accounts.models import User
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
)
from chargers.services.changes import start_change, work_on
from chargers.services.rollouts import open_deliveries
from installations.authentication import Draft
from installations.models import Circuit, IdTag, Installation
from installations.selectors import list_installations
from installations.services.authentication import publish_revision
from installations.services.installations import create_installation
from tests.db.chargers import scene
from tests.db.messages import say

EMAIL, PASSWORD = "ina@example.org", "walks-in-the-garage"


@dataclass(frozen=True)
class Stage:
    person: User
    site: Installation
    rollout: Rollout
    delivery: Delivery
    card: IdTag
    backend_test: GatewayRequest
    changes: tuple[int, int]

    @property
    def words(self) -> dict[str, object]:
        """What an address of the table of pages may name in braces."""
        return {
            "site": self.site.pk,
            "rollout": self.rollout.pk,
            "delivery": self.delivery.pk,
            "card": self.card.pk,
            "test": self.backend_test.pk,
            "change": self.changes[0],
            "applied": self.changes[1],
            "charger": "ZCS000001",
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
    return Stage(person, site, rollout, delivery, card, asked, (_change(person), _change(person, apply=True)))


MONTH = timedelta(days=30)


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
