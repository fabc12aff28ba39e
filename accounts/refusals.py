"""How services say no: nothing was done, and the refusal names the field, the rule and the repair."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True)
class Fault:
    """One reason. ``code`` is stable English, ``detail`` translated, ``pointer`` a JSON pointer into the input.

    ``index`` is the place in a list of items, None outside lists.
    """

    code: str
    detail: Text
    pointer: str = ""
    index: int | None = None


class Refusal(Exception):
    """Base of all refusals; ``faults`` has at least one."""

    def __init__(self, code: str, detail: Text, *, pointer: str = "", faults: Sequence[Fault] = ()) -> None:
        self.code, self.detail, self.pointer = code, detail, pointer
        self.faults = tuple(faults) or (Fault(code, detail, pointer),)
        super().__init__(code)


class Invalid(Refusal):
    """The input itself is wrong: repair it."""


class Conflict(Refusal):
    """The input is fine, but the state of things forbids it now."""


class Stale(Refusal):
    """Somebody was faster; ``current`` is the version that stands now."""

    def __init__(self, code: str, detail: Text, *, current: int) -> None:
        super().__init__(code, detail)
        self.current = current
