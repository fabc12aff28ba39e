"""What all connectors of a site may take at this moment, added up by where and how their chargers are wired.

The rule of ``chargers.balancing.site.Outlet.bound`` in SQL: a page of a large site need not look at each of them.
"""

from dataclasses import dataclass

from django.db import connection

MOST_CONNECTORS = 16

SUMS = """
WITH running AS (
    SELECT t.charger_id, t.connector, max(t.id) AS id FROM chargers_transaction t
    JOIN chargers_charger c ON c.id = t.charger_id
    WHERE c.installation_id = %(site)s AND t.stop_received_at IS NULL AND NOT t.orphan
    GROUP BY t.charger_id, t.connector
), here AS (
    SELECT c.id, c.circuit_id, c.phase_rotation, trunc(c.max_current * 10)::int AS most,
        k.connected_at IS NULL AS absent,
        least(greatest(coalesce(k.connector_count, 1), 1), %(most)s) AS count,
        r.mode IS DISTINCT FROM 'ocpp_direct'
            AND NOT coalesce(NOT p.takes_profiles AND p.firmware = c.firmware, false) AS managed
    FROM chargers_charger c
    LEFT JOIN chargers_chargerlink k ON k.charger_id = c.id
    LEFT JOIN chargers_charginglimit p ON p.charger_id = c.id
    LEFT JOIN installations_authenticationrevision r ON r.id = c.applied_revision_id
    WHERE c.installation_id = %(site)s
), outlet AS (
    SELECT h.*, n.connector FROM here h CROSS JOIN LATERAL generate_series(1, h.count) AS n(connector)
    UNION ALL SELECT h.*, t.connector FROM here h JOIN running t ON t.charger_id = h.id AND t.connector > h.count
), bound AS (
    SELECT o.circuit_id, o.phase_rotation, o.most, t.id AS session,
        CASE
            WHEN o.managed AND s.standby_told IS NOT NULL
            THEN greatest(s.standby_granted, s.standby_told, s.standby_saying)
            WHEN o.absent THEN 0 ELSE o.most
        END AS idle,
        CASE WHEN s.transaction_id = t.id
            THEN coalesce(greatest(s.current_granted, s.current_told, s.current_saying), 0) ELSE 0 END AS held
    FROM outlet o
    LEFT JOIN chargers_chargingshare s ON s.charger_id = o.id AND s.connector = o.connector
    LEFT JOIN running t ON t.charger_id = o.id AND t.connector = o.connector
)
SELECT circuit_id, phase_rotation, sum(greatest(idle, held)), sum(most), count(session)
FROM bound GROUP BY circuit_id, phase_rotation
"""


@dataclass(frozen=True, slots=True)
class Wired:
    """Connectors behind the fuse of ``circuit`` (None: the main fuse) with one phase rotation, in tenths of an ampere.

    ``bound``: the most they may take now; ``most``: if nobody limited them. ``sessions``: how many run there.
    """

    circuit: int | None
    rotation: str
    bound: int
    most: int
    sessions: int


def sums_of(installation_id: int) -> list[Wired]:
    with connection.cursor() as cursor:
        cursor.execute(SUMS, {"site": installation_id, "most": MOST_CONNECTORS})
        return [
            Wired(circuit, rotation, int(bound), int(most), int(sessions))
            for circuit, rotation, bound, most, sessions in cursor.fetchall()
        ]
