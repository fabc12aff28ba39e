"""A charger's connection as its limiter sees it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway.ocpp16.effects import Answered, Priority

if TYPE_CHECKING:
    from gateway.connections import Connection


class ChargerLine:
    def __init__(self, connection: "Connection") -> None:
        self._connection = connection

    @property
    def ready(self) -> bool:
        """Not before its boot was accepted, and not while a push holds it."""
        connection = self._connection
        session = connection.session
        return session is not None and session.boot_accepted and not connection.pushing and not connection.closing

    @property
    def in_cloud(self) -> bool:
        return self._connection.entry.backend is not None

    @property
    def connectors(self) -> int:
        session = self._connection.session
        return session.connector_count if session is not None else 0

    @property
    def sessions(self) -> Mapping[int, int]:
        session = self._connection.session
        return {pk: at for pk, at in session.open_transactions.items() if at} if session is not None else {}

    async def call(
        self, action: str, payload: Mapping[str, Any], *, priority: Priority, answer_seconds: float | None
    ) -> Answered:
        return await self._connection.call(action, payload, priority=priority, answer_seconds=answer_seconds)
