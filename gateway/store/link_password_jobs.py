"""New link passwords on their way to chargers, and logins with wrong ones."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from accounts.models import User
from accounts.permissions import Action
from chargers.models import Charger, LinkPasswordChange, PasswordChangeState
from gateway.store.jobs import EndPassword, RefuseLogin, SendPassword
from installations.access import allowed
from installations.authentication import DIRECT

WAITING = """
SELECT p.id, c.device_id FROM chargers_linkpasswordchange p
JOIN chargers_charger c ON c.id = p.charger_id
JOIN chargers_chargerlink l ON l.charger_id = c.id
WHERE p.state = 'waiting' AND l.node = %s AND l.disconnected_at IS NULL
ORDER BY p.id LIMIT 100
"""

SEND = """
WITH sent AS (
    UPDATE chargers_linkpasswordchange SET state = 'sent', sent_at = now()
    WHERE id = %s AND charger_id = %s AND state = 'waiting' RETURNING charger_id
)
UPDATE chargers_charger c SET candidate_key_digest = %s, directory_at = now() FROM sent WHERE c.id = sent.charger_id
"""

END = """
UPDATE chargers_linkpasswordchange SET state = %s, answer = %s,
    sent_at = CASE WHEN %s = 'waiting' THEN NULL ELSE sent_at END,
    ended_at = CASE WHEN %s = 'waiting' THEN NULL ELSE now() END
WHERE id = %s AND state = 'sent'
"""

FORGET = """
UPDATE chargers_charger SET candidate_key_digest = NULL, directory_at = now()
WHERE id = %s AND candidate_key_digest = %s
"""

PROVEN = """
UPDATE chargers_linkpasswordchange SET state = 'proven', proven_at = now(), ended_at = coalesce(ended_at, now())
WHERE state IN ('sent', 'accepted', 'unknown', 'handed_out')
  AND id IN (SELECT max(id) FROM chargers_linkpasswordchange WHERE charger_id = ANY(%s) GROUP BY charger_id)
"""

# Failures of more than an hour ago are another story.
REFUSED = """
INSERT INTO chargers_refusedlogin AS r (charger_id, count, first_at, last_at)
SELECT c.id, t.count, t.first_at, t.last_at
FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::timestamptz[]) AS t(id, count, first_at, last_at)
JOIN chargers_charger c ON c.id = t.id
ON CONFLICT (charger_id) DO UPDATE SET
    count = excluded.count + CASE WHEN r.last_at < excluded.first_at - interval '1 h' THEN 0 ELSE r.count END,
    first_at = CASE WHEN r.last_at < excluded.first_at - interval '1 h' THEN excluded.first_at ELSE r.first_at END,
    last_at = excluded.last_at
"""


def waiting(node: str) -> list[tuple[int, str]]:
    """Changes (id, device id) for chargers that are connected to this node."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [node])
        return list(cursor.fetchall())


def send(jobs: list[SendPassword]) -> list[bool]:
    return [_send(job) for job in jobs]


def _send(job: SendPassword) -> bool:
    """Looks again at what was true when it was asked for: the person's right, and whose the password is."""
    change = LinkPasswordChange.objects.filter(pk=job.change_id).select_related("requested_by").first()
    charger = Charger.objects.select_related("installation__revision", "applied_revision").get(pk=job.charger_id)
    revisions = (charger.applied_revision, charger.installation.revision)
    ours = all(revision is None or revision.mode != DIRECT for revision in revisions)
    if change is None or change.state != PasswordChangeState.WAITING:
        return False
    if not ours or not _may(change.requested_by, charger):
        change.state, change.answer = PasswordChangeState.CANCELLED, "not_permitted" if ours else "direct_mode"
        change.save(update_fields=["state", "answer"])
        return False
    with connection.cursor() as cursor:
        cursor.execute(SEND, [job.change_id, job.charger_id, job.digest])
        return int(cursor.rowcount) == 1


def _may(person: User | None, charger: Charger) -> bool:
    """None: the account is gone, the wish with it."""
    if person is None or not person.is_active:
        return False
    return Action.EDIT_CHARGERS in allowed(person, charger.installation, Action.EDIT_CHARGERS)


def end(jobs: list[EndPassword]) -> list[None]:
    with connection.cursor() as cursor:
        for job in jobs:
            cursor.execute(END, [job.state, job.answer, job.state, job.state, job.change_id])
            if job.state in {"waiting", "refused"}:
                cursor.execute(FORGET, [job.charger_id, job.digest])
    return [None] * len(jobs)


def logged_in(charger_ids: Sequence[int], shown: Sequence[int]) -> None:
    """``shown``: those that showed their candidate."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM chargers_refusedlogin WHERE charger_id = ANY(%s)", [list(charger_ids)])
        if shown:
            cursor.execute(PROVEN, [list(shown)])


def refuse_login(jobs: list[RefuseLogin]) -> list[None]:
    found: dict[int, list[datetime]] = {}
    for job in jobs:
        found.setdefault(job.charger_id, []).append(job.at)
    with connection.cursor() as cursor:
        cursor.execute(
            REFUSED,
            [
                list(found), [len(times) for times in found.values()], [min(times) for times in found.values()],
                [max(times) for times in found.values()],
            ],
        )  # fmt: skip
    return [None] * len(jobs)
