"""A charge point on the PyPI package ``ocpp``: it checks every message against the standard's schemas."""

# The package ocpp has no types.
# mypy: disable-error-code="import-untyped,untyped-decorator"

import asyncio
import base64
import contextlib
import json
from datetime import UTC, datetime
from typing import Any, Self

from ocpp.routing import after, on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


def moment() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class Station(ChargePoint):
    def __init__(self, identity: str, connection: Any, keys: dict[str, str]) -> None:
        super().__init__(identity, connection, response_timeout=10)
        self.keys = keys
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.violations: list[dict[str, Any]] = []
        self.sent: list[tuple[str, dict[str, Any]]] = []

    async def route_message(self, raw: Any) -> None:
        frame = json.loads(raw)
        if frame[0] == 2:
            self.received.append((frame[2], frame[3]))
        await super().route_message(raw)

    async def _send(self, message: str) -> None:
        frame = json.loads(message)
        if frame[0] == 4:
            self.violations.append({"error": message})
        elif frame[0] == 2:
            self.sent.append((frame[2], frame[3]))
        await super()._send(message)

    @on(Action.get_configuration)
    def get_configuration(self, key: list[str] | None = None) -> call_result.GetConfiguration:
        asked = key or list(self.keys)
        known = [{"key": each, "readonly": False, "value": self.keys[each]} for each in asked if each in self.keys]
        return call_result.GetConfiguration(known, [each for each in asked if each not in self.keys])

    @on(Action.change_configuration)
    def change_configuration(self, key: str, value: str) -> call_result.ChangeConfiguration:
        if key not in self.keys:
            return call_result.ChangeConfiguration("NotSupported")
        self.keys[key] = value
        return call_result.ChangeConfiguration("Accepted")

    @on(Action.change_availability)
    def change_availability(self, connector_id: int, type: str) -> call_result.ChangeAvailability:  # noqa: A002
        return call_result.ChangeAvailability("Accepted")

    @after(Action.change_availability)
    async def changed_availability(self, connector_id: int, type: str) -> None:  # noqa: A002
        for connector in (0, 1):
            await self.report(connector, "Available" if type == "Operative" else "Unavailable")

    @on(Action.trigger_message)
    def trigger(self, requested_message: str, connector_id: int | None = None) -> call_result.TriggerMessage:
        return call_result.TriggerMessage("NotImplemented")

    @on(Action.remote_start_transaction)
    def remote_start(self, **_: Any) -> call_result.RemoteStartTransaction:
        return call_result.RemoteStartTransaction("Accepted")

    @on(Action.remote_stop_transaction)
    def remote_stop(self, **_: Any) -> call_result.RemoteStopTransaction:
        return call_result.RemoteStopTransaction("Accepted")

    @on(Action.clear_cache)
    def clear_cache(self) -> call_result.ClearCache:
        return call_result.ClearCache("Accepted")

    @on(Action.reset)
    def reset(self, **_: Any) -> call_result.Reset:
        return call_result.Reset("Accepted")

    @on(Action.send_local_list)
    def send_local_list(self, **_: Any) -> call_result.SendLocalList:
        return call_result.SendLocalList("Accepted")

    @on(Action.unlock_connector)
    def unlock(self, **_: Any) -> call_result.UnlockConnector:
        return call_result.UnlockConnector("Unlocked")

    @on(Action.get_local_list_version)
    def list_version(self) -> call_result.GetLocalListVersion:
        return call_result.GetLocalListVersion(7)

    async def report(self, connector: int, status: str) -> None:
        await self.call(call.StatusNotification(connector, "NoError", status), suppress=False)


class PythonPeer:
    def __init__(self, endpoint: str, identity: str, password: str, **options: Any) -> None:
        self._url = f"{endpoint}/{identity}"
        self._identity = identity
        self._login = base64.b64encode(f"{identity}:{password}".encode()).decode()
        self._facts = {"vendor": "ocpp", "model": "peer", **options}

    async def __aenter__(self) -> Self:
        headers = {"Authorization": f"Basic {self._login}"}
        self._socket = await connect(self._url, subprotocols=["ocpp1.6"], additional_headers=headers, proxy=None)  # type: ignore[list-item]
        keys = {"NumberOfConnectors": "1", "HeartbeatInterval": "300", **self._facts.get("keys", {})}
        self.station = Station(self._identity, self._socket, keys)
        self._serving = asyncio.create_task(self._serve())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        await self._serving

    async def _serve(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self.station.start()

    async def boot(self) -> str:
        payload = call.BootNotification(self._facts["model"], self._facts["vendor"], firmware_version="1.0")
        answer = await self.station.call(payload, suppress=False)
        await self.station.report(0, "Available")
        await self.station.report(1, "Available")
        return str(answer.status)

    async def heartbeat(self) -> str:
        return str((await self.station.call(call.Heartbeat(), suppress=False)).current_time)

    async def charge(self) -> int:
        """One whole session; the central system's transaction id."""
        station = self.station
        await station.report(1, "Preparing")
        answer = await station.call(call.Authorize("PEER-CARD"), suppress=False)
        assert answer.id_tag_info["status"] == "Accepted"
        started = await station.call(call.StartTransaction(1, "PEER-CARD", 0, moment()), suppress=False)
        assert started.id_tag_info["status"] == "Accepted"
        await station.report(1, "Charging")
        sample = {"value": "5.5", "unit": "kWh", "measurand": "Energy.Active.Import.Register"}
        values = [{"timestamp": moment(), "sampled_value": [sample]}]
        await station.call(call.MeterValues(1, values, started.transaction_id), suppress=False)
        await station.report(1, "Finishing")
        stop = call.StopTransaction(5500, moment(), started.transaction_id, reason="Local")
        await station.call(stop, suppress=False)
        await station.report(1, "Available")
        return int(started.transaction_id)

    async def orphan(self) -> None:
        """A stop of a session whose start nobody ever answered."""
        await self.station.call(call.StopTransaction(1, moment(), -1), suppress=False)

    async def transfer(self, data: str) -> dict[str, Any]:
        answer = await self.station.call(call.DataTransfer("peer", data=data), suppress=False)
        return {"status": answer.status, "data": answer.data}

    @property
    def sent(self) -> list[tuple[str, dict[str, Any]]]:
        return self.station.sent

    @property
    def received(self) -> list[tuple[str, dict[str, Any]]]:
        return self.station.received

    @property
    def violations(self) -> list[dict[str, Any]]:
        return self.station.violations
