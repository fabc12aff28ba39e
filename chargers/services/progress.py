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
    def waiting(self) -> int:
        return self.by_state.get(DeliveryState.WAITING, 0)

    @property
    def states(self) -> list[tuple[DeliveryState, int]]:
        """The states that occur, in the order of the table of states."""
        return [(state, self.by_state[state]) for state in DeliveryState if self.by_state.get(state)]

    @property
    def bars(self) -> list[tuple[str, str, str]]:
        """(look, start, width) in percent, for the progress bar."""
        bars, start = [], 0
        for look, count in (
            ("good", self.landed),
            ("busy", self.under_way),
            ("bad", self.refused),
            ("off", self.cannot),
            ("wait", self.waiting),
        ):
            if count:
                bars.append((look, self.share(start), self.share(count)))
                start += count
        return bars

    @property
    def sentence(self) -> str:
        """One short sentence, for people who listen to the page as well."""
        done = ngettext("%(landed)d of %(total)d charger done", "%(landed)d of %(total)d chargers done", self.total)
        parts = [done % {"landed": self.landed, "total": self.total}]
        if self.under_way:
            parts.append(gettext("%(n)d under way") % {"n": self.under_way})
        if self.waiting:
            parts.append(self._waiting())
        if self.refused:
            parts.append(gettext("%(n)d failed or refused") % {"n": self.refused})
        if self.cannot:
            parts.append(ngettext("%(n)d cannot", "%(n)d cannot", self.cannot) % {"n": self.cannot})
        for state, words in (
            (DeliveryState.SUPERSEDED, gettext("%(n)d replaced by a newer setting")),
            (DeliveryState.CANCELLED, gettext("%(n)d cancelled")),
        ):
            if count := self.by_state.get(state):
                parts.append(words % {"n": count})
        return ", ".join(parts) + "."

    def _waiting(self) -> str:
        """For instance: 15 waiting (12 offline, 3 in use)."""
        reasons = (
            (WaitReason.OFFLINE, gettext("%(n)d offline")),
            (WaitReason.BUSY, gettext("%(n)d in use")),
            (WaitReason.BACKOFF, gettext("%(n)d pausing after a failure")),
            (WaitReason.TOGETHER, gettext("%(n)d ready")),
            (WaitReason.WAVE, gettext("%(n)d for the next wave")),
            (WaitReason.WINDOW, gettext("%(n)d for the window")),
            (WaitReason.PACE, gettext("%(n)d for their turn")),
            (WaitReason.PAUSED, gettext("%(n)d paused")),
        )
        why = [words % {"n": self.by_reason[reason]} for reason, words in reasons if self.by_reason.get(reason)]
        waiting = ngettext("%(n)d waiting", "%(n)d waiting", self.waiting) % {"n": self.waiting}
        return f"{waiting} ({', '.join(why)})" if why else waiting
