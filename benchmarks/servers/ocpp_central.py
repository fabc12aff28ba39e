"""A peer: a central system as the documentation of the PyPI package ``ocpp`` writes it, recording nothing."""

import asyncio
import contextlib
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import Action, RegistrationStatus
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


class Central(ChargePoint):
    @on(Action.boot_notification)
    def boot(self, **_payload: Any) -> call_result.BootNotification:
        now = datetime.now(UTC).isoformat()
        return call_result.BootNotification(current_time=now, interval=300, status=RegistrationStatus.accepted)

    @on(Action.heartbeat)
    def heartbeat(self) -> call_result.Heartbeat:
        return call_result.Heartbeat(current_time=datetime.now(UTC).isoformat())

    @on(Action.meter_values)
    def meter_values(self, **_payload: Any) -> call_result.MeterValues:
        return call_result.MeterValues()


async def handle(link: ServerConnection) -> None:
    assert link.request is not None
    with contextlib.suppress(ConnectionClosed):
        await Central(link.request.path.rsplit("/", 1)[-1], link).start()


async def main(port: int) -> None:
    logging.disable(logging.INFO)
    async with serve(handle, "127.0.0.1", port, subprotocols=["ocpp1.6"], compression=None):  # type: ignore[list-item]  # a NewType of str
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
