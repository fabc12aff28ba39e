"""What a push keeps, in the database: intent, steps, the fence, what the charger reported."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chargers.links.base import PushOrder
from gateway.clock import utc
from gateway.store.jobs import BeginPush, CloseFence, KeepCandidate, KeepReported, StepPush

if TYPE_CHECKING:
    from gateway.connections import Connection
    from gateway.server import Gateway


class StoreBooks:
    """The books of a push, kept in the database."""

    def __init__(self, gateway: "Gateway", connection: "Connection") -> None:
        self._gateway, self._connection = gateway, connection

    async def begin(self, order: PushOrder) -> bool:
        session = self._connection.session
        boot_number = session.boot_number if session else 0
        job = BeginPush(order.charger_id, order.delivery_id, order.fencing, order.epoch, boot_number)
        return bool(await self._gateway.commit(job))

    async def step(self, order: PushOrder, step: Mapping[str, Any]) -> bool:
        job = StepPush(order.charger_id, order.delivery_id, order.fencing, step)
        return bool(await self._gateway.commit(job))

    async def close_fence(self, order: PushOrder, connectors: tuple[int, ...]) -> None:
        await self._gateway.commit(CloseFence(order.charger_id, connectors))

    async def keep_candidate(self, order: PushOrder, digest: bytes) -> None:
        await self._gateway.commit(KeepCandidate(order.charger_id, digest))

    async def keep_reported(self, order: PushOrder, settings: Mapping[str, tuple[str | None, bool]]) -> None:
        self._gateway.store.put(KeepReported(order.charger_id, utc(self._gateway.clock.now()), settings))

    async def secret(self, secret_id: int) -> tuple[str, str, bool]:
        return await self._gateway.read_secret(secret_id)


class ChangeBooks(StoreBooks):
    """Those of a change that belongs to no delivery: its begin and its end stand in its request."""

    async def begin(self, order: PushOrder) -> bool:
        return True

    async def step(self, order: PushOrder, step: Mapping[str, Any]) -> bool:
        return True
