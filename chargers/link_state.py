"""Whether a charger is idle: one rule for the gateway (its memory) and the engine (the stored facts). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

IDLE_STATUSES = frozenset({"Available", "Unavailable"})
RUNNING_FIRMWARE = frozenset(
    {
        "Downloading",
        "Downloaded",
        "Installing",
        "DownloadScheduled",
        "DownloadPaused",
        "InstallScheduled",
        "InstallRebooting",
        "SignatureVerified",
    }
)
RUNNING_DIAGNOSTICS = frozenset({"Uploading"})


class Busy(StrEnum):
    """Why a charger is not idle; the first that applies, most telling first."""

    NOT_BOOTED = "not_booted"
    TRANSACTION = "transaction"
    CONNECTOR = "connector"
    CONNECTOR_UNKNOWN = "connector_unknown"
    UNANSWERED = "unanswered"
    FIRMWARE = "firmware"
    DIAGNOSTICS = "diagnostics"
    REMOTE_START = "remote_start"


@dataclass(frozen=True, slots=True)
class Activity:
    """What a charger is doing. ``connectors``: number to status, of this boot only (0 is the charge point).

    ``connector_count`` is the highest connector known; 0 means none was ever reported. ``unanswered`` counts charger
    messages without an answer yet, those being stored included; the engine, which cannot see them, leaves it 0.
    """

    boot_accepted: bool
    connector_count: int
    connectors: Mapping[int, str] = field(default_factory=dict)
    open_transactions: int = 0
    unanswered: int = 0
    firmware_status: str = ""
    diagnostics_status: str = ""
    remote_start_pending: bool = False


def busy_reason(activity: Activity) -> Busy | None:
    """None: idle. Everything that is not known to be idle is busy or unknown, and waits."""
    if not activity.boot_accepted:
        return Busy.NOT_BOOTED
    if activity.open_transactions:
        return Busy.TRANSACTION
    if reason := _connectors_busy(activity):
        return reason
    jobs = (
        (activity.unanswered > 0, Busy.UNANSWERED),
        (activity.firmware_status in RUNNING_FIRMWARE, Busy.FIRMWARE),
        (activity.diagnostics_status in RUNNING_DIAGNOSTICS, Busy.DIAGNOSTICS),
        (activity.remote_start_pending, Busy.REMOTE_START),
    )
    return next((reason for applies, reason in jobs if applies), None)


def _connectors_busy(activity: Activity) -> Busy | None:
    if any(status not in IDLE_STATUSES for status in activity.connectors.values()):
        return Busy.CONNECTOR
    known = activity.connectors.keys()
    if activity.connector_count < 1 or any(number not in known for number in range(1, activity.connector_count + 1)):
        return Busy.CONNECTOR_UNKNOWN
    return None
