"""Which chargers' local lists are not what they should be. Runs in the store's reader thread."""

from collections import defaultdict
from collections.abc import Collection

import msgspec
from django.db import connection

from gateway.ocpp16.local_list import KEYS, Card, Entries, Held, Limits, digest_of, entries_for, read_limits
from installations.authentication import NATIVE

# Chargers that are native, by what the site agreed and by what has reached them; and those that still hold a list of
# ours. What failed waits for its time, what a charger cannot for another firmware.
CHARGERS = """
SELECT c.id, c.installation_id, c.firmware, r.mode = %s AND coalesce(a.mode, %s) = %s, coalesce(l.state, ''), l.digest
FROM chargers_charger c
JOIN installations_installation i ON i.id = c.installation_id
JOIN installations_authenticationrevision r ON r.id = i.revision_id
LEFT JOIN installations_authenticationrevision a ON a.id = c.applied_revision_id
LEFT JOIN chargers_locallist l ON l.charger_id = c.id
WHERE c.id = ANY(%s)
  AND ((r.mode = %s AND coalesce(a.mode, %s) = %s) OR coalesce(l.cards, 0) > 0)
  AND (l.retry_at IS NULL OR l.retry_at <= now())
  AND NOT coalesce(l.state = 'not_supported' AND l.firmware = c.firmware, false)
"""

REPORTED = """
SELECT charger_id, key, value FROM chargers_reportedsetting WHERE charger_id = ANY(%s) AND lower(key) = ANY(%s)
"""

CARDS = """
SELECT installation_id, id_tag, blocked, expires_at, parent_id_tag
FROM installations_decidingcard WHERE installation_id = ANY(%s)
"""

HELD = """
SELECT charger_id, version, entries::text FROM chargers_locallist
WHERE charger_id = ANY(%s) AND state NOT IN ('', 'waiting')
"""


class Wish(msgspec.Struct, frozen=True):
    """A charger whose list is to change. ``limits`` None: it was never asked what it can.

    ``held``: what it accepted last; None: nothing we know of. ``leaving``: it is to hold none of our cards any more.
    """

    charger_id: int
    firmware: str
    limits: Limits | None
    cards: list[Card]
    leaving: bool
    held: Held | None = None


def wishes(charger_ids: Collection[int]) -> list[Wish]:
    """Four queries for any number of chargers."""
    with connection.cursor() as cursor:
        cursor.execute(CHARGERS, [NATIVE, NATIVE, NATIVE, list(charger_ids), NATIVE, NATIVE, NATIVE])
        rows = cursor.fetchall()
        if not rows:
            return []
        reported: dict[int, dict[str, str | None]] = defaultdict(dict)
        cursor.execute(REPORTED, [[row[0] for row in rows], [key.lower() for key in KEYS]])
        for charger_id, key, value in cursor.fetchall():
            reported[charger_id][key] = value
        cards: dict[int, list[Card]] = defaultdict(list)
        cursor.execute(CARDS, [sorted({row[1] for row in rows if row[3]})])
        for site, *card in cursor.fetchall():
            cards[site].append(Card(*card))
        found = _undone(rows, reported, cards)
        if found:
            cursor.execute(HELD, [[wish.charger_id for wish in found]])
            held = {row[0]: Held(row[1], _entries(row[2])) for row in cursor.fetchall()}
            found = [msgspec.structs.replace(wish, held=held.get(wish.charger_id)) for wish in found]
    return found


def _undone(
    rows: list[tuple[int, int, str, bool, str, bytes | None]],
    reported: dict[int, dict[str, str | None]],
    cards: dict[int, list[Card]],
) -> list[Wish]:
    digests: dict[tuple[int, int], bytes] = {}
    found = []
    for charger_id, site, firmware, native, state, digest in rows:
        mine = cards[site] if native else []
        if not mine and not state:
            continue
        limits = read_limits(reported[charger_id])
        if limits is not None and state == "sent":
            place = (site if native else 0, limits.in_all)
            if place not in digests:
                digests[place] = digest_of(*entries_for(mine, limits.in_all))
            if digest is not None and bytes(digest) == digests[place]:
                continue
        if limits is None and reported[charger_id].keys() & {"SupportedFeatureProfiles"}:
            continue  # it has said what it can, and that is no local list
        found.append(Wish(charger_id, firmware, limits, mine, not native))
    return found


def _entries(stored: str) -> Entries:
    return msgspec.json.decode(stored, type=dict[str, tuple[str, str, str]])
