"""What is known when a connection to a backend begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Login:
    """A password in the bytes that a login shows. ``secret_id``: where it is stored; None: without a password."""

    key: bytes = field(default=b"", repr=False)
    secret_id: int | None = None


@dataclass(frozen=True)
class Beginning:
    """``logins``: what to try, in this order. ``boot``: a BootNotification.

    ``backend_ids``: ours to the backend's, for sessions that are not over up there. ``refused``: running sessions whose
    card the backend does not take. ``statuses``: StatusNotifications by connector.
    """

    installation_id: int
    logins: tuple[Login, ...]
    boot: Mapping[str, Any] = field(default_factory=dict)
    backend_ids: Mapping[int, int] = field(default_factory=dict)
    refused: tuple[int, ...] = ()
    statuses: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
