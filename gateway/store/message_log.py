"""The message log's own thread: what goes over the sockets, paired and without secrets, into the database by COPY.

The loop only appends to a queue. Where the database is slow or away the queue fills, what comes then is counted and
not kept, and a row says so later: the log may have gaps, the gateway never waits for it.
"""

import threading
import time
from collections import deque
from datetime import UTC, date, datetime
from functools import lru_cache

import structlog
from django.db import Error, InterfaceError, OperationalError, connection, transaction

from chargers.message_partitions import ensure_partition
from gateway import metrics
from gateway.ocpp16.exchanges import Exchange, Pairing

log = structlog.get_logger(__name__)

MOST_WAITING = 50_000
MOST_WAITING_CHARACTERS = 64 * 1024 * 1024
MOST_AT_ONCE = 5_000
SLICE, BREATH_SECONDS = 100, 0.001
PAUSE_SECONDS = 0.4
RETRY_SECONDS = 1.0
OVERDUE_EVERY_SECONDS = 10.0
ATTEMPTS = 3

COPY = (
    "COPY chargers_message (at, charger_id, direction, action, message_id, outcome, status, latency_seconds, payload,"
    " answer, missing) FROM STDIN"
)
DIRECTIONS = {
    (False, False): "from_charger",
    (False, True): "to_charger",
    (True, False): "from_backend",
    (True, True): "to_backend",
}
NOT_KEPT = "not_kept"


class Channel:
    """One socket of one charger, or of its backend."""

    __slots__ = ("_log", "backend", "charger_id", "pairing")

    def __init__(self, message_log: "MessageLog", charger_id: int, *, backend: bool) -> None:
        self.charger_id, self.backend = charger_id, backend
        self.pairing = Pairing()
        self._log = message_log

    def note(self, by_us: bool, text: str | bytes | None, at: float) -> None:
        """A frame went over the wire. None: the socket is gone, what is open has no answer. Never waits or raises."""
        self._log.note(self, by_us, text, at)


class MessageLog:
    """``channel`` and ``note`` are for the loop; the rest happens in a thread of its own. ``kept`` False: no log."""

    def __init__(self, *, kept: bool = True) -> None:
        self._kept = kept
        self._frames: deque[tuple[Channel, bool, str | bytes | None, float]] = deque()
        self._put_characters = self._taken_characters = 0
        self._lost: dict[int, tuple[int, float]] = {}
        self._lost_lock = threading.Lock()
        self._waiting: set[Channel] = set()
        self._lines: list[str] = []
        self._days: set[date] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._write_for_ever, name="message-log", daemon=True)
        self._last_at = self._swept_at = 0.0
        self.failures = 0

    def channel(self, charger_id: int, *, backend: bool = False) -> Channel:
        return Channel(self, charger_id, backend=backend)

    def start(self) -> None:
        if self._kept:
            self._thread.start()

    def stop(self, timeout_seconds: float = 5) -> None:
        """What waits is written if the database takes it at once."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)

    def note(self, channel: Channel, by_us: bool, text: str | bytes | None, at: float) -> None:
        if not self._kept:
            return
        size = len(text) if text is not None else 0
        full = self._put_characters - self._taken_characters > MOST_WAITING_CHARACTERS
        if text is not None and (full or len(self._frames) >= MOST_WAITING):
            self._lose(channel.charger_id, 1, at)
            return
        self._put_characters += size
        self._frames.append((channel, by_us, text, at))

    def _lose(self, charger_id: int, count: int, at: float) -> None:
        metrics.MESSAGES_NOT_KEPT.inc(count)
        with self._lost_lock:
            lost, since = self._lost.get(charger_id, (0, at))
            self._lost[charger_id] = (lost + count, since)

    # In the thread

    def _write_for_ever(self) -> None:
        while not self._stopping.wait(0.0 if len(self._frames) >= MOST_AT_ONCE else PAUSE_SECONDS):
            self.turn()
        self.turn()
        connection.close()

    def turn(self) -> None:
        """Take what waits and write it. Raises nothing: whatever goes wrong, the next turn begins anew."""
        try:
            self._take()
            if self._lines:
                self._write()
        except Exception as error:
            self.failures += 1
            log.error("messages were not logged", error=type(error).__name__, rows=len(self._lines))
            given_up, self._lines = self._lines, []
            for line in given_up:
                self._lose(int(line.split("\t", 2)[1]), 1, self._last_at)

    def _take(self) -> None:
        for number in range(min(len(self._frames), MOST_AT_ONCE)):
            if number % SLICE == SLICE - 1:
                time.sleep(BREATH_SECONDS)  # the loop has the interpreter to itself for a moment
            channel, by_us, text, at = self._frames.popleft()
            self._last_at = at
            if text is None:
                self._waiting.discard(channel)
                self._keep_all(channel, channel.pairing.end())
                continue
            self._taken_characters += len(text)
            exchange = channel.pairing.take(by_us, text if isinstance(text, str) else text.decode(), at)
            if exchange is not None:
                self._keep_all(channel, [exchange])
            if channel.pairing.waits:
                self._waiting.add(channel)
            else:
                self._waiting.discard(channel)
        if self._last_at - self._swept_at > OVERDUE_EVERY_SECONDS:
            self._swept_at = self._last_at
            for channel in list(self._waiting):
                self._keep_all(channel, channel.pairing.overdue(self._last_at))
        with self._lost_lock:
            lost, self._lost = self._lost, {}
        self._lines += [_marker(charger_id, count, at) for charger_id, (count, at) in lost.items()]

    def _keep_all(self, channel: Channel, exchanges: list[Exchange]) -> None:
        for exchange in exchanges:
            direction = DIRECTIONS[channel.backend, exchange.by_us]
            self._lines.append(_line(channel.charger_id, direction, exchange))

    def _write(self) -> None:
        """Patiently while the database is away; what it refuses three times is given up."""
        data = "".join(self._lines).encode(errors="replace")
        days = {date.fromisoformat(day) for day in {line[:10] for line in self._lines}}
        refused = 0
        while True:
            try:
                self._copy(data, days)
                break
            except Error as error:
                self.failures += 1
                self._days.clear()
                connection.close()
                refused += not isinstance(error, OperationalError | InterfaceError)
                if self._stopping.is_set() or refused >= ATTEMPTS:
                    raise
                self._stopping.wait(RETRY_SECONDS)
        self._lines.clear()

    def _copy(self, data: bytes, days: set[date]) -> None:
        for day in days - self._days:
            ensure_partition(day)
            self._days.add(day)
        with transaction.atomic(), connection.cursor() as cursor:
            # A crash of the database may cost the last second of the log, and nobody waits for a disk.
            cursor.execute("SET LOCAL synchronous_commit TO off")
            with cursor.copy(COPY) as copy:
                copy.write(data)


def _line(charger_id: int, direction: str, found: Exchange) -> str:
    """As COPY's text format wants it."""
    latency = "\\N" if found.latency is None else f"{found.latency:.4f}"
    head = f"{_time(found.at)}\t{charger_id}\t{direction}\t"
    action, number, status = found.action[:64], found.message_id[:64], found.status[:40]
    text = f"{action}\t{number}\t{found.outcome}\t{status}\t{latency}\t{found.payload}\t{found.answer}\t0"
    if (
        text.count("\\") != (found.latency is None)
        or "\n" in text
        or "\r" in text
        or "\0" in text
        or text.count("\t") != 7
    ):
        cells = (action, number, found.outcome, status)
        text = "\t".join((*map(_cell, cells), latency, _cell(found.payload), _cell(found.answer), "0"))
    return f"{head}{text}\n"


def _marker(charger_id: int, count: int, at: float) -> str:
    return f"{_time(at)}\t{charger_id}\tfrom_charger\t\t\t{NOT_KEPT}\t\t\\N\t\t\t{count}\n"


def _time(at: float) -> str:
    second = int(at)
    return f"{_second(second)}.{int((at - second) * 1e6):06d}+00"


@lru_cache(maxsize=256)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _cell(text: str) -> str:
    """What PostgreSQL cannot hold is replaced."""
    text = text.replace("\\", "\\\\").replace("\0", "\ufffd").replace("\n", "\\n")
    return text.replace("\r", "\\r").replace("\t", "\\t")
