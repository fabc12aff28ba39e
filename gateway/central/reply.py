"""How a charger's call is answered: what a handler is given, and what it says."""

from datetime import datetime

import msgspec

from gateway.central.answers import EMPTY
from gateway.clock import utc
from gateway.ocpp16.activity import ChargerActivity
from gateway.ocpp16.effects import Oddity
from gateway.ocpp16.records import Record


class Inbound[Message](msgspec.Struct):
    """A charger's call whose payload could be read. ``flags`` name what was repaired in it.

    ``bridged``: a backend has a say, see ``gateway.bridge``.
    """

    message: Message
    flags: tuple[str, ...]
    now: float
    activity: ChargerActivity
    authorization_required: bool
    bridged: bool = False

    @property
    def received_at(self) -> datetime:
        return utc(self.now)


class Reply(msgspec.Struct, frozen=True):
    """``payload`` answers at once, unless ``record`` awaits the store.

    ``idle_may_change``: look at the verdict again.
    """

    payload: bytes = EMPTY
    record: Record | None = None
    oddity: Oddity | None = None
    idle_may_change: bool = False


def cut(text: str | None, width: int) -> str:
    return (text or "")[:width]
