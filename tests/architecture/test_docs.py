"""Pages that are made from the code are the ones the code makes."""

from pathlib import Path

from chargers.management.commands.delivery_states import page
from chargers.rollout.states import TRANSITIONS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_of_delivery_states_is_current() -> None:
    assert (DOCS / "delivery-states.md").read_text() == page(), "run: make docs"


def test_the_diagram_has_every_transition() -> None:
    drawn = page()
    for before, after in TRANSITIONS.items():
        for state in after - {before}:
            assert f"    {before} --> {state}" in drawn
