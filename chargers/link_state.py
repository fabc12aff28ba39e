"""Whether a charger is online and idle: one rule for the gateway (its memory) and the engine (stored facts). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

NODE_ALIVE = timedelta(seconds=15)
# A frame or pong is due every 30 s and has 20 s to come; it is stored at most every 20 s.
LIVENESS = timedelta(seconds=90)

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
    RESERVATION = "reservation"


@dataclass(frozen=True, slots=True)
class Activity:
    """What a charger is doing. ``connectors``: number to status, of this boot only (0 is the charge point).

    ``connector_count`` is the highest connector known; 0 means none was ever reported. ``unanswered`` counts charger
    messages without an answer yet, those being stored included; the engine, which cannot see them, leaves it 0.
    ``reserved``: some connector, whichever, is kept for a card; one that is kept itself says Reserved.
    ``job_pending``: FIRMWARE or DIAGNOSTICS, just agreed to and not reported on yet.
    """

    boot_accepted: bool
    connector_count: int
    connectors: Mapping[int, str] = field(default_factory=dict)
    open_transactions: int = 0
    unanswered: int = 0
    firmware_status: str = ""
    diagnostics_status: str = ""
    remote_start_pending: bool = False
    reserved: bool = False
    job_pending: Busy | None = None


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
        (activity.reserved, Busy.RESERVATION),
    )
    return next((reason for applies, reason in jobs if applies), activity.job_pending)


def is_reserved(reservations: Mapping[str, float] | None, now: datetime) -> bool:
    """``reservations``: number to end, as Unix time."""
    return any(until > now.timestamp() for until in (reservations or {}).values())


def _connectors_busy(activity: Activity) -> Busy | None:
    if any(status not in IDLE_STATUSES for status in activity.connectors.values()):
        return Busy.CONNECTOR
    known = activity.connectors.keys()
    if activity.connector_count < 1 or any(number not in known for number in range(1, activity.connector_count + 1)):
        return Busy.CONNECTOR_UNKNOWN
    return None


class LinkState(StrEnum):
    """What to say about a charger's connection at a glance; ``online`` is true for the last three."""

    NEVER = "never"
    OFFLINE = "offline"
    BOOTING = "booting"
    CHARGING = "charging"
    BUSY = "busy"
    IDLE = "idle"

    @property
    def online(self) -> bool:
        return self in {LinkState.CHARGING, LinkState.BUSY, LinkState.IDLE}


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What the database knows of one charger's connection; None in ``node_seen_at``: no such gateway."""

    activity: Activity
    node: str = ""
    epoch: int = 0
    boot_number: int = 0
    connected_at: datetime | None = None
    disconnected_at: datetime | None = None
    last_seen_at: datetime | None = None
    node_seen_at: datetime | None = None
    authenticated_with: str = ""
    fence_closed: bool = False


NO_LINK = LinkFacts(Activity(boot_accepted=False, connector_count=0))


def is_connected(facts: LinkFacts, now: datetime) -> bool:
    """A live connection: not closed, its gateway alive, and something heard of the charger within the window."""
    return (
        facts.connected_at is not None
        and facts.disconnected_at is None
        and facts.node_seen_at is not None
        and now - facts.node_seen_at <= NODE_ALIVE
        and facts.last_seen_at is not None
        and now - facts.last_seen_at <= LIVENESS
    )


def link_state(facts: LinkFacts, now: datetime) -> LinkState:
    if facts.connected_at is None:
        return LinkState.NEVER
    if not is_connected(facts, now):
        return LinkState.OFFLINE
    match busy_reason(facts.activity):
        case None:
            return LinkState.IDLE
        case Busy.NOT_BOOTED:
            return LinkState.BOOTING
        case Busy.TRANSACTION:
            return LinkState.CHARGING
        case _:
            return LinkState.BUSY


def is_idle(facts: LinkFacts, now: datetime) -> bool:
    return link_state(facts, now) is LinkState.IDLE
