"""Central systems that share no code with us, on the PyPI package ``ocpp`` and on the npm package ``ocpp-rpc``.

Both check every message against the standard's schemas.
"""

# The package ocpp has no types.
# mypy: disable-error-code="import-untyped"

import json
from pathlib import Path
from typing import Any, Self

from ocpp.exceptions import OCPPError
from ocpp.v16 import call
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from gateway.simulator.backend import SUBPROTOCOL, Backend, Record, Session, Users
from tests.peers.node import NodeProcess
from tests.upstream_record import Heard

PASSWORD = "Backend0Password01234"
MADE = {
    "ChangeAvailability": call.ChangeAvailability, "ChangeConfiguration": call.ChangeConfiguration,
    "ClearCache": call.ClearCache, "GetConfiguration": call.GetConfiguration, "Reset": call.Reset,
    "GetLocalListVersion": call.GetLocalListVersion, "RemoteStartTransaction": call.RemoteStartTransaction,
    "RemoteStopTransaction": call.RemoteStopTransaction, "SendLocalList": call.SendLocalList,
    "TriggerMessage": call.TriggerMessage, "UnlockConnector": call.UnlockConnector,
}  # fmt: skip


class Watched(Session):
    """``refusals``: CALLERRORs it had to send, because what it got was not of the standard."""

    refusals: list[str]

    async def _send(self, message: str) -> None:
        if json.loads(message)[0] == 4:
            self._backend.refusals.append(message)  # type: ignore[attr-defined]
        await super()._send(message)


class PythonBackend(Backend):
    def __init__(self, folder: Path) -> None:
        self._path = folder / "backend.ndjson"
        super().__init__(Record(self._path), Users(PASSWORD))
        self.refusals: list[str] = []
        self.protocols: list[str | None] = []

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._attend, "127.0.0.1", 0, subprotocols=[SUBPROTOCOL], process_request=self.judge_handshake,  # type: ignore[list-item]
            compression=None,
        )  # fmt: skip
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()
        self.record.close()

    async def _attend(self, link: ServerConnection) -> None:
        self.protocols.append(link.subprotocol)
        assert link.request is not None
        identity = link.request.path.rpartition("/")[2]
        session = self.sessions[identity] = Watched(self, link, identity)
        try:
            await session.start()
        except ConnectionClosed:
            return

    async def call(self, identity: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
        words = {_snake(name): value for name, value in params.items()}
        try:
            answer = await self.sessions[identity].call(MADE[method](**words), suppress=False)
        except OCPPError as error:
            return {"error": type(error).code}
        return {_camel(name): value for name, value in vars(answer).items() if value is not None}

    def heard(self) -> list[Heard]:
        lines = [json.loads(line) for line in self._path.read_text().splitlines()]
        return [Heard(one["identity"], one["connection"], one["action"], one["payload"]) for one in lines]

    @property
    def violations(self) -> list[Any]:
        return self.refusals


class NodeBackend(NodeProcess):
    def __init__(self, _folder: Path) -> None:
        super().__init__("central_system.cjs", {"password": PASSWORD})

    async def _ready(self) -> None:
        self.port = int((await self._event("listening"))["port"])

    async def call(self, identity: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await self._order(identity=identity, method=method, params=params)
        return answer

    def heard(self) -> list[Heard]:
        return [Heard(one["identity"], one["connection"], one["method"], one["params"]) for one in self.told("call")]

    @property
    def protocols(self) -> list[str]:
        return [one["protocol"] for one in self.told("connected")]


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
