"""Weekly windows in an installation's time zone: a gate, not a timer. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Window:
    """Open on each of ``days`` from ``begins`` to ``ends``; past midnight when ``ends`` is not later."""

    days: frozenset[str]
    begins: time
    ends: time

    def plain(self) -> dict[str, Any]:
        return {
            "days": [day for day in DAYS if day in self.days],
            "from": f"{self.begins:%H:%M}",
            "to": f"{self.ends:%H:%M}",
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Window":
        return cls(frozenset(plain["days"]), time.fromisoformat(plain["from"]), time.fromisoformat(plain["to"]))

    def spans(self, zone: ZoneInfo, around: datetime) -> list[tuple[datetime, datetime]]:
        """Every opening from the day before ``around`` to eight days after, in UTC."""
        today = around.astimezone(zone).date()
        spans = []
        for shift in range(-1, 9):
            day = today + timedelta(days=shift)
            if DAYS[day.weekday()] not in self.days:
                continue
            last = day if self.ends > self.begins else day + timedelta(days=1)
            begins = datetime.combine(day, self.begins, zone).astimezone(UTC)
            spans.append((begins, datetime.combine(last, self.ends, zone).astimezone(UTC)))
        return spans


def opens_at(windows: Sequence[Window], zone: str, now: datetime) -> datetime | None:
    """None: open now (or no window at all). Otherwise when the next one opens, in UTC."""
    if not windows:
        return None
    spans = [span for window in windows for span in window.spans(ZoneInfo(zone), now)]
    if any(begins <= now < ends for begins, ends in spans):
        return None
    return min((begins for begins, _ends in spans if begins > now), default=now + timedelta(days=1))
