"""N chargers, each with one session: a meter value now and then, evenly spread over all, as a fleet sends them.

Prints ``connected``; a line on standard input begins the sessions, ``charging`` tells that all have begun; another line
begins the meter values, one JSON line ends them: messages, how long the answers took.
"""

import argparse
import asyncio
import base64
import json
import time
from typing import Any

import uvloop
from picows.websockets import ClientConnection, connect

BOOT = {"chargePointVendor": "Portal Simulator", "chargePointModel": "Keep", "firmwareVersion": "1.0"}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}


class Charger:
    def __init__(self, link: ClientConnection) -> None:
        self.link = link
        self.sent = 0

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.sent += 1
        await self.link.send(json.dumps([2, f"c{self.sent}", action, payload]))
        while True:
            kind, identifier, *rest = json.loads(await self.link.recv())
            if kind == 3 and identifier == f"c{self.sent}":
                answer: dict[str, Any] = rest[0]
                return answer

    async def introduce(self) -> None:
        await self.call("BootNotification", BOOT)
        await self.call("StatusNotification", STATUS)

    async def begin(self) -> int:
        start = {"connectorId": 1, "idTag": "CARD", "meterStart": 0, "timestamp": "2026-01-01T10:00:00Z"}
        return int((await self.call("StartTransaction", start))["transactionId"])

    async def charge(self, number: int, rounds: int, pause: float, after: float) -> list[float]:
        begun, times = time.perf_counter() + after, []
        for turn in range(rounds):
            await asyncio.sleep(max(0.0, begun + turn * pause - time.perf_counter()))
            sent = time.perf_counter()
            sample = {"value": str(time.monotonic_ns()), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
            moment = f"2026-01-01T{turn // 3600 + 10:02}:{turn // 60 % 60:02}:{turn % 60:02}Z"
            values = [{"timestamp": moment, "sampledValue": [sample]}]
            await self.call("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": values})
            times.append((time.perf_counter() - sent) * 1000)
        return times

    async def end(self, number: int) -> None:
        stop = {"transactionId": number, "meterStop": 9, "timestamp": "2026-01-01T12:00:00Z"}
        await self.call("StopTransaction", stop)


async def dial(url: str, identity: str, password: str, opened: asyncio.Semaphore) -> Charger:
    token = base64.b64encode(f"{identity}:{password}".encode()).decode()
    async with opened:
        return Charger(
            await connect(
                f"{url}/{identity}", subprotocols=["ocpp1.6"], compression=None, open_timeout=120, ping_interval=None,
                additional_headers={"Authorization": f"Basic {token}"},
            )
        )  # fmt: skip


async def run(arguments: argparse.Namespace) -> None:
    opened = asyncio.Semaphore(50)
    identities = [f"{arguments.prefix}{number:06}" for number in range(1, arguments.count + 1)]
    chargers = await asyncio.gather(*(dial(arguments.url, one, arguments.password, opened) for one in identities))
    await asyncio.gather(*(charger.introduce() for charger in chargers))
    print("connected", flush=True)
    await asyncio.to_thread(input)
    numbers = await asyncio.gather(*(charger.begin() for charger in chargers))
    print("charging", flush=True)
    await asyncio.to_thread(input)
    pause = arguments.count / arguments.rate
    spread = [pause * place / arguments.count for place in range(arguments.count)]
    done = await asyncio.gather(
        *(
            charger.charge(number, arguments.rounds, pause, after)
            for charger, number, after in zip(chargers, numbers, spread, strict=True)
        )
    )
    times = sorted(moment for moments in done for moment in moments)
    p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    print(json.dumps({"messages": len(times), "p50_ms": round(p50, 2), "p99_ms": round(p99, 2)}), flush=True)
    await asyncio.to_thread(input)
    await asyncio.gather(*(one.end(number) for one, number in zip(chargers, numbers, strict=True)))
    await asyncio.gather(*(charger.link.close() for charger in chargers))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--rate", type=float, default=500.0, help="meter values per second, of all together")
    parser.add_argument("--prefix", default="LOAD")
    parser.add_argument("--password", default="LoadPassword01234567")
    uvloop.run(run(parser.parse_args()))
