"""Starting without a card: who may be started, once for each time a car is plugged in."""

from django.db import connection

from chargers.profiles import profile_for
from gateway.store.jobs import NotStarted, StartFreely
from installations.authentication import NATIVE
from installations.id_tag import marker_tag

# Both what the site agreed and what has reached the charger must be native; a car that waits locks its row.
WAITING = """
SELECT t.place, k.id, c.installation_id, c.vendor, c.model, c.firmware
FROM unnest(%s::int[], %s::bigint[], %s::int[]) AS t(place, charger_id, number)
JOIN chargers_charger c ON c.id = t.charger_id
JOIN chargers_connector k ON k.charger_id = c.id AND k.number = t.number
JOIN installations_installation i ON i.id = c.installation_id
JOIN installations_authenticationrevision r ON r.id = i.revision_id
LEFT JOIN installations_authenticationrevision a ON a.id = c.applied_revision_id
WHERE k.status = 'Preparing' AND k.remote_start_at IS NULL
  AND r.mode = %s AND NOT r.authorization_required AND coalesce(a.mode, %s) = %s
  AND NOT EXISTS (SELECT 1 FROM chargers_transaction x WHERE x.charger_id = c.id AND x.connector = t.number
                  AND x.stop_received_at IS NULL AND NOT x.orphan)
FOR UPDATE OF k
"""

TAKE = """
UPDATE chargers_connector k SET remote_start_at = t.at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS t(id, at) WHERE k.id = t.id
"""

GIVE_BACK = """
UPDATE chargers_connector k SET remote_start_at = NULL
FROM unnest(%s::bigint[], %s::int[]) AS t(charger_id, number) WHERE k.charger_id = t.charger_id AND k.number = t.number
"""


def start_freely(jobs: list[StartFreely]) -> list[str]:
    """The id tag to start with; empty: not this one, or not again."""
    answers = [""] * len(jobs)
    taken = []
    with connection.cursor() as cursor:
        columns = [list(range(len(jobs))), [job.charger_id for job in jobs], [job.connector for job in jobs]]
        cursor.execute(WAITING, [*columns, NATIVE, NATIVE, NATIVE])
        for place, connector_id, installation_id, vendor, model, firmware in cursor.fetchall():
            if profile_for(vendor, model, firmware).free_vend is None:
                answers[place] = marker_tag(installation_id)
                taken.append((connector_id, jobs[place].at))
        if taken:
            cursor.execute(TAKE, [[one for one, _at in taken], [at for _one, at in taken]])
    return answers


def not_started(jobs: list[NotStarted]) -> list[None]:
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, [[job.charger_id for job in jobs], [job.connector for job in jobs]])
    return [None] * len(jobs)
