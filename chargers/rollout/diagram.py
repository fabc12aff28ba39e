"""The table of states as a diagram (Mermaid), so that the documentation cannot differ from what runs. Pure."""

from collections.abc import Iterator

from chargers.rollout.states import FINAL_STATES, TRANSITIONS, DeliveryState

S = DeliveryState
# Steps that people or a changed charger cause, drawn apart from the engine's own.
ASKED_FOR = {(before, S.WAITING) for before in FINAL_STATES}


def state_diagram() -> str:
    """Mermaid's ``stateDiagram-v2``: one line per transition of the table, loops left out."""
    return "\n".join(["stateDiagram-v2", f"    [*] --> {S.WAITING}", *_arrows(), *_ends()])


def _arrows() -> Iterator[str]:
    for before in DeliveryState:
        for after in DeliveryState:
            if after in TRANSITIONS[before] and after is not before:
                yield f"    {before} --> {after}{_label(before, after)}"


def _label(before: DeliveryState, after: DeliveryState) -> str:
    if (before, after) not in ASKED_FOR:
        return ""
    return ": drift" if before in {S.APPLIED, S.HANDED_OVER} else ": retry"


def _ends() -> Iterator[str]:
    for state in DeliveryState:
        if state in FINAL_STATES:
            yield f"    {state} --> [*]"
