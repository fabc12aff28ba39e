"""Real sockets on this machine: simulated chargers on one side, central systems of the PyPI package on the other."""

import asyncio
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from websockets.asyncio.server import Server

from gateway.simulator.backend import Backend, Record, Users
from gateway.simulator.crowd import Crowd, CrowdPlan
from gateway.simulator.run import BackOff
from gateway.simulator.values import Pace

PASSWORD = "Link0Password0123456"
QUICK = replace(Pace().faster(100), reboot=(0.1, 0.2), reset=0.05)


class Site:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)
        self._servers: list[tuple[Server, Backend]] = []
        self._crowds: list[Crowd] = []

    async def backend(self, *, users: Users | None = None, rotates: bool = False, port: int = 0) -> "Central":
        path = self.folder / f"central-{next(self._numbers)}.ndjson"
        backend = Backend(Record(path), users, rotates=rotates)
        server = await backend.listen("127.0.0.1", port)
        self._servers.append((server, backend))
        return Central(backend, server, path)

    def crowd(self, central: "Central", count: int = 1, **changes: Any) -> Crowd:
        plan = CrowdPlan(
            gateway=f"{central.url}/ocpp",
            count=count,
            prefix="ZCS",
            pace=QUICK,
            back_off=BackOff(0.05, 0.2),
            judge=self.folder / "judge.ndjson",
            seed=1,
        )
        passwords = dict.fromkeys(plan.device_ids(), PASSWORD)
        crowd = Crowd(replace(plan, **{"passwords": passwords, **changes}))
        self._crowds.append(crowd)
        crowd.start()
        return crowd

    async def end(self, crowd: Crowd) -> None:
        self._crowds.remove(crowd)
        await crowd.stop()

    async def stop(self) -> None:
        for crowd in self._crowds:
            await crowd.stop()
        for server, backend in self._servers:
            server.close()
            await server.wait_closed()
            backend.record.close()

    def judged(self) -> list[dict[str, Any]]:
        return read_lines(self.folder / "judge.ndjson")


class Central:
    def __init__(self, backend: Backend, server: Server, path: Path) -> None:
        self.backend = backend
        self.server = server
        self.path = path
        self.port: int = next(iter(server.sockets)).getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}"

    async def go_away(self) -> None:
        self.server.close()
        await self.server.wait_closed()

    def lines(self, action: str) -> list[dict[str, Any]]:
        return [line for line in read_lines(self.path) if line["action"] == action]

    async def call(self, request: Any, device_id: str = "ZCS000001") -> Any:
        await until(lambda: device_id in self.backend.sessions)
        return await self.backend.sessions[device_id].call(request, suppress=False)


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]] if path.exists() else []


async def until[T](condition: Callable[[], T], *, seconds: float = 10.0) -> T:
    async with asyncio.timeout(seconds):
        while not (value := condition()):  # noqa: ASYNC110  # other processes and files give no event
            await asyncio.sleep(0.01)
    return value
