"""What is known when a connection to a backend begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Beginning:
    """``keys``: passwords to try in this order, and whether each is the candidate. ``boot``: a BootNotification.

    ``backend_ids``: ours to the backend's, for sessions that are not over up there. ``refused``: open sessions whose
    card the backend does not take. ``statuses``: StatusNotifications by connector.
    """

    keys: tuple[tuple[bytes, bool], ...] = field(repr=False)
    boot: Mapping[str, Any] = field(default_factory=dict)
    backend_ids: Mapping[int, int] = field(default_factory=dict)
    refused: tuple[int, ...] = ()
    statuses: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
