"""What waits to go up to a backend, and in which order. Pure.

Transaction messages are rows of the database, delivered strictly in the order the charger sent them. Everything else
is of the moment: the newest status of each connector, the newest state of each job.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BOOT = "BootNotification"
STATUS = "StatusNotification"
MOST_IN_MEMORY = 200
MOST_METER_VALUES = 1000
CLOCK = "Sample.Clock"


@dataclass(frozen=True)
class Queued:
    """A stored message. ``transaction_id``: ours; None where it belongs to none."""

    id: int
    action: str
    payload: Mapping[str, Any]
    transaction_id: int | None = None


@dataclass(frozen=True)
class Notice:
    """Something of the moment. ``after``: the stored message that came before it, which goes up first; 0: none."""

    payload: Mapping[str, Any]
    after: int


@dataclass
class Outbox:
    """``more``: the database holds messages after the last one here.

    ``newest_id``: the last one that was told of as committed.
    """

    stored: deque[Queued] = field(default_factory=deque)
    notices: dict[tuple[str, int], Notice] = field(default_factory=dict)
    last_id: int = 0
    newest_id: int = 0
    more: bool = True

    def queued(self, message: Queued) -> None:
        """It was committed just now. Rows are taken from here only while none before them is missing."""
        self.newest_id = max(self.newest_id, message.id)
        if self.more or message.id <= self.last_id:
            return
        if len(self.stored) >= MOST_IN_MEMORY:
            self.more = True
            return
        self.stored.append(message)
        self.last_id = message.id

    def loaded(self, messages: Sequence[Queued], *, all_of_them: bool) -> None:
        """Read from the database, in order, after ``last_id``.

        What was committed while the question was under way, and is not in its answer, has to be asked for again.
        """
        for message in messages:
            if message.id > self.last_id:
                self.stored.append(message)
                self.last_id = message.id
        self.more = not all_of_them or self.newest_id > self.last_id

    def forget(self) -> None:
        """Before a new connection: what was not confirmed is read again, and all statuses are shown anew."""
        self.stored.clear()
        self.last_id = self.newest_id = 0
        self.more = True
        self.notices = {
            place: Notice(notice.payload, 0) for place, notice in self.notices.items() if place[0] != STATUS
        }

    def notice(self, action: str, payload: Mapping[str, Any]) -> None:
        """A status follows the messages before it, unless so many wait that it would be stale by then."""
        connector = payload.get("connectorId") if action == STATUS else None
        place = (action, connector if isinstance(connector, int) else 0)
        self.notices.pop(place, None)
        self.notices[place] = Notice(payload, 0 if self.more or action == BOOT else self.last_id)

    def next_notice(self) -> tuple[str, Mapping[str, Any]] | None:
        first = self.stored[0].id if self.stored else None
        for place, notice in self.notices.items():
            if first is None or first > notice.after:
                del self.notices[place]
                return place[0], notice.payload
        return None

    @property
    def boot_waits(self) -> bool:
        return (BOOT, 0) in self.notices

    def take_boot(self) -> None:
        self.notices.pop((BOOT, 0), None)


@dataclass(frozen=True)
class Reading:
    """A waiting MeterValues message: its row, its transaction, whether it is clock-aligned."""

    id: int
    transaction_id: int | None
    clock_aligned: bool


def thin(readings: Iterable[Reading], most: int = MOST_METER_VALUES) -> list[int]:
    """Which messages to give up so that ``most`` are left, if that can be: never the first or last of a transaction
    and never clock-aligned ones; of the others every second, again and again, so that what stays is evenly spread.
    """
    waiting = list(readings)
    ends: dict[int | None, tuple[int, int]] = {}
    for reading in waiting:
        first, _last = ends.get(reading.transaction_id, (reading.id, reading.id))
        ends[reading.transaction_id] = (first, reading.id)
    kept = [one for one in waiting if one.clock_aligned or one.id in ends[one.transaction_id]]
    spare = [one for one in waiting if not (one.clock_aligned or one.id in ends[one.transaction_id])]
    given_up: list[int] = []
    while spare and len(kept) + len(spare) > most:
        given_up += [one.id for one in spare[::2]]
        spare = spare[1::2]
    return sorted(given_up)


def is_clock_aligned(payload: Mapping[str, Any]) -> bool:
    values = payload.get("meterValue") or ()
    return any(sample.get("context") == CLOCK for value in values for sample in value.get("sampledValue") or ())


def with_transaction(message: Queued, backend_ids: Mapping[int, int]) -> dict[str, Any]:
    """The payload as the backend knows it: its own transaction id, -1 where it never gave one.

    Meter values of no transaction go without: some chargers write 0 for that.
    """
    payload = dict(message.payload)
    if "transactionId" in payload and message.action != "StartTransaction":
        if message.action == "MeterValues" and not payload["transactionId"]:
            del payload["transactionId"]
        else:
            payload["transactionId"] = backend_ids.get(message.transaction_id or 0, -1)
    return payload
