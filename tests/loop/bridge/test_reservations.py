"""A backend reserves at a simulated charger through the bridge."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.server import Gateway
from tests.loop.bridge.backend import Backend
from tests.loop.bridge.scene import bridged_charger
from tests.loop.bridge.telling import DEVICE
from tests.loop.gateway_world import db, eventually
from tests.loop.test_commands import simulated


def reservation(number: int) -> dict[str, Any]:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    return {"connectorId": 1, "expiryDate": until, "idTag": "CARD", "reservationId": number}


async def test_a_backend_reserves_cancels_and_sees_its_reservation_used(
    gateway: Gateway, backend: Backend, tmp_path: Path
) -> None:
    await db(lambda: bridged_charger(backend.url))
    await eventually(lambda: (found := gateway.directory.find(DEVICE)) and found.backend)
    async with simulated(gateway, tmp_path):
        await eventually(lambda: gateway.bridges.upstreams[DEVICE].connected)
        gateway.connections[DEVICE].pushing = True
        assert await backend.ask("ReserveNow", reservation(4)) == {"status": "Unavailable"}
        assert await backend.ask("CancelReservation", {"reservationId": 4}) == {"status": "Rejected"}
        gateway.connections[DEVICE].pushing = False
        assert await backend.ask("ReserveNow", reservation(5)) == {"status": "Accepted"}
        await eventually(lambda: backend.heard("StatusNotification")[-1]["status"] == "Reserved")
        assert await backend.ask("CancelReservation", {"reservationId": 5}) == {"status": "Accepted"}
        assert await backend.ask("ReserveNow", reservation(6)) == {"status": "Accepted"}
        start = {"idTag": "CARD", "connectorId": 1}
        assert await backend.ask("RemoteStartTransaction", start) == {"status": "Accepted"}
        assert (await backend.hears("StartTransaction"))[0]["reservationId"] == 6
        assert await backend.ask("CancelReservation", {"reservationId": 6}) == {"status": "Rejected"}
