"""The bodies of our answers to a charger, as JSON. Each fits the standard's schema of its response."""

from datetime import datetime

import msgspec

from gateway.clock import write_time
from gateway.ocpp16.records import StartStored, TagAnswer
from gateway.ocpp16.vocabulary import RegistrationStatus

EMPTY = b"{}"

_encode = msgspec.json.Encoder().encode
_heartbeat: tuple[int, bytes] = (0, b"")


def heartbeat(now: float) -> bytes:
    """The same bytes for a whole second: thousands of chargers ask."""
    global _heartbeat
    second = int(now)
    if _heartbeat[0] != second or not _heartbeat[1]:
        _heartbeat = (second, _encode({"currentTime": write_time(now)}))
    return _heartbeat[1]


def boot(now: float, status: RegistrationStatus, interval_seconds: int) -> bytes:
    return _encode({"currentTime": write_time(now), "interval": interval_seconds, "status": status.value})


def authorize(tag: TagAnswer) -> bytes:
    return _encode({"idTagInfo": tag_info(tag)})


def start(stored: StartStored) -> bytes:
    return _encode({"idTagInfo": tag_info(stored.tag), "transactionId": stored.transaction_id})


def stop(tag: TagAnswer | None) -> bytes:
    return EMPTY if tag is None else _encode({"idTagInfo": tag_info(tag)})


def status(word: str) -> bytes:
    return _encode({"status": word})


def tag_info(tag: TagAnswer) -> dict[str, str]:
    """IdTagInfo (7.24)."""
    info = {"status": tag.status}
    if tag.expires_at is not None:
        info["expiryDate"] = _moment(tag.expires_at)
    if tag.parent_id_tag:
        info["parentIdTag"] = tag.parent_id_tag[:20]
    return info


def _moment(at: datetime) -> str:
    return write_time(at.timestamp())
