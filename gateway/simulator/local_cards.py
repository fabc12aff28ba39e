"""The local authorisation list of a simulated charge point (1.6, 3.5): what it was sent, and what it makes of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.simulator import requests
from gateway.simulator.configuration import Configuration
from gateway.simulator.rpc import Fault


class LocalCards:
    """``entries``: id tag in capitals to (status, expiry as Unix time or None)."""

    def __init__(self) -> None:
        self.version = 0
        self.entries: dict[str, tuple[str, float | None]] = {}

    def update(self, asked: requests.SendLocalList, configuration: Configuration) -> str:
        """The status of the answer. Raises Fault for more cards than one message may hold."""
        if len(asked.local_authorization_list) > configuration.integer("SendLocalListMaxLength"):
            raise Fault("OccurenceConstraintViolation", "more cards than SendLocalListMaxLength")
        if not configuration.flag("LocalAuthListEnabled"):
            return "NotSupported"
        full = asked.update_type == "Full"
        if not full and asked.list_version <= self.version:
            return "VersionMismatch"
        entries = {} if full else dict(self.entries)
        for data in asked.local_authorization_list:
            tag = data.id_tag.upper()
            if data.id_tag_info is not None:
                entries[tag] = (data.id_tag_info.status, _moment(data.id_tag_info.expiry_date))
            elif full or entries.pop(tag, None) is None:
                return "Failed"
        if len(entries) > configuration.integer("LocalAuthListMaxLength"):
            return "Failed"
        self.entries, self.version = entries, asked.list_version
        return "Accepted"

    def says(self, tag: str, configuration: Configuration, now: float) -> bool | None:
        """Whether the list lets this card charge; None: the list says nothing of it, or is not used."""
        used = configuration.flag("LocalAuthListEnabled") and configuration.flag("LocalAuthorizeOffline")
        entry = self.entries.get(tag.upper()) if used else None
        if entry is None:
            return None
        status, ends_at = entry
        return status == "Accepted" and (ends_at is None or now < ends_at)

    def snapshot(self) -> dict[str, Any]:
        return {"version": self.version, "entries": {tag: list(entry) for tag, entry in self.entries.items()}}

    def restore(self, saved: Mapping[str, Any]) -> None:
        self.version = saved.get("version", 0)
        self.entries = {tag: (status, ends_at) for tag, (status, ends_at) in saved.get("entries", {}).items()}


def _moment(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
