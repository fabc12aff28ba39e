"""What a session is made with: durations, and what the store knew of the charger."""

from collections.abc import Mapping

import msgspec


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
    ``ordered_out``: connectors that somebody had taken out of service. ``reservations``: of whichever connector is
    free, number to their end. ``bridged``: its messages go up to a backend.
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
    bridged: bool = False
    ordered_out: frozenset[int] = frozenset()
    reservations: Mapping[int, float] = {}
