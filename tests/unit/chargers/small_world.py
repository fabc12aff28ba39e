"""One charger, one delivery at a time, a gateway and messages that get lost: the plan's world without a database."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from chargers.link_state import Busy
from chargers.links.base import PushOrder, PushOutcome
from chargers.links.fake import FakeCharger, FakeLink, Fault, Lost
from chargers.links.wire import steps_to_results
from chargers.profiles import profile_named
from chargers.rollout.drift import MOST_CORRECTIONS
from chargers.rollout.plan import Action, Finish, Push, ReadBack, Stay, judge, plan
from chargers.rollout.snapshot import LinkView, PushView, RolloutView, Snapshot
from chargers.rollout.states import OPEN_STATES, POSITIVE_STATES, WATCHED_STATES, DeliveryState, check_transition
from chargers.settings_diff import GivenSecret, Target, portal_endpoint, target_for
from installations.authentication import Settings
from installations.ocpp_url.identity import Endpoint, UrlSource

ID = "ZCS1"
LEASE = timedelta(seconds=45)
PORTAL = portal_endpoint("wss://portal.example.com/ocpp", ID)
S = DeliveryState


@dataclass
class Record:
    fencing: int
    boot_number: int
    begun_at: datetime
    steps: list[dict[str, str]] = field(default_factory=list)
    outcome: PushOutcome | None = None


@dataclass
class OneDelivery:
    revision: int
    pk: int
    state: DeliveryState = S.WAITING
    reason: str = ""
    fencing: int = 0
    attempts: int = 0
    due_at: datetime | None = None
    lease_until: datetime | None = None
    deadline_at: datetime | None = None
    next_attempt_at: datetime | None = None
    pushed_at: datetime | None = None
    finished_at: datetime | None = None
    records: list[Record] = field(default_factory=list)


class SmallWorld:
    """Every method is an event. What the promises forbid raises AssertionError where it happens."""

    def __init__(self, profile: str) -> None:
        self.profile = profile_named(profile)
        self.now = datetime(2026, 11, 23, tzinfo=UTC)
        self.fake = FakeCharger({"CentralSystemURL": "", "FreeVendActive": "false"})
        self.fake.on_reset = lambda _fake: self.reset()
        self.obeys = True
        self.link = FakeLink({ID: self.fake}, self)
        self.connected_at: datetime = self.now
        self.disconnected_at: datetime | None = None
        self.revision, self.native = 1, False
        self.given_secret: int | None = None
        self.told_url = ""
        self.paused = self.cancelled = self.held_together = self.revoked = False
        self.opens_at: datetime | None = None
        self.corrects_drift, self.corrections = True, 0
        self.delivery = OneDelivery(1, 1, due_at=self.now)
        self.finished: list[OneDelivery] = []
        self.orders: list[tuple[Snapshot, PushOrder]] = []
        self.answers: list[tuple[Snapshot, PushOutcome]] = []
        self.accepted: dict[tuple[int, str], int] = {}

    # The gateway's books.
    def begin(self, order: PushOrder, boot_number: int) -> bool:
        d = self.delivery
        stands = d.pk == order.delivery_id and d.fencing == order.fencing and d.state is S.PUSHING
        doubled = any(record.fencing == order.fencing for record in d.records)
        if stands and not doubled and d.lease_until is not None and d.lease_until > self.now:
            d.records.append(Record(order.fencing, boot_number, self.now))
            return True
        return False

    def step(self, order: PushOrder, step: dict[str, str]) -> None:
        self.delivery.records[-1].steps.append(step)
        if step.get("status") in {"Accepted", "RebootRequired"}:
            place = (self.delivery.pk, step["key"])
            self.accepted[place] = self.accepted.get(place, 0) + 1
            assert self.accepted[place] == 1, f"{place} was written again after its positive answer"

    def end(self, order: PushOrder, outcome: PushOutcome) -> None:
        self.delivery.records[-1].outcome = outcome

    # The charger.
    def reset(self) -> None:
        self.disconnect()
        left = self.profile.url is not None and self.fake.settings["CentralSystemURL"] not in {"", PORTAL.base_url}
        if not left or not self.obeys or self.profile.keeps_portal_link:
            self.connect(boot=True)

    def connect(self, *, boot: bool = False) -> None:
        if not self.fake.online:
            self.fake.online, self.fake.epoch = True, self.fake.epoch + 1
            self.connected_at, self.disconnected_at = self.now, None
        self.fake.boot_number += boot
        self.ring()
        if self.delivery.state in POSITIVE_STATES and self.delivery.due_at is None:
            self.delivery.due_at = self.now + timedelta(seconds=2)

    def take_over(self) -> None:
        """A second socket of the same charger, after the first one was found dead: results of the first are stale."""
        if self.fake.online:
            self.fake.epoch += 1
            self.connected_at = self.now
            self.ring()

    def disconnect(self) -> None:
        if self.fake.online:
            self.fake.online, self.disconnected_at = False, self.now
        self.ring()

    def ring(self) -> None:
        d = self.delivery
        if d.state in OPEN_STATES and (d.due_at is None or d.due_at > self.now):
            d.due_at = self.now

    # People.
    def save(self, *, native: bool) -> None:
        self.revision, self.native, self.cancelled = self.revision + 1, native, False
        if self.delivery.state in OPEN_STATES and self.delivery.state is not S.PUSHING:
            check_transition(self.delivery.state, S.SUPERSEDED)
            self.delivery.state, self.delivery.fencing = S.SUPERSEDED, self.delivery.fencing + 1
        self.take_up()

    def take_up(self) -> None:
        if self.delivery.state not in OPEN_STATES and self.delivery.revision != self.revision:
            self.finished.append(self.delivery)
            self.delivery = OneDelivery(self.revision, self.delivery.pk + 1, due_at=self.now)

    def lose_setting(self) -> None:
        """Somebody at the charger, or its firmware, changes a key behind our back."""
        if self.delivery.state in POSITIVE_STATES:
            self.fake.settings["FreeVendActive"] = "true"

    def cancel(self) -> None:
        self.cancelled = True
        if self.delivery.state is S.WAITING:
            check_transition(S.WAITING, S.CANCELLED)
            self.delivery.state, self.delivery.fencing = S.CANCELLED, self.delivery.fencing + 1

    # The worker.
    def target(self) -> Target:
        base = f"wss://backend{self.delivery.revision}.example.com"
        settings = Settings("native") if self.native_of(self.delivery) else Settings("ocpp_direct", base)
        at = Endpoint(ID, f"{base}/{ID}", ID, UrlSource.INSTALLATION, base)
        return target_for(
            self.profile, settings, at, secret=GivenSecret(1), secret_needed=self.given_secret != 1,
            reported=self.fake.settings, portal=PORTAL, told_url=self.told_url,
        )  # fmt: skip

    def native_of(self, delivery: OneDelivery) -> bool:
        return self.native if delivery.revision == self.revision else False

    def snapshot(self) -> Snapshot:
        d, fake = self.delivery, self.fake
        return Snapshot(
            delivery_id=d.pk, charger_id=1, device_id=ID, state=d.state, fencing=d.fencing, reason=d.reason,
            attempts=d.attempts, pushed_at=d.pushed_at, deadline_at=d.deadline_at, next_attempt_at=d.next_attempt_at,
            superseded=d.revision != self.revision, finished_at=d.finished_at, target=self.target(),
            corrects_drift=self.corrects_drift, corrections=self.corrections,
            rollout=RolloutView(
                paused=self.paused, cancelled=self.cancelled, held_together=self.held_together, revoked=self.revoked,
                opens_at=self.opens_at if self.opens_at and self.opens_at > self.now else None,
                under_way=d.state in OPEN_STATES,
            ),
            leave_seconds=self.profile.leave_seconds,
            link=LinkView(
                online=fake.online, node="n", epoch=fake.epoch, boot_number=fake.boot_number,
                connected_at=self.connected_at, disconnected_at=self.disconnected_at,
                busy=Busy.CONNECTOR if fake.busy else None,
            ),
            push=self.view() if d.pushed_at else None, reported=dict(fake.settings),
        )  # fmt: skip

    def view(self) -> PushView | None:
        if not self.delivery.records:
            return None
        record = self.delivery.records[-1]
        steps = steps_to_results(record.steps)
        return PushView(
            record.fencing, self.fake.epoch, record.boot_number, record.begun_at, outcome=record.outcome,
            ended_at=self.now if record.outcome else None,
            written=frozenset(step.key for step in steps if step.status in {"Accepted", "RebootRequired"}),
            reset_begun=any(step.key == "Reset" for step in steps),
        )  # fmt: skip

    def reconcile(self) -> bool:
        """One claim, as due.py makes it; False: nothing is due."""
        d = self.delivery
        leased = d.lease_until is not None and d.lease_until > self.now
        if d.state not in WATCHED_STATES or d.due_at is None or d.due_at > self.now or leased:
            return False
        d.fencing += 1
        d.lease_until = d.due_at = self.now + LEASE
        snapshot = self.snapshot()
        action = plan(snapshot, self.now, lambda: 1.0)
        if isinstance(action, Push | ReadBack):
            assert snapshot.link.online, "an order for a charger that is not here"
        if isinstance(action, Push):
            assert snapshot.link.busy is None, "an order to write for a charger that is not idle"
            assert not snapshot.superseded
            assert not self.paused
            assert not self.revoked, "sent for somebody who may not set the mode any more"
            assert not self.cancelled
            assert not self.held_together or snapshot.state is S.UNKNOWN, "sent before all were ready"
            assert not snapshot.rollout.opens_at, "sent outside the window"
            self.orders.append((replace(snapshot, state=S.PUSHING), action.order))
        elif isinstance(action, ReadBack):
            self.orders.append((snapshot, action.order))
            return True
        self.apply(snapshot, action)
        return True

    def apply(self, snapshot: Snapshot, action: Action) -> None:
        """The conditional update of record.py."""
        d = self.delivery
        if d.pk != snapshot.delivery_id or d.fencing != snapshot.fencing or d.state is not snapshot.state:
            return
        rung = d.due_at is not None and d.lease_until is not None and d.due_at < d.lease_until
        match action:
            case Push():
                check_transition(d.state, S.PUSHING)
                d.state, d.pushed_at, d.lease_until = S.PUSHING, self.now, self.now + LEASE
                d.due_at = d.lease_until
                if snapshot.target.leaves:
                    self.told_url = snapshot.target.url_value
                return
            case Stay():
                check_transition(d.state, action.state)
                if d.state in POSITIVE_STATES and action.state is S.WAITING:
                    self.brought_again(d)
                d.state, d.reason, d.deadline_at = action.state, str(action.reason), action.deadline_at
                d.next_attempt_at, d.attempts = action.next_attempt_at, d.attempts + action.failed_attempt
                d.due_at = d.due_at if rung and d.state in OPEN_STATES else action.due_at
                woken = {"offline", "busy", "paused", "together"}
                waits = d.state in OPEN_STATES and d.due_at is None
                assert not waits or d.reason in woken, f"{d.state} {d.reason} waits for nothing"
            case Finish():
                check_transition(d.state, action.state)
                d.state, d.reason, d.due_at, d.finished_at = action.state, action.reason, None, self.now
                if action.state in {S.APPLIED, S.HANDED_OVER}:
                    self.given_secret = None if self.native_of(d) else 1
        d.lease_until = None
        if snapshot.push is not None and "AuthorizationKey" in snapshot.push.written:
            self.given_secret = 1
        self.take_up()

    def brought_again(self, delivery: OneDelivery) -> None:
        """Drift is corrected: what was accepted before counts no more, and never more often than promised."""
        self.corrections += 1
        assert self.corrections <= MOST_CORRECTIONS
        assert self.corrects_drift
        delivery.pushed_at, delivery.attempts, delivery.finished_at = None, 0, None
        self.accepted = {place: times for place, times in self.accepted.items() if place[0] != delivery.pk}

    # The wire.
    def carry_out(self, *, lose_answer: bool, keep_order: bool) -> None:
        snapshot, order = self.orders[0] if keep_order else self.orders.pop(0)
        try:
            outcome = self.link.carry_out(order)
        except Lost:
            return
        if not lose_answer:
            self.answers.append((snapshot, outcome))

    def hear(self) -> None:
        snapshot, outcome = self.answers.pop(0)
        if self.delivery.pk == snapshot.delivery_id and self.delivery.fencing == snapshot.fencing:
            held = {"Accepted", "RebootRequired", "Unchanged"}
            if any(write.key == "AuthorizationKey" and write.status in held for write in outcome.writes):
                self.given_secret = 1
        action = judge(snapshot, outcome, self.now, lambda: 1.0)
        self.apply(snapshot, action)


__all__ = ["Fault", "SmallWorld"]
