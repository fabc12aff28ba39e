"""Native mode where everybody may charge, on chargers that have no key for it: a plugged-in car is started from here.

Level-triggered: every half second it is looked at who stands there plugged in and was not started. That no car is
started twice for one plug-in is the database's word (``StartFreely``): no reconnect and no other node does it again.
"""

import asyncio
from typing import TYPE_CHECKING

import structlog

from gateway.clock import utc
from gateway.connections import Connection
from gateway.ocpp16.effects import Outcome
from gateway.store.jobs import NotStarted, StartFreely

if TYPE_CHECKING:
    from gateway.server import Gateway

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5


async def keep_starting(gateway: "Gateway") -> None:
    """For ever."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        for connection in list(gateway.connections.values()):
            for connector in due(connection):
                connection.started.add(connector)
                gateway.spawn(start(gateway, connection, connector))


def due(connection: Connection) -> list[int]:
    """Connectors where a car waits that nobody has tried to start since it was plugged in."""
    session, entry = connection.session, connection.entry
    if session is None or connection.closing or entry.authorization_required or entry.backend is not None:
        return []
    waiting = session.waiting_cars()
    connection.started.intersection_update(waiting)
    return [] if connection.pushing else [number for number in waiting if number not in connection.started]


async def start(gateway: "Gateway", connection: Connection, connector: int) -> None:
    """Take the one start this plug-in may have, then send it; what was not sent may be tried again."""
    charger_id = connection.entry.charger_id
    tag = await gateway.commit(StartFreely(charger_id, connector, utc(gateway.now())))
    if not tag:
        return
    sent = False
    if not connection.pushing and connection.session is not None and connector in connection.session.waiting_cars():
        payload = {"idTag": tag, "connectorId": connector}
        answered = await connection.call("RemoteStartTransaction", payload)
        sent = answered.sent
        status = answered.payload.get("status", "") if answered.outcome is Outcome.RESULT else answered.outcome.value
        log.info("started without a card", device_id=connection.device_id, connector=connector, status=status)
    if not sent:
        gateway.store.put(NotStarted(charger_id, connector))
        connection.started.discard(connector)
