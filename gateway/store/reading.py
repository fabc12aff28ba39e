"""What the gateway reads outside the stream of records: the credential directory, secrets, its own row."""

import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from chargers.models import GatewayNode
from gateway.directory import Backend, Entry
from gateway.handshake import Known
from installations.authentication import CLOUD, password_form
from installations.doors import configured_doors
from installations.models import Secret
from installations.ocpp_url.identity import ChargerUrl, resolve
from installations.ocpp_url.template import parse_template
from installations.services.secrets import reveal

# A charger is bridged by the revision that has reached it, not by the one its site agreed on meanwhile. One that lost
# its setting stays where it is until it has been told again; one that has moved to another site does not.
DIRECTORY = """
SELECT c.id, c.device_id, c.key_digest, c.candidate_key_digest, coalesce(r.authorization_required, true), r.id,
       greatest(c.directory_at, coalesce(r.created_at, c.directory_at)),
       a.id, a.mode, a.server_url, a.legacy_identity, a.secret_id, c.server_url
FROM chargers_charger c
JOIN installations_installation i ON i.id = c.installation_id
LEFT JOIN installations_authenticationrevision r ON r.id = i.revision_id
LEFT JOIN chargers_upstreamlink u ON u.charger_id = c.id
LEFT JOIN installations_authenticationrevision b ON b.id = u.revision_id AND b.installation_id = c.installation_id
LEFT JOIN installations_authenticationrevision a ON a.id = coalesce(c.applied_revision_id, b.id)
"""

# Rows committed late by a long transaction carry an older time than rows read before them.
OVERLAP = timedelta(seconds=30)


def read_directory(since: datetime | None, device_ids: Collection[str] = ()) -> list[Entry]:
    """All entries, or those that changed since, or those named."""
    with connection.cursor() as cursor:
        if device_ids:
            cursor.execute(DIRECTORY + " WHERE c.device_id = ANY(%s)", [list(device_ids)])
        elif since is not None:
            cursor.execute(
                DIRECTORY + " WHERE c.directory_at > %s OR r.created_at > %s", [since - OVERLAP, since - OVERLAP]
            )
        else:
            cursor.execute(DIRECTORY)
        return [_entry(row) for row in cursor.fetchall()]


def _entry(row: Any) -> Entry:
    charger_id, device_id, current, candidate, required, revision_id, changed_at, applied_id, *bridged = row
    known = Known(device_id, bytes(current) if current else None, bytes(candidate) if candidate else None)
    return Entry(charger_id, known, required, revision_id, changed_at, _backend(device_id, *bridged), applied_id)


def _backend(
    device_id: str, mode: str | None, server_url: str, legacy: bool, secret_id: int | None, own_url: str
) -> Backend | None:
    """Where the charger's messages go up to, in OCPP cloud."""
    if mode != CLOUD:
        return None
    doors = configured_doors()
    template = parse_template(server_url, mode=CLOUD, doors=doors).template if server_url else None
    endpoint = resolve(template, ChargerUrl(device_id, own_url), mode=CLOUD, legacy_identity=legacy, doors=doors)
    # What may not be dialled any more is refused at the door, and shown; it never leads anywhere else.
    return Backend(endpoint.dialled_url or server_url or own_url, endpoint.identity or device_id, secret_id)


def read_device_ids() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT device_id FROM chargers_charger")
        return {row[0] for row in cursor.fetchall()}


def read_secret(secret_id: int) -> tuple[str, str, bool]:
    """The backend password, its fingerprint, and whether it is a key in hexadecimal digits. Send it and forget it."""
    secret = Secret.objects.get(pk=secret_id)
    text = reveal(secret)
    return text, secret.fingerprint, password_form(text) == "hex"


def clock_offset() -> float:
    """Seconds by which the database's clock is ahead of this machine's, give or take half the time the query takes."""
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        there: float = cursor.fetchone()[0]
    return there - (before + time.time()) / 2


def start_node(name: str, at: datetime) -> int:
    """A new incarnation of this node; links that an earlier one left behind are gone. Answers the incarnation."""
    node, created = GatewayNode.objects.get_or_create(name=name, defaults={"started_at": at, "seen_at": at})
    node.incarnation += 1
    node.started_at = node.seen_at = at
    node.stopped_at = None
    node.save()
    if not created:
        leave_links(name)
    return node.incarnation


def leave_links(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (UPDATE chargers_chargerlink SET disconnected_at = now()"
            " WHERE node = %s AND disconnected_at IS NULL RETURNING charger_id)"
            " UPDATE chargers_delivery d SET due_at = now() FROM gone WHERE gone.charger_id = d.charger_id"
            " AND d.state IN ('waiting', 'verifying', 'unknown') AND (d.due_at IS NULL OR d.due_at > now())",
            [name],
        )


def beat_node(name: str, incarnation: int, *, stopped: bool = False) -> bool:
    """False: another process has taken this node's name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chargers_gatewaynode SET seen_at = now(), stopped_at = CASE WHEN %s THEN now() END"
            " WHERE name = %s AND incarnation = %s",
            [stopped, name, incarnation],
        )
        count: int = cursor.rowcount
    return count == 1
