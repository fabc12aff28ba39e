"""A charger at the bridge, and whole sessions of it, remembered as the charger told them."""

from typing import Any

from chargers.models import UpstreamMessage
from gateway.bridge.upstream import Upstream
from gateway.server import Gateway
from tests.loop.bridge.backend import Backend
from tests.loop.bridge.scene import bridged_charger
from tests.loop.gateway_world import ScriptedCharger, db, eventually
from tests.upstream_record import Verdict, judge

DEVICE = "ZCS000001"


def meter(transaction_id: int | None, value: int = 100, minute: int = 0, **more: Any) -> dict[str, Any]:
    sample = {"value": str(value), "measurand": "Energy.Active.Import.Register", "unit": "Wh", **more}
    values = [{"timestamp": f"2026-01-01T10:{minute:02}:00Z", "sampledValue": [sample]}]
    named = {} if transaction_id is None else {"transactionId": transaction_id}
    return {"connectorId": 1, "meterValue": values, **named}


class Teller:
    """``told``: what was acknowledged to the charger, in its order."""

    def __init__(self, gateway: Gateway, backend: Backend) -> None:
        self.gateway, self.backend = gateway, backend
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.charger: ScriptedCharger
        self._day = 0

    @classmethod
    async def bridged(cls, gateway: Gateway, backend: Backend, **options: Any) -> "Teller":
        teller = cls(gateway, backend)
        await db(lambda: bridged_charger(backend.url, **options))
        await eventually(lambda: (found := gateway.directory.find(DEVICE)) and found.backend)
        teller.charger = await ScriptedCharger.booted(gateway)
        return teller

    @property
    def upstream(self) -> Upstream:
        return self.gateway.bridges.upstreams[DEVICE]

    async def online(self, *, seconds: float = 10) -> None:
        await eventually(lambda: self.upstream.connected, seconds=seconds)

    async def away(self) -> None:
        await eventually(lambda: not self.upstream.connected)

    async def tell(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        answer = await self.charger.send(action, payload)
        assert "error" not in answer, answer
        self.told.append((action, payload))
        return answer

    async def start(self, id_tag: str = "CARD") -> int:
        self._day += 1
        moment = f"2026-01-{self._day:02}T10:00:00Z"
        start = {"connectorId": 1, "idTag": id_tag, "meterStart": 100 * self._day, "timestamp": moment}
        return int((await self.tell("StartTransaction", start))["transactionId"])

    async def measure(self, number: int, minute: int = 1) -> None:
        await self.tell("MeterValues", meter(number, 100 * self._day + minute, minute))

    async def end(self, number: int) -> None:
        moment = f"2026-01-{self._day:02}T11:00:00Z"
        stop = {"meterStop": 100 * self._day + 90, "timestamp": moment, "idTag": "CARD", "transactionId": number}
        await self.tell("StopTransaction", stop)

    async def session(self, meters: int = 2) -> None:
        number = await self.start()
        for minute in range(1, meters + 1):
            await self.measure(number, minute)
        await self.end(number)

    async def compare(self, *, seconds: float = 20) -> Verdict:
        """When everything has gone up: the backend's record is the charger's."""
        await eventually(lambda: not UpstreamMessage.objects.filter(ended_at=None).exists(), seconds=seconds)
        return judge({DEVICE: self.told}, self.backend.heard_all)
