"""Progress of a rollout in numbers and in one sentence, from counted deliveries. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext, ngettext

from chargers.rollout.states import OPEN_STATES, POSITIVE_STATES, DeliveryState, WaitReason


@dataclass(frozen=True)
class Progress:
    """Counts by state, and of the waiting ones by reason."""

    by_state: dict[str, int] = field(default_factory=dict)
    by_reason: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, counts: Sequence[tuple[str, str, int]]) -> "Progress":
        by_state: dict[str, int] = {}
        by_reason: dict[str, int] = {}
        for state, reason, count in counts:
            by_state[state] = by_state.get(state, 0) + count
            if state == DeliveryState.WAITING:
                by_reason[reason] = by_reason.get(reason, 0) + count
        return cls(by_state, by_reason)

    def _sum(self, states: frozenset[DeliveryState]) -> int:
        return sum(self.by_state.get(state, 0) for state in states)

    @property
    def total(self) -> int:
        return sum(self.by_state.values())

    @property
    def landed(self) -> int:
        return self._sum(POSITIVE_STATES)

    @property
    def open(self) -> int:
        return self._sum(OPEN_STATES)

    @property
    def under_way(self) -> int:
        return self._sum(frozenset({DeliveryState.PUSHING, DeliveryState.VERIFYING, DeliveryState.UNKNOWN}))

    @property
    def refused(self) -> int:
        return self._sum(frozenset({DeliveryState.REJECTED, DeliveryState.FAILED}))

    @property
    def cannot(self) -> int:
        return self.by_state.get(DeliveryState.UNSUPPORTED, 0)

    def share(self, count: int) -> str:
        """Percent of all, with a point whatever the language: it goes into SVG."""
        return f"{100 * count / self.total:.2f}" if self.total else "0"

    @property
    def bars(self) -> list[tuple[str, str, str]]:
        """(look, start, width) in percent, for the progress bar."""
        bars, start = [], 0
        for look, count in (
            ("good", self.landed), ("busy", self.under_way), ("bad", self.refused), ("off", self.cannot),
        ):  # fmt: skip
            if count:
                bars.append((look, self.share(start), self.share(count)))
                start += count
        return bars

    @property
    def sentence(self) -> str:
        """One short sentence, for people who listen to the page as well."""
        parts = [
            ngettext("%(landed)d of %(total)d charger done", "%(landed)d of %(total)d chargers done", self.total)
            % {"landed": self.landed, "total": self.total}
        ]
        told = (
            (self.under_way, gettext("under way")),
            (self.by_reason.get(WaitReason.OFFLINE, 0), gettext("wait offline")),
            (self.by_reason.get(WaitReason.BUSY, 0), gettext("wait in use")),
            (self.refused, gettext("failed or refused")),
            (self.cannot, gettext("cannot")),
        )
        parts += [f"{count} {words}" for count, words in told if count]
        return ", ".join(parts) + "."
