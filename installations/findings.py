"""One thing to say about an input: where it is, which rule it meets, and how to repair it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils.functional import Promise

Text = str | Promise


class Level(StrEnum):
    """A problem stops the save, a warning must be acknowledged, a notice only tells."""

    PROBLEM = "problem"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True)
class Finding:
    """``pointer`` is a JSON pointer into the settings (``/server_url``); ``charger`` names one device id, or is empty.

    ``suggestion`` is a value that would pass in the same place, where there is one.
    """

    level: Level
    code: str
    pointer: str
    detail: Text
    charger: str = ""
    suggestion: str = ""

    def at(self, pointer: str, charger: str = "") -> "Finding":
        return replace(self, pointer=pointer, charger=charger or self.charger)


def of_level(findings: Iterable[Finding], level: Level) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.level is level)
