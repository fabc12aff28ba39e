"""What a webhook can tell of. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from installations.findings import Text


class EventKind(StrEnum):
    """The ``type`` of an event; it says what its ``data`` holds."""

    ROLLOUT_FINISHED = "rollout.finished"
    ROLLOUT_PAUSED = "rollout.paused"
    ROLLOUT_CANCELLED = "rollout.cancelled"
    DELIVERY_ENDED = "delivery.ended"
    DRIFT_FOUND = "drift.found"
    CHARGER_ONLINE = "charger.online"
    CHARGER_OFFLINE = "charger.offline"
    SESSION_STARTED = "session.started"
    SESSION_STOPPED = "session.stopped"
    ALARM_RAISED = "alarm.raised"
    ALARM_CLEARED = "alarm.cleared"


# Told to one webhook when somebody asks for it; never chosen.
TEST = "webhook.test"

LABELS: Mapping[str, Text] = {
    EventKind.ROLLOUT_FINISHED: _("A rollout has finished"),
    EventKind.ROLLOUT_PAUSED: _("A rollout was paused"),
    EventKind.ROLLOUT_CANCELLED: _("A rollout was cancelled"),
    EventKind.DELIVERY_ENDED: _("A setting has reached a charger, or could not"),
    EventKind.DRIFT_FOUND: _("A charger lost its setting"),
    EventKind.CHARGER_ONLINE: _("A charger came online"),
    EventKind.CHARGER_OFFLINE: _("A charger went offline"),
    EventKind.SESSION_STARTED: _("A charging session started"),
    EventKind.SESSION_STOPPED: _("A charging session stopped"),
    EventKind.ALARM_RAISED: _("An alarm was raised"),
    EventKind.ALARM_CLEARED: _("An alarm is over"),
    TEST: _("Test event"),
}


def in_order(kinds: Iterable[str]) -> list[str]:
    """Each known one once, in the order of the list."""
    wanted = set(kinds)
    return [kind.value for kind in EventKind if kind.value in wanted]
