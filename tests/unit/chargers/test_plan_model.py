"""No order of events leaves the table, breaks a promise, or ends in a state that waits for nothing."""

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from chargers.rollout.states import FINAL_STATES, OPEN_STATES, DeliveryState
from tests.unit.chargers.small_world import Fault, SmallWorld

S = DeliveryState
PAUSES = [1, 8, 44, 46, 61, 301, 900, 6 * 3600]


class Rollout(RuleBasedStateMachine):
    world: SmallWorld

    @initialize(profile=st.sampled_from(["simulator", "simulator-moving"]))
    def begin(self, profile: str) -> None:
        self.world = SmallWorld(profile)

    @rule(seconds=st.sampled_from(PAUSES))
    def time_passes(self, seconds: int) -> None:
        self.world.now += timedelta(seconds=seconds)

    @rule(seconds=st.sampled_from([-601, -46, 601]))
    def the_clock_jumps(self, seconds: int) -> None:
        self.world.now += timedelta(seconds=seconds)

    @rule()
    def a_worker_looks(self) -> None:
        self.world.reconcile()

    @rule(lost=st.booleans())
    def a_worker_works(self, lost: bool) -> None:
        """Look, send and hear in one go, as on a good day; or the answer is lost."""
        self.world.reconcile()
        if self.world.orders:
            self.world.carry_out(lose_answer=lost, keep_order=False)
        if self.world.answers:
            self.world.hear()

    @rule(fault=st.sampled_from(list(Fault)), leaves=st.booleans())
    def a_push_goes_wrong(self, fault: Fault, leaves: bool) -> None:
        """The fault strikes in the push that is due now; the lease is over before anybody looks again."""
        self.world.fake.faults = [fault]
        self.a_worker_works(lost=False)
        if leaves:
            self.world.disconnect()
        self.world.now += timedelta(seconds=46)

    @rule()
    def a_worker_claims_and_dies(self) -> None:
        delivery = self.world.delivery
        leased = delivery.lease_until is not None and delivery.lease_until > self.world.now
        if delivery.state in OPEN_STATES and delivery.due_at and delivery.due_at <= self.world.now and not leased:
            delivery.fencing += 1
            delivery.lease_until = delivery.due_at = self.world.now + timedelta(seconds=45)

    @precondition(lambda self: self.world.orders)
    @rule(lose_answer=st.booleans(), keep_order=st.booleans())
    def an_order_arrives(self, lose_answer: bool, keep_order: bool) -> None:
        self.world.carry_out(lose_answer=lose_answer, keep_order=keep_order)

    @precondition(lambda self: self.world.orders)
    @rule()
    def an_order_is_lost(self) -> None:
        self.world.orders.pop(0)

    @precondition(lambda self: self.world.answers)
    @rule(doubled=st.booleans())
    def an_answer_arrives(self, doubled: bool) -> None:
        if doubled:
            self.world.answers.append(self.world.answers[0])
        self.world.hear()

    @rule(fault=st.sampled_from(list(Fault)))
    def something_will_go_wrong(self, fault: Fault) -> None:
        self.world.fake.faults = [fault]

    @rule(
        key=st.sampled_from(["CentralSystemURL", "AuthorizationKey", "Reset"]), answer=st.sampled_from(["Rejected", ""])
    )
    def the_charger_refuses_or_stops_refusing(self, key: str, answer: str) -> None:
        self.world.fake.answers = {key: answer} if answer else {}

    @rule(obeys=st.booleans())
    def the_charger_comes_back_or_leaves(self, obeys: bool) -> None:
        self.world.obeys = obeys

    @rule(boot=st.booleans())
    def it_connects(self, boot: bool) -> None:
        self.world.connect(boot=boot)

    @rule()
    def it_disconnects(self) -> None:
        self.world.disconnect()

    @rule()
    def it_connects_a_second_time(self) -> None:
        self.world.take_over()

    @rule(busy=st.booleans())
    def somebody_plugs_in_or_out(self, busy: bool) -> None:
        self.world.fake.busy = "connector" if busy else ""
        self.world.ring()

    @rule(native=st.booleans())
    def somebody_saves(self, native: bool) -> None:
        self.world.save(native=native)

    @rule()
    def somebody_cancels(self) -> None:
        self.world.cancel()

    @rule(paused=st.booleans())
    def it_is_paused_or_resumed(self, paused: bool) -> None:
        self.world.paused = paused
        if not paused:
            self.world.ring()

    @rule(revoked=st.booleans())
    def its_author_loses_the_right_or_somebody_takes_over(self, revoked: bool) -> None:
        self.world.revoked = revoked
        if not revoked:
            self.world.ring()

    @rule(held=st.booleans())
    def it_waits_for_the_others_or_goes_on(self, held: bool) -> None:
        self.world.held_together = held
        if not held:
            self.world.ring()

    @rule(seconds=st.sampled_from([0, *PAUSES]))
    def its_window_closes_for_a_while(self, seconds: int) -> None:
        self.world.opens_at = self.world.now + timedelta(seconds=seconds)

    @rule(corrects=st.booleans())
    def the_charger_loses_its_setting(self, corrects: bool) -> None:
        self.world.corrects_drift = corrects
        self.world.lose_setting()
        self.world.connect(boot=True)

    def teardown(self) -> None:
        """When faults stop and the charger stays here, idle, everything comes to an end that says why."""
        if not hasattr(self, "world"):
            return
        world = self.world
        world.fake.faults, world.fake.busy = [], ""
        world.paused = world.held_together = world.revoked = False
        world.ring()
        world.orders.clear()
        world.answers.clear()
        for _look in range(120):
            if world.delivery.state in FINAL_STATES:
                break
            world.reconcile()
            while world.orders:
                world.carry_out(lose_answer=False, keep_order=False)
            while world.answers:
                world.hear()
            world.now += timedelta(seconds=300)
            if world.delivery.due_at is None:
                world.connect()
        assert world.delivery.state in FINAL_STATES, (world.delivery.state, world.delivery.reason)
        assert (
            world.delivery.state in {S.APPLIED, S.HANDED_OVER, S.SUPERSEDED}
            or world.delivery.reason
            or (world.delivery.state is S.CANCELLED)
        )


TestRolloutModel = Rollout.TestCase
TestRolloutModel.settings = settings(
    max_examples=int(os.environ.get("MODEL_EXAMPLES", "60")), stateful_step_count=40, deadline=None
)


@pytest.mark.slow
def test_the_model_holds_for_long_runs() -> None:
    run_state_machine_as_test(
        Rollout,
        settings=settings(
            max_examples=4000, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
