"""Pages that are made from the code are the ones the code makes."""

from pathlib import Path

from chargers.management.commands.delivery_states import page
from chargers.rollout.states import TRANSITIONS
from tests.conformance.cases import CASES
from tests.conformance.page import cases_tried, render

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_of_delivery_states_is_current() -> None:
    assert (DOCS / "delivery-states.md").read_text() == page(), "run: make docs"


def test_the_diagram_has_every_transition() -> None:
    drawn = page()
    for before, after in TRANSITIONS.items():
        for state in after - {before}:
            assert f"    {before} --> {state}" in drawn


def test_the_page_of_conformance_is_current_and_every_case_has_its_test() -> None:
    assert cases_tried() == {number: 1 for number, case in CASES.items() if not case.left_out}
    assert (DOCS / "conformance.md").read_text() == render(), "run: make docs"
