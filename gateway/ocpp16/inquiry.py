"""Asking a charger for what it should have said by itself: its boot, its connectors' statuses, their number.

After a boot it reports connector 0 and every other one (E-3.22); after a mere reconnect it need not, and what we knew
may be hours old. So what is missing after a grace is asked for: twice by TriggerMessage, then the number of connectors.
A charger that will not say is taken at the last word it gave in this boot.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.ocpp16.activity import NUMBER_OF_CONNECTORS, ChargerActivity
from gateway.ocpp16.vocabulary import CentralAction

REPEAT_SECONDS = 600.0
BOOT_QUESTIONS = 3


class Question(msgspec.Struct, frozen=True):
    action: str
    payload: Mapping[str, Any]


BOOT = Question(CentralAction.TRIGGER_MESSAGE, {"requestedMessage": "BootNotification"})
STATUSES = Question(CentralAction.TRIGGER_MESSAGE, {"requestedMessage": "StatusNotification"})
COUNT = Question(CentralAction.GET_CONFIGURATION, {"key": [NUMBER_OF_CONNECTORS]})


class Inquiry:
    """``next_at``: when to look again; None: nothing is missing. Times in seconds, as the session's."""

    __slots__ = ("_boot_grace", "_left", "_status_grace", "next_at")

    def __init__(self, *, booted: bool, status_grace: float, boot_grace: float, now: float) -> None:
        self._status_grace = status_grace
        self._boot_grace = boot_grace
        self._left: tuple[Question, ...] = ()
        self.next_at: float | None = None
        if booted:
            self.expect_statuses(now)
        else:
            self.expect_boot(now)

    def expect_boot(self, now: float) -> None:
        self._left = (BOOT,) * BOOT_QUESTIONS
        self.next_at = now + self._boot_grace

    def expect_statuses(self, now: float) -> None:
        self._left = (STATUSES, STATUSES, COUNT)
        self.next_at = now + self._status_grace

    def due(self, activity: ChargerActivity, now: float) -> Question | None:
        """The question to ask now, if any. Once all were asked, the store's statuses of this boot are trusted."""
        if self.next_at is None or now < self.next_at:
            return None
        if activity.boot_accepted and not activity.missing():
            self.next_at = None
            return None
        if self._left:
            question, self._left = self._left[0], self._left[1:]
            self.next_at = now + (self._status_grace if activity.boot_accepted else self._boot_grace)
            return question
        if activity.boot_accepted:
            activity.trust_stored = True
            self.expect_statuses(now)
        else:
            self.expect_boot(now)
        self.next_at = now + REPEAT_SECONDS
        return None

    def declined(self, question: Question, now: float) -> None:
        """The charger will not be triggered: do not ask that again, go on at once."""
        self._left = tuple(one for one in self._left if one != question)
        if self.next_at is not None:
            self.next_at = now

    def pause(self) -> None:
        """The boot came and is being stored."""
        self.next_at = None

    def hurry(self, at: float) -> None:
        """The charger talks without a boot: it thinks it is accepted, so ask for its boot soon."""
        if self.next_at is not None and len(self._left) == BOOT_QUESTIONS:
            self.next_at = min(self.next_at, at)
