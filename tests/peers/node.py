"""Peers on npm packages: installed once, run as processes of their own, spoken to in JSON lines."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, Self

from tests.npm import installed

HERE = Path(__file__).parent
SECONDS = 20


def install() -> Path:
    return installed(HERE / "package.json", "peers", "against the strict npm charge point")


class NodeProcess:
    """``events`` holds everything it told, in order; ``violations`` what broke the standard's schemas."""

    def __init__(self, script: str, options: dict[str, Any]) -> None:
        self._script, self._options = script, options
        self.events: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        folder = await asyncio.to_thread(install)
        self._process = await asyncio.create_subprocess_exec(
            "node",
            str(HERE / self._script),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "NODE_PATH": str(folder / "node_modules"), "PEER": json.dumps(self._options)},
        )
        self._reading = asyncio.create_task(self._read())
        await self._ready()
        return self

    async def _ready(self) -> None:
        raise NotImplementedError

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.events.append(json.loads(line))

    def told(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == name]

    async def _event(self, name: str, count: int = 1) -> dict[str, Any]:
        async with asyncio.timeout(SECONDS):
            while len(found := self.told(name)) < count:
                assert not self.told("failed"), self.told("failed")
                await asyncio.sleep(0.01)
        return found[count - 1]

    async def _order(self, **order: Any) -> Any:
        assert self._process.stdin is not None
        before = len(self.told("done"))
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        return (await self._event("done", before + 1))["answer"]

    @property
    def violations(self) -> list[dict[str, Any]]:
        return self.told("violation")


class NodePeer(NodeProcess):
    def __init__(self, endpoint: str, identity: str, password: str, **options: Any) -> None:
        facts = {"vendor": "ocpp-rpc", "model": "peer", **options}
        super().__init__(
            "charge_point.cjs", {"endpoint": endpoint, "identity": identity, "password": password, **facts}
        )

    async def _ready(self) -> None:
        await self._event("connected")

    async def boot(self) -> str:
        status: str = (await self._order(order="boot"))["status"]
        return status

    async def heartbeat(self) -> str:
        moment: str = (await self._order(order="heartbeat"))["currentTime"]
        return moment

    async def charge(self) -> int:
        """One whole session; the central system's transaction id."""
        answer = await self._order(order="charge")
        assert answer["authorized"] == answer["started"] == "Accepted"
        return int(answer["transactionId"])

    async def orphan(self) -> None:
        """A stop of a session whose start nobody ever answered."""
        await self._order(order="orphan")

    async def transfer(self, data: str) -> dict[str, Any]:
        answer: dict[str, Any] = await self._order(order="transfer", data=data)
        return answer

    @property
    def received(self) -> list[tuple[str, dict[str, Any]]]:
        return [(event["method"], event["params"]) for event in self.told("call")]

    @property
    def sent(self) -> list[tuple[str, dict[str, Any]]]:
        return [(event["method"], event["params"]) for event in self.told("sent")]
