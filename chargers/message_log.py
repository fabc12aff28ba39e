"""Reads the message log of one charger: filtered, newest first, in pages or as a whole, a page at a time."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.keyset import read_page
from chargers.models import Charger, Message

MESSAGE_ORDER = ("-at", "-id")
AT_ONCE = 500
ACTIONS = (
    "Authorize", "BootNotification", "CancelReservation", "CertificateSigned", "ChangeAvailability",
    "ChangeConfiguration", "ClearCache", "ClearChargingProfile", "DataTransfer", "DeleteCertificate",
    "DiagnosticsStatusNotification", "ExtendedTriggerMessage", "FirmwareStatusNotification", "GetCompositeSchedule",
    "GetConfiguration", "GetDiagnostics", "GetInstalledCertificateIds", "GetLocalListVersion", "GetLog", "Heartbeat",
    "InstallCertificate", "LogStatusNotification", "MeterValues", "RemoteStartTransaction", "RemoteStopTransaction",
    "ReserveNow", "Reset", "SecurityEventNotification", "SendLocalList", "SetChargingProfile", "SignCertificate",
    "SignedFirmwareStatusNotification", "SignedUpdateFirmware", "StartTransaction", "StatusNotification",
    "StopTransaction", "TriggerMessage", "UnlockConnector", "UpdateFirmware",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What to show; empty fields ask for nothing. ``search``: text in the call or its answer, in any capitalisation."""

    action: str = ""
    direction: str = ""
    search: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_anything(self) -> bool:
        return self != Wanted()


def list_messages(charger: Charger, wanted: Wanted) -> QuerySet[Message]:
    rows = Message.objects.filter(charger=charger)
    if wanted.action:
        rows = rows.filter(action=wanted.action)
    if wanted.direction:
        rows = rows.filter(direction=wanted.direction)
    if wanted.search:
        text = wanted.search
        rows = rows.filter(
            Q(payload__icontains=text) | Q(answer__icontains=text) | Q(status__iexact=text) | Q(message_id=text)
        )
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(at__lt=wanted.until)
    return rows.order_by(*MESSAGE_ORDER)


def chunks(rows: QuerySet[Message]) -> Iterator[list[Message]]:
    """All of them, newest first, each chunk by a query of its own: nothing is held open while somebody downloads."""
    cursor: str | None = ""
    while cursor is not None:
        page = read_page(rows, order=MESSAGE_ORDER, cursor=cursor, size=AT_ONCE)
        if page.rows:
            yield page.rows
        cursor = page.next


def show_message(row: Message) -> dict[str, Any]:
    """For API and download: payloads as JSON where they are JSON, otherwise as text."""
    return {
        "id": row.id,
        "at": row.at,
        "direction": row.direction,
        "action": row.action,
        "message_id": row.message_id,
        "outcome": row.outcome,
        "status": row.status,
        "latency_seconds": row.latency_seconds,
        "payload": as_json(row.payload),
        "answer": as_json(row.answer),
        "missing": row.missing,
    }


def ndjson(rows: QuerySet[Message]) -> Iterator[str]:
    """A line for each message, several lines at a time."""
    for some in chunks(rows):
        shown = [{**show_message(row), "at": row.at.isoformat()} for row in some]
        yield "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in shown)


def file_name(charger: Charger) -> str:
    return f"{re.sub(r'[^A-Z0-9.-]', '-', charger.device_id)}-messages.ndjson"


def as_json(text: str) -> Any:
    """None for nothing; the text itself where it is no JSON."""
    if not text:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
