"""What one charger says, on its way up to the backend that its connection has joined."""

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.bridge.delivering import read_tag
from gateway.bridge.outbox import Queued
from gateway.bridge.upstream import Upstream
from gateway.ocpp16.effects import Store
from gateway.ocpp16.outgoing import read_object
from gateway.ocpp16.records import Boot, DataTransfer, Meter, Relayed, Start, Stop, TagAnswer
from gateway.store.jobs import Lifted, Upward


class Lift:
    """What is of the moment goes to the backend at once, the rest when it is committed (``committed``)."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: dict[int, Store] = {}

    def take(self, upstream: Upstream, effect: Store) -> Upward:
        """What the store has to know of the message beside its record."""
        match effect.record:
            case Boot():
                upstream.booted(payload_of(effect))
            case Start() | Stop() | Meter():
                self._waiting[effect.token] = effect
            case _:
                upstream.notice(effect.action, payload_of(effect))
        return Upward(upstream.backend.url, effect.action, effect.payload, upstream.connected)

    def committed(self, upstream: Upstream | None, token: int, lifted: Lifted) -> None:
        effect = self._waiting.pop(token, None)
        if effect is None or upstream is None:
            return
        if not lifted.message_id:
            upstream.look_again()
            return
        upstream.queued(Queued(lifted.message_id, effect.action, payload_of(effect), lifted.transaction_id))


async def ask(upstream: Upstream, effect: Store) -> TagAnswer | Relayed | None:
    """Authorize and DataTransfer: the backend's word; None: it gave none that is of use."""
    answer = await upstream.ask(effect.action, payload_of(effect))
    if answer is None:
        return None
    return Relayed(msgspec.json.encode(answer)) if isinstance(effect.record, DataTransfer) else read_tag(answer)


def payload_of(effect: Store) -> Mapping[str, Any]:
    return read_object(msgspec.Raw(effect.payload)) or {}
