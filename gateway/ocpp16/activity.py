"""What one charger is doing, as its connection told us: the facts behind "idle"."""

from collections.abc import Mapping
from typing import Any

from chargers.link_state import IDLE_STATUSES, Activity, Busy, busy_reason
from gateway.ocpp16.vocabulary import CHARGE_POINT_STATUSES

MAX_CONNECTORS = 64
NUMBER_OF_CONNECTORS = "NumberOfConnectors"
REMEMBERED_ENDS = 16
CLOCK_MEMORY_SECONDS = 3600.0
# A connector that says so is in service again, whoever took it out before.
IN_SERVICE = frozenset({"Available", "Preparing", "Reserved"})
MOST_FOREIGN = 64


class ChargerActivity:
    """Mutable, owned by one session.

    A status counts when it was reported on this connection. Those the store had of the same boot (``stored``) count
    only once ``trust_stored`` is set: the charger was asked and would not say, so nothing newer can be had.
    ``foreign``: transactions the charger speaks of that are not ours (-1 included), id to connector.
    """

    __slots__ = (
        "_ended",
        "_job",
        "boot_accepted",
        "boot_number",
        "clock_offset",
        "clock_offset_at",
        "connector_count",
        "diagnostics_status",
        "firmware_status",
        "foreign",
        "job_until",
        "open",
        "ordered_out",
        "remote_start_until",
        "reported",
        "reservations",
        "settled_at",
        "starting",
        "stored",
        "trust_stored",
    )

    def __init__(self, *, boot_accepted: bool, boot_number: int, connector_count: int, settled_at: float) -> None:
        self.boot_accepted = boot_accepted
        self.boot_number = boot_number
        self.connector_count = min(max(connector_count, 0), MAX_CONNECTORS)
        self.settled_at = settled_at
        self.reported: dict[int, str] = {}
        self.stored: Mapping[int, str] = {}
        self.trust_stored = False
        self.open: dict[int, int] = {}
        self.ordered_out: set[int] = set()
        self.reservations: dict[int, float] = {}
        self.foreign: dict[int, int] = {}
        self.starting = 0
        self.firmware_status = ""
        self.diagnostics_status = ""
        self.remote_start_until = self.job_until = 0.0
        self._job: Busy | None = None
        self.clock_offset = 0.0
        self.clock_offset_at: float | None = None
        self._ended: tuple[int, ...] = ()

    def booted(self, boot_number: int, settled_at: float) -> None:
        """A boot was accepted: statuses and jobs of the boot before are past, transactions of ours are not."""
        self.boot_accepted = True
        self.boot_number = boot_number
        self.settled_at = settled_at
        self.reported.clear()
        self.stored = {}
        self.trust_stored = False
        self.foreign.clear()
        self.firmware_status = self.diagnostics_status = ""
        self.remote_start_until = self.job_until = 0.0
        self.clock_offset_at = None

    def agree_to_job(self, job: Busy, until: float) -> None:
        """The charger will fetch a firmware or upload diagnostics; it counts as busy until it reports, or that time."""
        self._job, self.job_until = job, until

    def hear_of_job(self, job: Busy, status: str) -> None:
        if job is Busy.FIRMWARE:
            self.firmware_status = status
        else:
            self.diagnostics_status = status
        if job is self._job:
            self.job_until = 0.0

    def report(self, connector: int, status: str) -> bool:
        """Take a status; False when it says something impossible and is not kept."""
        if not 0 <= connector <= MAX_CONNECTORS or (connector == 0 and status not in CHARGE_POINT_STATUSES):
            return False
        self.reported[connector] = status
        self.connector_count = max(self.connector_count, connector)
        if status in IN_SERVICE:
            self.ordered_out.discard(connector)
        if connector and status in IDLE_STATUSES and self.foreign:
            self.foreign = {number: at for number, at in self.foreign.items() if at != connector}
        return True

    def hear_clock(self, offset: float, now: float) -> float:
        """The charger's clock minus ours, in seconds, by a message that names a time.

        A message may be late, never early: of the last hour the one most ahead is the nearest to the truth.
        """
        known_at = self.clock_offset_at
        if known_at is None or offset >= self.clock_offset or now - known_at > CLOCK_MEMORY_SECONDS:
            self.clock_offset, self.clock_offset_at = offset, now
        return self.clock_offset

    def learn_connector_count(self, count: int) -> bool:
        """NumberOfConnectors as the charger has it; absurd numbers, and fewer than have reported, are not believed."""
        if not max(self.reported, default=0) <= count <= MAX_CONNECTORS or count < 1 or count == self.connector_count:
            return False
        self.connector_count = count
        return True

    def learn_configuration(self, payload: Mapping[str, Any]) -> None:
        """An answer to GetConfiguration, as ``outgoing.read_response`` gives it."""
        for setting in payload.get("configurationKey", ()):
            value = setting["value"]
            if setting["key"] == NUMBER_OF_CONNECTORS and value and value.isascii() and value.isdigit():
                self.learn_connector_count(int(value[:12]))

    def start(self, transaction_id: int, connector: int) -> None:
        """A transaction of ours runs; an older one on the same connector must be over, its stop is lost."""
        if connector:
            self.open = {number: at for number, at in self.open.items() if at != connector}
        self.open[transaction_id] = connector

    def end(self, transaction_id: int) -> None:
        self.open.pop(transaction_id, None)
        self.foreign.pop(transaction_id, None)
        self._ended = (*self._ended[-(REMEMBERED_ENDS - 1) :], transaction_id)

    def speaks_of(self, transaction_id: int, connector: int) -> bool:
        """Meter values name this transaction; True when it is new to us, and so a foreign one."""
        if transaction_id in self.open or transaction_id in self.foreign or transaction_id in self._ended:
            return False
        if len(self.foreign) >= MOST_FOREIGN:
            del self.foreign[next(iter(self.foreign))]
        self.foreign[transaction_id] = connector
        return True

    def connectors(self) -> Mapping[int, str]:
        return {**self.stored, **self.reported} if self.trust_stored else self.reported

    def missing(self) -> bool:
        """Whether some connector has not said on this connection what it is doing."""
        reported = self.reported
        return not self.connector_count or any(n not in reported for n in range(1, self.connector_count + 1))

    def order_out(self, connector: int, out: bool) -> None:
        """Somebody had it (0: every connector) taken out of service or put back, and the charger agreed."""
        concerned = {connector} if connector else set(range(1, self.connector_count + 1))
        self.ordered_out = self.ordered_out | concerned if out else self.ordered_out - concerned

    def shown_out(self) -> set[int]:
        """Connectors that say Unavailable."""
        return {number for number, status in self.connectors().items() if number and status == "Unavailable"}

    def snapshot(self, now: float, unanswered: int) -> Activity:
        return Activity(
            boot_accepted=self.boot_accepted,
            connector_count=self.connector_count if now >= self.settled_at else 0,
            connectors=self.connectors(),
            open_transactions=len(self.open) + len(self.foreign) + self.starting,
            unanswered=unanswered,
            firmware_status=self.firmware_status,
            diagnostics_status=self.diagnostics_status,
            remote_start_pending=now < self.remote_start_until,
            reserved=any(now < until for until in self.reservations.values()),
            job_pending=self._job if now < self.job_until else None,
        )

    def busy_reason(self, now: float, unanswered: int) -> Busy | None:
        return busy_reason(self.snapshot(now, unanswered))
