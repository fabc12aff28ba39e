"""One charger's connection, as a pure core: frames and facts in, effects out. No socket, no clock, no database.

``now`` is Unix time in seconds (``gateway.clock``), never going backwards. Every method returns the effects to carry
out, in order. The runtime calls ``tick`` when ``wake_at`` has come (or at least once a second), ``alive`` on a pong.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from chargers.link_state import Activity, Busy
from gateway.ocpp16.effects import Effect, Priority
from gateway.ocpp16.records import StoreResult


class SessionSettings(msgspec.Struct, frozen=True):
    """Durations in seconds.

    ``seen_interval``: at most one ``Seen`` record in that time. ``settle``: after connecting or booting, how long a
    charger gets to report what it is doing before a first verdict. ``status_grace``: how long until it is asked
    (TriggerMessage) for statuses it did not report; ``boot_grace``: the same for a BootNotification.
    ``remote_start_window``: how long an accepted RemoteStartTransaction counts as pending.
    """

    heartbeat_interval: int = 300
    seen_interval: float = 20.0
    call_timeout: float = 30.0
    queue_timeout: float = 60.0
    settle: float = 3.0
    status_grace: float = 6.0
    boot_grace: float = 15.0
    remote_start_window: float = 120.0


class SessionFacts(msgspec.Struct, frozen=True):
    """What the store knew of the charger when the connection was accepted.

    ``connectors``: only statuses whose boot number is ``boot_number``. ``open_transactions``: id to connector.
    """

    device_id: str
    epoch: int
    boot_accepted: bool = False
    boot_number: int = 0
    connector_count: int = 0
    connectors: Mapping[int, str] = {}
    open_transactions: Mapping[int, int] = {}
    firmware_status: str = ""
    diagnostics_status: str = ""
    authorization_required: bool = True


class ChargerSession:
    def __init__(self, facts: SessionFacts, settings: SessionSettings, now: float) -> None: ...

    @property
    def device_id(self) -> str: ...

    @property
    def epoch(self) -> int: ...

    @property
    def boot_accepted(self) -> bool: ...

    @property
    def boot_number(self) -> int: ...

    @property
    def last_seen(self) -> float:
        """When the last frame or pong came (or the connection was made)."""
        ...

    @property
    def wake_at(self) -> float | None:
        """When ``tick`` has something to do; None: nothing is waiting for time to pass."""
        ...

    def receive(self, text: str, now: float) -> list[Effect]:
        """One text frame from the charger. Never raises, whatever it holds."""
        ...

    def alive(self, now: float) -> list[Effect]:
        """A pong came (at most a ``Seen`` record follows)."""
        ...

    def stored(self, token: int, result: StoreResult, now: float) -> list[Effect]:
        """What became of the ``Store`` effect of this token. Unknown or repeated tokens do nothing."""
        ...

    def call(
        self,
        action: str,
        payload: Mapping[str, Any],
        now: float,
        *,
        timeout: float | None = None,
        priority: Priority = Priority.COMMAND,
        only_if_idle: bool = False,
    ) -> tuple[str, list[Effect]]:
        """Queue a call of ours: (call id, effects). Exactly one ``Answered`` with that id follows, maybe at once.

        It is written when no other call of ours is out. ``timeout`` counts from the writing; a call that could not be
        written within ``queue_timeout`` ends as TIMEOUT with ``sent`` False. ``only_if_idle`` is judged at the moment
        of writing, in the same turn. Raises ValueError when ``payload`` does not fit the action's schema.
        """
        ...

    def tick(self, now: float) -> list[Effect]: ...

    def closed(self, now: float) -> list[Effect]:
        """The socket is gone: every open call of ours is Answered CLOSED, nothing follows."""
        ...

    def require_authorization(self, required: bool) -> None:
        """The installation's setting has changed (a new revision)."""
        ...

    def activity(self, now: float) -> Activity: ...

    def busy_reason(self, now: float) -> Busy | None:
        """None: idle (chargers.link_state)."""
        ...

    def is_idle(self, now: float) -> bool: ...
