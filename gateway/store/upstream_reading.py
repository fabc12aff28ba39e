"""What a connection to a backend needs to begin, and the claims that keep two gateways from serving one charger."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from chargers.models import Charger, UpstreamLink, UpstreamMessage
from gateway.bridge.facts import Beginning, Login
from gateway.bridge.offline import TAKEN
from gateway.bridge.outbox import MOST_METER_VALUES, Queued, Reading, is_clock_aligned, thin
from gateway.directory import Backend
from installations.authentication import HEX_KEY
from installations.models import Installation, Secret
from installations.services.secrets import reveal, store_secret

LEASE_SECONDS = 15
LOAD = 100

# Passwords a backend gave are kept when the charger goes to another one: it may come back.
PUT_AWAY = """
INSERT INTO chargers_upstreamkey (charger_id, url, secret_id, candidate_id)
SELECT charger_id, key_url, secret_id, candidate_id FROM chargers_upstreamlink
WHERE charger_id = %(charger)s AND key_url <> %(url)s AND coalesce(secret_id, candidate_id) IS NOT NULL
ON CONFLICT (charger_id, url) DO UPDATE SET secret_id = excluded.secret_id, candidate_id = excluded.candidate_id
"""

# Who claims what it holds already changes nothing: how the connection stands is told by ``upstream_jobs.tell``.
CLAIM = """
INSERT INTO chargers_upstreamlink AS u (charger_id, url, "user", initial_id, left_count, state, since, fault,
    http_status, failures, holder, lease_until, key_url, secret_id, candidate_id)
SELECT %(charger)s, %(url)s, %(user)s, %(initial)s, 0, 'connecting', now(), '', 0, 0, %(holder)s,
    now() + make_interval(secs => %(lease)s), %(url)s, k.secret_id, k.candidate_id
FROM (SELECT 1) one LEFT JOIN chargers_upstreamkey k ON k.charger_id = %(charger)s AND k.url = %(url)s
ON CONFLICT (charger_id) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until, url = excluded.url,
    key_url = excluded.url, "user" = excluded."user", initial_id = excluded.initial_id,
    (state, since, fault, http_status, failures, retry_at) = (
        SELECT s.state, s.since, s.fault, s.http_status, s.failures, s.retry_at
        FROM (VALUES (true, 'connecting', now(), '', 0::smallint, 0, NULL::timestamptz),
                     (false, u.state, u.since, u.fault, u.http_status, u.failures, u.retry_at)
        ) AS s(fresh, state, since, fault, http_status, failures, retry_at)
        WHERE s.fresh = (u.key_url <> excluded.url OR u.holder <> excluded.holder)
    ),
    secret_id = CASE WHEN u.key_url = excluded.url THEN u.secret_id ELSE excluded.secret_id END,
    candidate_id = CASE WHEN u.key_url = excluded.url THEN u.candidate_id ELSE excluded.candidate_id END
WHERE u.holder IN ('', %(holder)s) OR u.lease_until < now()
RETURNING secret_id, candidate_id
"""

LEAVE_BEHIND = """
UPDATE chargers_upstreammessage SET ended_at = now(), outcome = 'left'
WHERE charger_id = %s AND ended_at IS NULL AND url <> %s
"""

LEAVE_LIMITS = """
UPDATE chargers_backendprofile SET closed_at = now() WHERE charger_id = %s AND closed_at IS NULL AND url <> %s
"""

OPEN = """
SELECT t.id, u.backend_id, u.status, t.stop_received_at IS NULL FROM chargers_upstreamtransaction u
JOIN chargers_transaction t ON t.id = u.transaction_id
WHERE u.url = %(url)s AND u.transaction_id IN (
    SELECT id FROM chargers_transaction WHERE charger_id = %(charger)s AND stop_received_at IS NULL AND NOT orphan
    UNION
    SELECT transaction_id FROM chargers_upstreammessage WHERE charger_id = %(charger)s AND ended_at IS NULL)
"""

RENEW = """
UPDATE chargers_upstreamlink SET lease_until = now() + make_interval(secs => %s)
WHERE holder = %s AND charger_id = ANY(%s) RETURNING charger_id
"""

ELSEWHERE = """
SELECT charger_id FROM chargers_chargerlink WHERE charger_id = ANY(%s) AND disconnected_at IS NULL AND node <> %s
"""

# Chargers that are away with messages left behind: whoever comes first takes them up.
STRANDED = """
SELECT DISTINCT c.id, c.device_id, u.url, u."user", u.initial_id FROM chargers_upstreammessage m
JOIN chargers_charger c ON c.id = m.charger_id
JOIN chargers_chargerlink l ON l.charger_id = m.charger_id AND l.disconnected_at < now() - interval '30 s'
JOIN chargers_upstreamlink u ON u.charger_id = m.charger_id AND u.url <> ''
WHERE m.ended_at IS NULL AND (u.lease_until IS NULL OR u.lease_until < now() OR u.holder = '')
LIMIT 100
"""


def claim(charger_id: int, backend: Backend, holder: str) -> Beginning | None:
    """None: another gateway serves this charger's backend for now."""
    told: dict[str, Any] = {
        "charger": charger_id, "url": backend.url, "user": backend.user, "initial": backend.secret_id,
        "holder": holder, "lease": LEASE_SECONDS,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PUT_AWAY, told)
        cursor.execute(CLAIM, told)
        row = cursor.fetchone()
        if row is None:
            return None
        secret_id, candidate_id = row
        cursor.execute(LEAVE_BEHIND, [charger_id, backend.url])
        cursor.execute(LEAVE_LIMITS, [charger_id, backend.url])
        cursor.execute(OPEN, told)
        mapped = cursor.fetchall()
    thin_out(charger_id)
    charger = Charger.objects.select_related("link").get(pk=charger_id)
    return Beginning(
        installation_id=charger.installation_id,
        logins=_logins((candidate_id, secret_id, backend.secret_id)),
        boot=_boot(charger),
        backend_ids={pk: backend_id for pk, backend_id, _status, _runs in mapped if backend_id is not None},
        refused=tuple(pk for pk, _backend_id, status, runs in mapped if runs and status not in TAKEN),
        statuses=_statuses(charger),
    )


def _logins(secret_ids: Iterable[int | None]) -> tuple[Login, ...]:
    """The newest first; last what people entered, which they may have done because nothing else works any more."""
    found: list[Login] = []
    for pk in dict.fromkeys(secret_ids):
        if pk is not None:
            text = reveal(Secret.objects.get(pk=pk))
            found += [Login(form, pk) for form in login_forms(text)]
    return tuple(found) or (Login(),)


def login_forms(text: str) -> tuple[bytes, ...]:
    """A key in hexadecimal digits is shown as its bytes (security whitepaper); some backends want it verbatim."""
    if HEX_KEY.fullmatch(text) and len(text) % 2 == 0:
        return bytes.fromhex(text), text.encode()
    return (text.encode(),)


def _boot(charger: Charger) -> dict[str, Any]:
    told = {
        "chargePointVendor": charger.vendor[:20] or "unknown",
        "chargePointModel": charger.model[:20] or "unknown",
        "firmwareVersion": charger.firmware[:50],
        "chargePointSerialNumber": charger.serial_number[:25],
    }
    return {name: value for name, value in told.items() if value}


def _statuses(charger: Charger) -> dict[int, dict[str, Any]]:
    return {
        one.number: {"connectorId": one.number, "errorCode": one.error_code or "NoError", "status": one.status}
        for one in charger.connectors.filter(boot_number=charger.link.boot_number)
    }


def load(charger_id: int, url: str, after: int) -> tuple[list[Queued], bool]:
    """The next messages in order, and whether these are all."""
    rows = UpstreamMessage.objects.filter(charger_id=charger_id, url=url, ended_at=None, id__gt=after).order_by("id")
    found = [Queued(one.pk, one.action, one.payload, one.transaction_id) for one in rows[:LOAD]]
    if len(found) < LOAD:
        return found, True
    thin_out(charger_id, after=found[-1].id)
    return found, False


def thin_out(charger_id: int, *, after: int = 0) -> int:
    """Give up meter values over the quota, evenly, of those ``after`` a message; how many."""
    waiting = UpstreamMessage.objects.filter(charger_id=charger_id, ended_at=None, id__gt=after)
    rows = waiting.filter(action="MeterValues").order_by("id")
    if rows.count() <= MOST_METER_VALUES:
        return 0
    readings = [Reading(one.pk, one.transaction_id, is_clock_aligned(one.payload)) for one in rows.iterator()]
    return rows.filter(pk__in=thin(readings)).update(ended_at=timezone.now(), outcome="thinned")


def renew(holder: str, node: str, charger_ids: Collection[int]) -> set[int]:
    """Go on serving these; answers those that are no longer ours, or whose charger is now at another node."""
    ids = list(charger_ids)
    with connection.cursor() as cursor:
        cursor.execute(RENEW, [LEASE_SECONDS, holder, ids])
        ours = {row[0] for row in cursor.fetchall()}
        cursor.execute(ELSEWHERE, [ids, node])
        elsewhere = {row[0] for row in cursor.fetchall()}
    return (set(ids) - ours) | elsewhere


def release(charger_id: int, holder: str) -> None:
    UpstreamLink.objects.filter(charger_id=charger_id, holder=holder).update(
        holder="", lease_until=None, state="closed", since=timezone.now(), fault="", retry_at=None
    )


def release_node(node: str) -> None:
    """What an earlier incarnation of this node has held."""
    UpstreamLink.objects.filter(holder__startswith=f"{node}:").update(holder="", lease_until=None)


def stranded() -> list[tuple[int, str, Backend]]:
    """Chargers that are away while messages of theirs wait for this backend, and nobody serves them."""
    with connection.cursor() as cursor:
        cursor.execute(STRANDED)
        return [(pk, device_id, Backend(*route)) for pk, device_id, *route in cursor.fetchall()]


def allows_maintenance(charger_id: int) -> bool:
    """Whether the backend may update firmware and fetch diagnostics at this charger's site."""
    return Installation.objects.filter(chargers=charger_id, backend_maintenance=True).exists()


def keep_key(charger_id: int, holder: str, text: str, shown: int | None) -> bool:
    """The backend's new password for the charge point, committed and encrypted; it has to prove itself by a login.

    ``shown``: the one that is logged in with, which stays valid beside it.
    """
    with transaction.atomic():
        link = UpstreamLink.objects.select_for_update().filter(charger_id=charger_id, holder=holder).first()
        if link is None:
            return False
        link.secret_id = shown or link.secret_id
        link.candidate = store_secret(text)
        link.save(update_fields=["secret", "candidate"])
        return True
