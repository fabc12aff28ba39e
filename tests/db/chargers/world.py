"""A site whose chargers live in memory behind the fake link, with the gateway's books kept in the database."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from chargers.links.base import PushOrder, PushOutcome
from chargers.links.fake import FakeCharger, FakeLink
from chargers.links.wire import outcome_to_plain
from chargers.models import Charger, ChargerLink, Connector, Delivery, PaceBucket, PushRecord, Rollout
from chargers.rollout.due import ring
from chargers.rollout.reconcile import reconcile_batch
from chargers.services import rollouts
from chargers.services.authentication import preview, save
from installations.authentication import Draft
from installations.models import AuthenticationRevision, Installation
from tests.db.chargers import scene

TIMES = ("due_at", "lease_until", "deadline_at", "next_attempt_at", "pushed_at", "created_at", "finished_at")


class DatabaseBooks:
    """The rules of gateway/store/push_jobs.py: nothing begins without a claim that still stands."""

    def begin(self, order: PushOrder, boot_number: int) -> bool:
        stands = Delivery.objects.filter(
            pk=order.delivery_id, fencing=order.fencing, state="pushing", lease_until__gt=timezone.now()
        ).exists()
        if not stands:
            return False
        _record, begun = PushRecord.objects.get_or_create(
            delivery_id=order.delivery_id,
            fencing=order.fencing,
            defaults={"epoch": order.epoch, "boot_number": boot_number},
        )
        return begun

    def step(self, order: PushOrder, step: dict[str, str]) -> None:
        record = PushRecord.objects.get(delivery_id=order.delivery_id, fencing=order.fencing)
        record.steps.append(step)
        record.save(update_fields=["steps"])

    def end(self, order: PushOrder, outcome: PushOutcome) -> None:
        PushRecord.objects.filter(delivery_id=order.delivery_id, fencing=order.fencing).update(
            ended_at=timezone.now(), outcome=outcome_to_plain(outcome), result=outcome.result
        )


class World:
    def __init__(self) -> None:
        self.site = scene.site()
        self.fakes: dict[str, FakeCharger] = {}
        self.link = FakeLink(self.fakes, DatabaseBooks())

    def charger(self, device_id: str = "ZCS1", **options: Any) -> FakeCharger:
        row = scene.charger(self.site, device_id, **options)
        fake = FakeCharger({"FreeVendActive": "false", "CentralSystemURL": ""}, online=options.get("online", True))
        fake.on_reset = lambda _fake: self.leave(device_id)
        self.fakes[device_id] = fake
        rollouts.add_charger(row)
        return fake

    def row(self, device_id: str = "ZCS1") -> Charger:
        return Charger.objects.select_related("link").get(device_id=device_id)

    def publish(
        self,
        draft: Draft,
        *,
        email: str = "service@example.com",
        policy: dict[str, Any] | None = None,
        chunks: int = 100,
    ) -> AuthenticationRevision:
        """Save, and open so many chunks of deliveries."""
        site = Installation.objects.get(pk=self.site.pk)
        assert site.revision is not None
        codes = {finding.code for finding in preview(installation=site, draft=draft).warnings}
        revision = save(
            installation=site,
            draft=draft,
            actor=scene.person(email),
            expected_number=site.revision.number,
            acknowledged=codes,
            policy=policy,
        )
        for _chunk in range(chunks):
            if not rollouts.open_deliveries(Rollout.objects.get(revision=revision).pk):
                break
        return revision

    def run(self, most: int = 20) -> None:
        """Batches until nothing is due; a delivery that is due for ever fails the test."""
        for _batch in range(most):
            if not reconcile_batch(self.link, draw=lambda: 1.0):
                return
        raise AssertionError("something is due again and again")

    def step(self) -> bool:
        """One batch; False: nothing is due any more."""
        return reconcile_batch(self.link, draw=lambda: 1.0)

    def settle(self) -> None:
        """The native revision every site begins with is applied; what the tests look at comes after it."""
        self.run()
        self.link.orders.clear()
        for fake in self.fakes.values():
            fake.received.clear()

    def connect(self, device_id: str = "ZCS1", *, boot: bool = False) -> None:
        fake, now = self.fakes[device_id], timezone.now()
        fake.online, fake.epoch = True, fake.epoch + 1
        fake.boot_number += boot
        ChargerLink.objects.filter(charger__device_id=device_id).update(
            connected_at=now, disconnected_at=None, last_seen_at=now, epoch=fake.epoch, boot_number=fake.boot_number
        )
        Connector.objects.filter(charger__device_id=device_id).update(boot_number=fake.boot_number)
        ring([self.row(device_id).pk])

    def leave(self, device_id: str = "ZCS1") -> None:
        self.fakes[device_id].online = False
        ChargerLink.objects.filter(charger__device_id=device_id).update(disconnected_at=timezone.now())
        ring([self.row(device_id).pk])

    def occupy(self, status: str, device_id: str = "ZCS1") -> None:
        self.fakes[device_id].busy = "" if status == "Available" else "connector"
        Connector.objects.filter(charger__device_id=device_id).update(status=status)
        ring([self.row(device_id).pk])

    def elapse(self, seconds: float) -> None:
        """Everything the engine compares with the clock is that much longer ago; gateways and links stay alive."""
        by = timedelta(seconds=seconds)
        Delivery.objects.update(**{name: F(name) - by for name in TIMES})
        PaceBucket.objects.update(free_at=F("free_at") - by)
        PushRecord.objects.update(begun_at=F("begun_at") - by, ended_at=F("ended_at") - by)
        ChargerLink.objects.update(connected_at=F("connected_at") - by, disconnected_at=F("disconnected_at") - by)
        scene.gateway_alive()

    def delivery(self, device_id: str = "ZCS1") -> Delivery:
        """The newest."""
        return Delivery.objects.filter(charger__device_id=device_id).latest("pk")

    def story(self, device_id: str = "ZCS1") -> list[str]:
        return [event.to_state for event in self.delivery(device_id).events.all()]

    def written(self, device_id: str = "ZCS1") -> Sequence[str]:
        return [key for key, _value in self.fakes[device_id].received]
