"""Chargers in use that become idle one after another, and how long each then waits for its first call.

Orders on standard input: ``free COUNT PER_SECOND`` lets so many become idle, answered with one JSON line.
"""

import argparse
import asyncio
import base64
import json
import sys
import time
from typing import Any

import uvloop
from picows.websockets import ClientConnection, ConnectionClosed, connect

BOOT = {"chargePointVendor": "Portal Simulator", "chargePointModel": "Keep", "firmwareVersion": "1.0"}
DIALS_AT_ONCE = 64
PATIENCE_SECONDS = 60.0


class Charger:
    """The least that takes a setting: one connector, configuration keys in a dictionary."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.keys = {"CentralSystemURL": "", "FreeVendActive": "false"}
        self.freed_at = 0.0
        self.waited = asyncio.get_running_loop().create_future()
        self.link: ClientConnection
        self.sent = 0

    async def live(self, url: str, password: str, dials: asyncio.Semaphore, ready: asyncio.Semaphore) -> None:
        token = base64.b64encode(f"{self.identity}:{password}".encode()).decode()
        async with dials:
            self.link = await connect(
                f"{url}/{self.identity}", subprotocols=["ocpp1.6"], compression=None, open_timeout=120,
                ping_interval=None, additional_headers={"Authorization": f"Basic {token}"},
            )  # fmt: skip
            await self.call("BootNotification", BOOT)
            await self.link.recv()
            await self.status(0, "Available")
            await self.status(1, "Charging")
        ready.release()
        try:
            async for text in self.link:
                kind, *rest = json.loads(text)
                if kind == 2:
                    await self.answer(*rest)
        except ConnectionClosed:
            return

    async def call(self, action: str, payload: dict[str, Any]) -> None:
        self.sent += 1
        await self.link.send(json.dumps([2, str(self.sent), action, payload]))

    async def status(self, connector: int, status: str) -> None:
        await self.call("StatusNotification", {"connectorId": connector, "errorCode": "NoError", "status": status})

    async def free(self) -> None:
        self.freed_at = time.perf_counter()
        await self.status(1, "Available")

    async def answer(self, identifier: str, action: str, payload: dict[str, Any]) -> None:
        if self.freed_at and not self.waited.done():
            self.waited.set_result(time.perf_counter() - self.freed_at)
        body: dict[str, Any] = {"status": "Accepted"}
        if action == "GetConfiguration":
            known = [key for key in payload["key"] if key in self.keys]
            rows = [{"key": key, "readonly": False, "value": self.keys[key]} for key in known]
            body = {"configurationKey": rows, "unknownKey": [key for key in payload["key"] if key not in self.keys]}
        elif action == "ChangeConfiguration":
            self.keys[payload["key"]] = payload["value"]
        await self.link.send(json.dumps([3, identifier, body]))


def milliseconds(times: list[float], part: float) -> float:
    return round(times[min(int(len(times) * part), len(times) - 1)] * 1000, 1)


async def run(arguments: argparse.Namespace) -> None:
    dials, ready = asyncio.Semaphore(DIALS_AT_ONCE), asyncio.Semaphore(0)
    chargers = [Charger(f"{arguments.prefix}{number:06}") for number in range(1, arguments.count + 1)]
    tasks = [asyncio.create_task(one.live(arguments.url, arguments.password, dials, ready)) for one in chargers]
    for _charger in chargers:
        await ready.acquire()
    print("connected", flush=True)
    waiting = iter(chargers)
    while line := await asyncio.to_thread(sys.stdin.readline):
        count, per_second = map(int, line.split()[1:])
        freed = []
        for _number in range(count):
            freed.append(next(waiting))
            await freed[-1].free()
            await asyncio.sleep(1 / per_second)
        done, _late = await asyncio.wait([one.waited for one in freed], timeout=PATIENCE_SECONDS)
        times = sorted(one.result() for one in done)
        middle, late, last = (milliseconds(times, part) for part in (0.5, 0.99, 1.0))
        answer = {"freed": count, "reached": len(times), "p50_ms": middle, "p99_ms": late, "longest_ms": last}
        print(json.dumps(answer), flush=True)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--prefix", default="LOAD")
    parser.add_argument("--password", default="LoadPassword01234567")
    uvloop.run(run(parser.parse_args()))
