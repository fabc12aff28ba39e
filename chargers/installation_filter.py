"""By what a list of installations is narrowed: in an address, in a saved filter, in a change of many at once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.actor import Who
from accounts.permissions import Action
from chargers.selectors import installations_with
from installations.models import Installation, Mode
from installations.selectors import list_installations

WITH_STATES = {
    "offline": _("with chargers offline"),
    "charging": _("with chargers charging"),
    "waiting": _("waiting for a setting"),
    "drift": _("with chargers that hold another setting"),
    "alarm": _("with an alarm"),
}
STATE_CHOICES = [(value, value) for value in WITH_STATES]
MODES = Mode.choices


@dataclass(frozen=True)
class Filter:
    """``q``: in name and address; ``mode``: the mode in force; ``state``: one charger in it is enough. Empty: any."""

    q: str = ""
    mode: str = ""
    state: str = ""

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Self:
        """What is not known counts as empty."""
        mode, state = values.get("mode", ""), values.get("state", "")
        return cls(
            values.get("q", "").strip().replace("\0", "")[:200],
            mode if mode in Mode.values else "",
            state if state in WITH_STATES else "",
        )

    @property
    def values(self) -> dict[str, str]:
        return {key: value for key, value in asdict(self).items() if value}

    @property
    def query(self) -> str:
        return urlencode(self.values)

    def rows(self, who: Who, action: Action = Action.VIEW) -> QuerySet[Installation]:
        """Installations that fit and on which ``who`` may do ``action``."""
        rows = list_installations(who, search=self.q, mode=self.mode, action=action)
        return installations_with(rows, self.state)
