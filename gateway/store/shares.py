"""Load balancing as a gateway node takes part in it: rounds in a thread of its own, and what its limiters keep of them.

A current is kept as being said before it is sent, under the row's lock and only while it is still granted: a round that
lowers the grant at the same time either counts with it or prevents it.
"""

import threading
from collections.abc import Callable, Collection
from datetime import datetime

import structlog
from django.db import close_old_connections, connection

from chargers.charging.profile import Purpose
from chargers.services import balancing
from gateway.limits.facts import Share
from gateway.limits.wanted import Slot, Value

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 0.5

READ = """
SELECT s.charger_id, s.connector, s.standby_granted, s.transaction_id, s.current_granted FROM chargers_chargingshare s
JOIN chargers_charger c ON c.id = s.charger_id JOIN chargers_siteload l ON l.installation_id = c.installation_id
WHERE s.charger_id = ANY(%s) AND l.ended_at IS NULL
"""

# Rounds of other nodes too, and sites that are not balanced any more; one committed late may carry an older time.
NEWLY_GRANTED = """
SELECT s.charger_id, max(s.granted_at) FROM chargers_chargingshare s
JOIN chargers_chargerlink k ON k.charger_id = s.charger_id
WHERE s.granted_at > now() - interval '10 seconds' AND k.node = %s AND k.disconnected_at IS NULL
GROUP BY s.charger_id
UNION ALL
SELECT c.id, l.ended_at FROM chargers_siteload l JOIN chargers_charger c ON c.installation_id = l.installation_id
JOIN chargers_chargerlink k ON k.charger_id = c.id
WHERE l.ended_at > now() - interval '10 seconds' AND k.node = %s AND k.disconnected_at IS NULL
"""

SAYING = {
    Purpose.DEFAULT: """
UPDATE chargers_chargingshare SET standby_saying = greatest(standby_saying, %(amps)s)
WHERE charger_id = %(charger)s AND connector = %(connector)s AND standby_granted >= %(amps)s
""",
    Purpose.TX: """
UPDATE chargers_chargingshare SET current_saying = greatest(current_saying, %(amps)s)
WHERE charger_id = %(charger)s AND connector = %(connector)s
  AND CASE WHEN transaction_id = %(session)s THEN current_granted ELSE standby_granted END >= %(amps)s
""",
}

TOLD = {
    Purpose.DEFAULT: """
UPDATE chargers_chargingshare SET standby_told = %(amps)s, standby_saying = NULL
WHERE charger_id = %(charger)s AND connector = %(connector)s
""",
    Purpose.TX: """
UPDATE chargers_chargingshare SET current_told = %(amps)s, current_saying = NULL
WHERE charger_id = %(charger)s AND connector = %(connector)s AND transaction_id = %(session)s
""",
}


def read_shares(charger_ids: Collection[int]) -> dict[int, dict[int, Share]]:
    """By charger and connector; nothing where the site's load is not balanced."""
    found: dict[int, dict[int, Share]] = {}
    with connection.cursor() as cursor:
        cursor.execute(READ, [list(charger_ids)])
        for charger_id, connector, standby, session, current in cursor.fetchall():
            amps = None if current is None else current / 10
            found.setdefault(charger_id, {})[connector] = Share(standby / 10, session, amps)
    return found


def about_to_say(charger_id: int, slot: Slot, value: Value) -> bool:
    """False: it is not granted any more."""
    with connection.cursor() as cursor:
        cursor.execute(SAYING[slot.purpose], _named(charger_id, slot, value))
        return bool(cursor.rowcount)


def accepted(charger_id: int, slot: Slot, value: Value) -> None:
    """The charger holds it from now on, and nothing it was told before; others may get what that leaves."""
    with connection.cursor() as cursor:
        cursor.execute(TOLD[slot.purpose], _named(charger_id, slot, value))
    balancing.hurry([charger_id])


def _named(charger_id: int, slot: Slot, value: Value) -> dict[str, int | None]:
    return {
        "charger": charger_id, "connector": slot.connector, "amps": round(value.amps * 10),
        "session": value.transaction_id,
    }  # fmt: skip


class Rounds:
    """``stir`` is for the loop; ``granted`` is called in the thread, with chargers that have new shares."""

    def __init__(self, node: str, granted: Callable[[Collection[int]], None]) -> None:
        self._node, self._granted = node, granted
        self._stirred: set[int] = set()
        self._lock = threading.Lock()
        self._seen: dict[int, datetime] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._turn_for_ever, name="balancing", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_seconds: float = 5) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)

    def stir(self, charger_id: int) -> None:
        """Something happened at a charger of a site whose load is balanced."""
        with self._lock:
            self._stirred.add(charger_id)

    # In the thread

    def _turn_for_ever(self) -> None:
        while not self._stopping.wait(PAUSE_SECONDS):
            try:
                close_old_connections()
                self._turn()
            except Exception as error:
                connection.close()
                log.warning("a round of load balancing broke", error=type(error).__name__)
        connection.close()

    def _turn(self) -> None:
        with self._lock:
            stirred, self._stirred = self._stirred, set()
        if stirred:
            balancing.hurry(stirred)
        changed = balancing.balance_due()
        with connection.cursor() as cursor:
            cursor.execute(NEWLY_GRANTED, [self._node, self._node])
            newest: dict[int, datetime] = dict(cursor.fetchall())
        changed |= {charger_id for charger_id, at in newest.items() if self._seen.get(charger_id) != at}
        self._seen = newest
        if changed:
            self._granted(changed)
