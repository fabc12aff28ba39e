"""Every state and reason of a delivery has a sentence."""

import re
from pathlib import Path

import pytest

from chargers import explain as module
from chargers.explain import BY_REASON, BY_STATE, explain
from chargers.rollout.states import DeliveryState, WaitReason

PLAN = Path(module.__file__).parent / "rollout"


def test_every_state_has_a_sentence() -> None:
    assert set(BY_STATE) == set(DeliveryState)
    assert all(explain(state) for state in DeliveryState)


@pytest.mark.parametrize("reason", list(WaitReason))
def test_every_reason_to_wait_has_a_sentence(reason: WaitReason) -> None:
    assert explain("waiting", reason) != explain("waiting")


def test_the_reason_is_told_before_the_state() -> None:
    assert "offline" in explain("waiting", "offline")
    assert explain("waiting", "never heard of") == explain("waiting")


def test_the_profile_speaks_for_itself() -> None:
    assert explain("unsupported", "no_url_key", {"explanation": "Enter it by hand."}) == "Enter it by hand."


def test_a_refused_key_is_named() -> None:
    assert "OcppUrl" in explain("rejected", "rejected", {"failed_key": "OcppUrl"})


def test_the_reasons_explained_are_reasons_the_engine_gives() -> None:
    source = "\n".join(path.read_text() for path in [*PLAN.rglob("*.py"), *PLAN.parent.glob("settings_diff.py")])
    source += (PLAN.parent / "services" / "chargers.py").read_text() + (PLAN.parent / "links" / "base.py").read_text()
    given = set(re.findall(r'"([a-z_]+)"', source))
    assert {str(reason) for _state, reason in BY_REASON} <= given
