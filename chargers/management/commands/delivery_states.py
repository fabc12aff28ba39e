"""Writes docs/delivery-states.md from the table the engine runs by."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import override

from chargers.explain import BY_REASON, BY_STATE
from chargers.rollout.diagram import state_diagram
from chargers.rollout.states import OPEN_STATES, DeliveryState

HEAD = """\
# States of a delivery

Made from the table in `chargers/rollout/states.py` by `manage.py delivery_states`; change that, not this page.

A delivery brings one saved setting to one charger. Whatever is not drawn here cannot happen: the engine refuses to
write it.
"""


def page() -> str:
    with override("en"):
        return "\n".join([HEAD, "```mermaid", state_diagram(), "```", "", *_table()]) + "\n"


def _table() -> Iterator[str]:
    yield "| state | reason | what it means |"
    yield "|---|---|---|"
    for state in DeliveryState:
        kind = "" if state in OPEN_STATES else " (final)"
        yield f"| `{state}`{kind} | | {BY_STATE[state]} |"
        for (of, reason), sentence in sorted(BY_REASON.items(), key=lambda item: str(item[0][1])):
            if of is state:
                yield f"| `{state}` | `{reason}` | {sentence} |"


class Command(BaseCommand):
    help = "Print the page docs/delivery-states.md: the diagram and the table of all states and reasons."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page(), ending="")
