"""A running gateway node and scripted chargers, for tests on real sockets and a real database."""

import asyncio
import base64
import json
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from chargers.link_key import digest_link_key
from chargers.models import Charger
from gateway import rotation, server
from gateway.limits import desk
from gateway.ocpp16.facts import SessionSettings
from gateway.server import Gateway
from installations.models import AuthenticationRevision, Installation
from installations.ocpp_url.host import Doors

PEPPER = settings.CHARGER_KEY_PEPPER.encode()
PASSWORD = "LinkPassword01234567"
QUICK = SessionSettings(settle=0.0, status_grace=30.0, boot_grace=30.0)

# What a gateway looks at now and then it looks at often here: most tests begin with a charger it has to find.
for module, name, seconds in (
    (server, "REFRESH_SECONDS", 0.05),
    (server, "LOOK_SECONDS", 0.1),
    (rotation, "LOOK_SECONDS", 0.1),
    (desk, "LOOK_SECONDS", 0.1),
):
    setattr(module, name, seconds)

type Answer = Callable[[dict[str, Any]], dict[str, Any]]


def make_charger(device_id: str = "ZCS000001", *, required: bool = False) -> Charger:
    installation, created = Installation.objects.get_or_create(name="Garage")
    if created:
        revision = AuthenticationRevision.objects.create(
            installation=installation, number=1, mode="native", authorization_required=required, digest="0" * 64
        )
        Installation.objects.filter(pk=installation.pk).update(revision=revision)
    return Charger.objects.create(
        device_id=device_id, installation=installation, key_digest=digest_link_key(PEPPER, PASSWORD.encode())
    )


async def db[T](question: Callable[[], T]) -> T:
    """Ask the database from a test's loop, in a thread that leaves no connection open."""

    def ask() -> T:
        try:
            return question()
        finally:
            connection.close()

    return await asyncio.to_thread(ask)


@asynccontextmanager
async def running(transport: str, node: str = "test") -> Any:
    gateway = Gateway(
        node=node, host="127.0.0.1", port=0, pepper=PEPPER, transport=transport, session_settings=QUICK,
        doors=Doors(loopback=True), backend_retry_seconds=0.1,
    )  # fmt: skip
    ready = asyncio.Event()
    task = asyncio.create_task(gateway.run(ready=ready.set))
    await asyncio.wait([task, asyncio.create_task(ready.wait())], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield gateway
    finally:
        gateway.stop()
        await asyncio.wait_for(task, 20)


async def dial(
    gateway: Gateway, device_id: str = "ZCS000001", password: str | None = PASSWORD, **options: Any
) -> ClientConnection:
    headers = {}
    if password is not None:
        token = base64.b64encode(f"{device_id}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    return await connect(
        f"ws://127.0.0.1:{gateway.bound_port}/ocpp/{device_id}",
        additional_headers=headers,
        **{"subprotocols": ["ocpp1.6"], "compression": None, "ping_interval": None, **options},
    )


class ScriptedCharger:
    """Answers the gateway's calls from ``answers`` and remembers them; sends calls of its own and waits for answers."""

    def __init__(self, link: ClientConnection) -> None:
        self.link = link
        self.configuration: dict[str, str] = {}
        self.answers: dict[str, Answer] = {
            "ChangeAvailability": lambda _payload: {"status": "Accepted"},
            "GetConfiguration": self._get_configuration,
            "ChangeConfiguration": self._change_configuration,
            "Reset": lambda _payload: {"status": "Accepted"},
            "TriggerMessage": lambda _payload: {"status": "Rejected"},
        }
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._waiting: dict[str, asyncio.Future[list[Any]]] = {}
        self._count = 0
        self._task = asyncio.create_task(self._listen())

    @classmethod
    async def booted(
        cls, gateway: Gateway, device_id: str = "ZCS000001", password: str = PASSWORD
    ) -> "ScriptedCharger":
        charger = cls(await dial(gateway, device_id, password))
        await charger.send("BootNotification", {"chargePointVendor": "Portal Simulator", "chargePointModel": "Keep"})
        for connector in (0, 1):
            await charger.status(connector, "Available")
        return charger

    async def status(self, connector: int, status: str) -> None:
        payload = {"connectorId": connector, "errorCode": "NoError", "status": status}
        await self.send("StatusNotification", payload)

    async def send(self, action: str, payload: dict[str, Any], call_id: str = "") -> dict[str, Any]:
        """The payload of the answer; a CALLERROR comes back as ``{"error": code}``."""
        self._count += 1
        call_id = call_id or f"c{self._count}"
        future = self._waiting[call_id] = asyncio.get_running_loop().create_future()
        await self.link.send(json.dumps([2, call_id, action, payload]))
        frame = await asyncio.wait_for(future, 10)
        return frame[2] if frame[0] == 3 else {"error": frame[2]}

    async def _listen(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self.link:
                frame = json.loads(text)
                if frame[0] == 2:
                    self.calls.append((frame[2], frame[3]))
                    answer = self.answers[frame[2]](frame[3])
                    if answer.pop("silent", False):
                        continue
                    await self.link.send(json.dumps([3, frame[1], answer]))
                elif (future := self._waiting.pop(frame[1], None)) and not future.done():
                    future.set_result(frame)

    def _get_configuration(self, payload: dict[str, Any]) -> dict[str, Any]:
        keys = payload.get("key") or list(self.configuration)
        known = [
            {"key": key, "readonly": False, "value": self.configuration[key]}
            for key in keys
            if key in self.configuration
        ]
        return {"configurationKey": known, "unknownKey": [key for key in keys if key not in self.configuration]}

    def _change_configuration(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.configuration[payload["key"]] = payload["value"]
        return {"status": "Accepted"}

    def written(self) -> list[tuple[str, str]]:
        return [(body["key"], body["value"]) for action, body in self.calls if action == "ChangeConfiguration"]

    async def close(self) -> None:
        await self.link.close()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


async def eventually(question: Callable[[], Any], *, seconds: float = 10) -> Any:
    """Ask the database until the answer is true."""
    deadline = asyncio.get_running_loop().time() + seconds

    def ask() -> Any:
        try:
            return question()
        except ObjectDoesNotExist:
            return None

    while not (answer := await db(ask)):
        assert asyncio.get_running_loop().time() < deadline, "did not become true in time"
        await asyncio.sleep(0.05)
    return answer
