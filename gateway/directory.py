"""Who may connect, in memory: so that a handshake never waits and a reconnect storm never reaches the database."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from gateway.handshake import Known


class Backend(msgspec.Struct, frozen=True):
    """Where a charger's messages go up to, and as whom. ``url`` empty: its setting leads nowhere."""

    url: str
    user: str
    secret_id: int | None


class Entry(msgspec.Struct, frozen=True):
    """One registered charger. ``changed_at`` is the directory clock of its row.

    ``backend``: where its messages are to go by the setting it holds, revision ``applied_id``; in OCPP cloud only.
    """

    charger_id: int
    known: Known
    authorization_required: bool
    revision_id: int | None
    changed_at: datetime
    backend: Backend | None = None
    applied_id: int | None = None


class Directory:
    """Device id (upper-case) to entry. Misses are noted, so that the next refresh looks them up by name."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._missed: set[str] = set()
        self.read_until: datetime | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, device_id: str) -> Entry | None:
        entry = self._entries.get(device_id)
        if entry is None and len(self._missed) < 10_000:
            self._missed.add(device_id)
        return entry

    def expect(self, device_id: str, candidate: bytes) -> None:
        """A new password is being sent: know it at once, the charger may come back with it before the next refresh."""
        entry = self._entries.get(device_id)
        if entry is not None:
            known = msgspec.structs.replace(entry.known, candidate=candidate)
            self._entries[device_id] = msgspec.structs.replace(entry, known=known)

    def take_missed(self) -> set[str]:
        missed, self._missed = self._missed, set()
        return missed

    def update(self, entries: Iterable[Entry]) -> list[Entry]:
        """Put in what was read; answers the entries that are new or different."""
        changed = []
        for entry in entries:
            if self._entries.get(entry.known.device_id) != entry:
                self._entries[entry.known.device_id] = entry
                changed.append(entry)
            if self.read_until is None or entry.changed_at > self.read_until:
                self.read_until = entry.changed_at
        return changed

    def keep_only(self, device_ids: set[str]) -> list[str]:
        """Forget chargers that were deleted; answers their device ids."""
        gone = [device_id for device_id in self._entries if device_id not in device_ids]
        for device_id in gone:
            del self._entries[device_id]
        return gone
