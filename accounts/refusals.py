"""How services say no: nothing was done, and the refusal names the field, the rule and the repair."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext

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


class Forbidden(Refusal):
    """The actor may not do this; ``extra`` names what is missing."""

    def __init__(self, code: str, detail: Text, *, extra: Mapping[str, Any]) -> None:
        super().__init__(code, detail)
        self.extra = extra

    @classmethod
    def scope(cls, scope: str) -> "Forbidden":
        """The API token may not be used for this, whatever its owner may do."""
        detail = gettext("This API token lacks the scope %(scope)s.") % {"scope": scope}
        return cls("scope_missing", detail, extra={"missing_scope": scope})


class Throttled(Refusal):
    """Too often; ``retry_seconds``: when it is worth trying again."""

    def __init__(self, code: str, detail: Text, *, retry_seconds: int) -> None:
        super().__init__(code, detail)
        self.retry_seconds = retry_seconds


class Stale(Refusal):
    """Somebody was faster; ``current`` is the version that stands now."""

    def __init__(self, code: str, detail: Text, *, current: int) -> None:
        super().__init__(code, detail)
        self.current = current
