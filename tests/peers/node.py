"""The charge point of charge_point.cjs: installed once with npm, run as a process, spoken to in JSON lines."""

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


class NodePeer:
    """``events`` holds everything it told, in order; ``violations`` what broke the standard's schemas."""

    def __init__(self, endpoint: str, identity: str, password: str, **options: Any) -> None:
        facts = {"vendor": "ocpp-rpc", "model": "peer", **options}
        self._options = {"endpoint": endpoint, "identity": identity, "password": password, **facts}
        self.events: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        folder = await asyncio.to_thread(install)
        self._process = await asyncio.create_subprocess_exec(
            "node",
            str(HERE / "charge_point.cjs"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "NODE_PATH": str(folder / "node_modules"), "PEER": json.dumps(self._options)},
        )
        self._reading = asyncio.create_task(self._read())
        await self._event("connected")
        return self

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

    async def _event(self, name: str, count: int = 1) -> dict[str, Any]:
        async with asyncio.timeout(SECONDS):
            while True:
                found = [event for event in self.events if event["event"] == name]
                if len(found) >= count:
                    return found[count - 1]
                failed = [event for event in self.events if event["event"] == "failed"]
                assert not failed, failed
                await asyncio.sleep(0.01)

    async def _order(self, order: str) -> Any:
        assert self._process.stdin is not None
        before = sum(event["event"] == "done" for event in self.events)
        self._process.stdin.write(json.dumps({"order": order}).encode() + b"\n")
        return (await self._event("done", before + 1))["answer"]

    async def boot(self) -> str:
        status: str = (await self._order("boot"))["status"]
        return status

    async def heartbeat(self) -> str:
        moment: str = (await self._order("heartbeat"))["currentTime"]
        return moment

    async def charge(self) -> int:
        """One whole session; the central system's transaction id."""
        answer = await self._order("charge")
        assert answer["authorized"] == answer["started"] == "Accepted"
        return int(answer["transactionId"])

    @property
    def received(self) -> list[tuple[str, dict[str, Any]]]:
        return [(event["method"], event["params"]) for event in self.events if event["event"] == "call"]

    @property
    def violations(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == "violation"]
