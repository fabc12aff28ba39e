"""One contract for whoever carries out an order: the gateway's critical section, and the fake that stands in for it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chargers.links.base import KeyWrite, PushOrder, PushOutcome, PushResult
from chargers.links.fake import FakeCharger, FakeLink, Fault, NoBooks, proof_of
from gateway.ocpp16.effects import Answered, Outcome, Priority
from gateway.push import Pusher, carry_out

ORDER = PushOrder(1, 7, 1, "ZCS1", "node", 1, fence=False)
Carry = Callable[[PushOrder, FakeCharger], PushOutcome]


class MemoryLine:
    """A charger's side of a connection: calls of the standard, played on a FakeCharger."""

    def __init__(self, charger: FakeCharger) -> None:
        self.charger = charger

    def busy_reason(self) -> str:
        return self.charger.busy

    def to_close(self) -> tuple[int, ...]:
        return (0,)

    def opening(self, fence: tuple[int, ...]) -> list[dict[str, Any]]:
        return [{"connectorId": number, "type": "Operative"} for number in fence]

    async def call(
        self,
        action: str,
        payload: Mapping[str, Any],
        *,
        priority: Priority = Priority.PUSH,
        only_if_idle: bool = False,
        answer_seconds: float | None = None,
    ) -> Answered:
        if only_if_idle and self.charger.busy:
            return Answered("1", action, Outcome.NOT_IDLE, sent=False)
        if action == "GetConfiguration":
            return self.read(payload["key"])
        if action == "Reset":
            self.charger.received.append(("Reset", "Soft"))
            return self.said(action, self.charger.answers.get("Reset", "Accepted"))
        return self.write(payload["key"], payload["value"])

    async def clear_profiles(self) -> Outcome:
        return Outcome.RESULT

    def said(self, action: str, status: str) -> Answered:
        return Answered("1", action, Outcome.RESULT, payload={"status": status})

    def read(self, keys: list[str]) -> Answered:
        known = [key for key in keys if key in self.charger.settings]
        found = [{"key": key, "value": self.charger.settings[key], "readonly": False} for key in known]
        unknown = [key for key in keys if key not in known]
        payload = {"configurationKey": found, "unknownKey": unknown}
        return Answered("1", "GetConfiguration", Outcome.RESULT, payload=payload)

    def write(self, key: str, value: str) -> Answered:
        charger = self.charger
        charger.received.append((key, value))
        status = charger.answers.get(key, "Accepted")
        if status in {"Accepted", "RebootRequired"} and key not in charger.deaf:
            secret = key == "AuthorizationKey"
            if not secret:
                charger.settings[key] = value
            elif "Proof" in charger.settings:
                charger.settings["Proof"] = proof_of(value)
        if charger.faults:
            charger.faults.clear()
            return Answered("1", "ChangeConfiguration", Outcome.TIMEOUT)
        return self.said("ChangeConfiguration", status)


class MemoryBooks:
    async def begin(self, order: PushOrder) -> bool:
        return True

    async def step(self, order: PushOrder, step: Mapping[str, Any]) -> bool:
        return True

    async def close_fence(self, order: PushOrder, connectors: tuple[int, ...]) -> None: ...

    async def keep_candidate(self, order: PushOrder, digest: bytes) -> None: ...

    async def keep_reported(self, order: PushOrder, settings: Mapping[str, tuple[str | None, bool]]) -> None: ...

    async def secret(self, secret_id: int) -> tuple[str, str, bool]:
        return f"secret {secret_id}", proof_of(f"secret {secret_id}"), False


def by_the_fake(order: PushOrder, charger: FakeCharger) -> PushOutcome:
    return FakeLink({"ZCS1": charger}, NoBooks()).carry_out(order)


def by_the_gateway(order: PushOrder, charger: FakeCharger) -> PushOutcome:
    async def carried() -> PushOutcome:
        async def end(_outcome: PushOutcome) -> None: ...

        books = MemoryBooks()
        return await carry_out(order, Pusher(order, MemoryLine(charger), books, b"pepper"), books, end)

    return asyncio.run(carried())


@pytest.fixture(params=[by_the_fake, by_the_gateway])
def carry(request: pytest.FixtureRequest) -> Carry:
    chosen: Carry = request.param
    return chosen


def order(*writes: KeyWrite, **changes: Any) -> PushOrder:
    keys = tuple(write.key for write in writes if write.value is not None)
    proofs = tuple(write.proof_key for write in writes if write.proof_key)
    return replace(ORDER, writes=writes, read_keys=keys + proofs, **changes)


def charger(**settings: str | None) -> FakeCharger:
    return FakeCharger({"Url": "old", "Free": "false", **settings})


def statuses(outcome: PushOutcome) -> dict[str, str]:
    return {write.key: write.status for write in outcome.writes}


def test_only_what_differs_is_written_and_all_is_read_back(carry: Carry) -> None:
    here = charger()
    outcome = carry(order(KeyWrite("Free", "False"), KeyWrite("Url", "new")), here)

    assert outcome.result is PushResult.DONE
    assert here.received == [("Url", "new")]
    assert statuses(outcome) == {"Free": "Unchanged", "Url": "Accepted"}
    assert outcome.observed["Url"] == "new"
    assert (outcome.delivery_id, outcome.fencing) == (1, 7)


def test_a_refusal_ends_the_push_and_what_was_written_is_written_back(carry: Carry) -> None:
    here = charger()
    here.answers["Url"] = "Rejected"
    outcome = carry(order(KeyWrite("Free", "true"), KeyWrite("Url", "new"), KeyWrite("Last", "x")), here)

    assert outcome.result is PushResult.REJECTED
    assert (outcome.failed_key, outcome.restored, outcome.kept) == ("Url", ("Free",), ())
    assert here.settings["Free"] == "false"
    assert "Last" not in [key for key, _value in here.received]


def test_what_cannot_be_written_back_is_told(carry: Carry) -> None:
    here = charger()
    here.answers["Url"] = "Rejected"
    outcome = carry(order(KeyWrite("New", "1"), KeyWrite("Url", "new")), here)
    assert (outcome.restored, outcome.kept) == ((), ("New",))


def test_other_names_of_a_key_are_tried_when_it_is_not_known(carry: Carry) -> None:
    here = charger()
    here.answers["Address"] = "NotSupported"
    outcome = carry(order(KeyWrite("Address", "new", alternatives=("OldAddress",))), here)
    assert [key for key, _value in here.received] == ["Address", "OldAddress"]
    assert here.settings["OldAddress"] == "new"
    assert outcome.result is not PushResult.NOT_SUPPORTED


def test_a_key_under_no_name_is_not_supported(carry: Carry) -> None:
    here = charger()
    here.answers.update(Address="NotSupported", OldAddress="NotSupported")
    outcome = carry(order(KeyWrite("Address", "new", alternatives=("OldAddress",))), here)
    assert (outcome.result, outcome.failed_key) == (PushResult.NOT_SUPPORTED, "Address")


def test_a_busy_charger_gets_nothing(carry: Carry) -> None:
    here = charger()
    here.busy = "transaction"
    outcome = carry(order(KeyWrite("Url", "new")), here)
    assert (outcome.result, outcome.detail) == (PushResult.BUSY, "transaction")
    assert here.received == []


def test_a_lost_answer_is_no_answer(carry: Carry) -> None:
    here = charger()
    here.faults = [Fault.SILENT]
    assert carry(order(KeyWrite("Url", "new")), here).result is PushResult.NO_ANSWER


def test_accepted_and_not_kept_is_a_mismatch(carry: Carry) -> None:
    here = charger()
    here.deaf = frozenset({"Url"})
    outcome = carry(order(KeyWrite("Url", "new")), here)
    assert outcome.result is PushResult.MISMATCH
    assert outcome.observed["Url"] == "old"


def test_a_reading_writes_nothing_and_minds_no_session(carry: Carry) -> None:
    here = charger()
    here.busy = "transaction"
    outcome = carry(replace(ORDER, read_keys=("Url", "Nothing"), read_only=True), here)
    assert (outcome.result, outcome.observed) == (PushResult.READ, {"Url": "old"})
    assert here.received == []


@pytest.mark.parametrize(
    ("changes", "value", "resets"),
    [
        ({"reset": True}, "new", 1),
        ({"reset": True}, "old", 0),
        ({"reset": True, "force_reset": True}, "old", 1),
        ({}, "new", 0),
    ],
)
def test_a_reset_follows_a_change_or_is_forced(carry: Carry, changes: dict[str, bool], value: str, resets: int) -> None:
    here = charger()
    outcome = carry(order(KeyWrite("Url", value), **changes), here)
    assert outcome.result is PushResult.DONE
    assert [key for key, _value in here.received].count("Reset") == resets
    assert outcome.reset_status == ("Accepted" if resets else "")


def test_a_reboot_the_charger_asks_for_is_given(carry: Carry) -> None:
    here = charger()
    here.answers["Url"] = "RebootRequired"
    outcome = carry(order(KeyWrite("Url", "new")), here)
    assert (outcome.reset_status, here.received[-1][0]) == ("Accepted", "Reset")


def test_a_refused_reset_is_told(carry: Carry) -> None:
    here = charger()
    here.answers["Reset"] = "Rejected"
    outcome = carry(order(KeyWrite("Url", "new"), reset=True), here)
    assert (outcome.result, outcome.failed_key) == (PushResult.REJECTED, "Reset")
    assert outcome.reset_status == "Rejected"


def test_a_password_the_charger_proves_to_hold_is_not_sent_again(carry: Carry) -> None:
    here = charger(Proof="")
    push = order(KeyWrite("AuthorizationKey", secret_id=3, proof_key="Proof"))
    assert statuses(carry(push, here)) == {"AuthorizationKey": "Accepted"}
    assert statuses(carry(push, here)) == {"AuthorizationKey": "Unchanged"}
    assert [key for key, _value in here.received].count("AuthorizationKey") == 1
