"""Load generator: N chargers that boot, then send heartbeats and meter values, one call at a time each.

Prints one JSON line: messages answered, seconds, p50 and p99 of the answer time in ms. Knows nothing of the server, so
that every subject of a comparison gets the same frames in the same order.
"""

import argparse
import asyncio
import base64
import json
import time
from collections.abc import Iterator

import uvloop
from picows.websockets import ClientConnection, connect

METER_VALUE = {
    "sampledValue": [
        {"value": "1234567", "context": "Sample.Periodic", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        {"value": "16.1", "measurand": "Current.Import", "phase": "L1", "unit": "A"},
        {"value": "230.4", "measurand": "Voltage", "phase": "L1", "unit": "V"},
    ]
}


def frames(rounds: int) -> Iterator[str]:
    boot = {"chargePointVendor": "Portal Simulator", "chargePointModel": "Keep", "firmwareVersion": "1.0"}
    yield json.dumps([2, "boot", "BootNotification", boot])
    for number in range(rounds):
        yield json.dumps([2, f"h{number}", "Heartbeat", {}])
        moment = f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        values = {"connectorId": 1, "meterValue": [{"timestamp": moment, **METER_VALUE}]}
        yield json.dumps([2, f"m{number}", "MeterValues", values])


async def charger(
    url: str,
    identity: str,
    password: str,
    rounds: int,
    gate: asyncio.Event,
    opened: asyncio.Semaphore,
) -> tuple[list[float], ClientConnection]:
    token = base64.b64encode(f"{identity}:{password}".encode()).decode()
    async with opened:
        link = await connect(
            f"{url}/{identity}",
            subprotocols=["ocpp1.6"],
            additional_headers={"Authorization": f"Basic {token}"},
            compression=None,
            open_timeout=60,
            ping_interval=None,
        )
    await gate.wait()
    times = []
    for frame in frames(rounds):
        sent = time.perf_counter()
        await link.send(frame)
        wanted = json.loads(frame)[1]
        while json.loads(await link.recv())[1] != wanted:
            pass
        times.append(time.perf_counter() - sent)
    return times, link


async def run(arguments: argparse.Namespace) -> None:
    gate = asyncio.Event()
    opened = asyncio.Semaphore(50)
    tasks = [
        asyncio.create_task(
            charger(arguments.url, f"{arguments.prefix}{n:06}", arguments.password, arguments.rounds, gate, opened)
        )
        for n in range(arguments.first, arguments.first + arguments.count)
    ]
    await asyncio.sleep(arguments.settle)
    print("connected", flush=True)
    await asyncio.to_thread(input)
    begun = time.perf_counter()
    gate.set()
    done = await asyncio.gather(*tasks)
    times = sorted(moment for moments, _link in done for moment in moments)
    seconds = time.perf_counter() - begun
    result = {
        "messages": len(times),
        "seconds": round(seconds, 3),
        "p50_ms": round(times[len(times) // 2] * 1000, 2),
        "p99_ms": round(times[len(times) * 99 // 100] * 1000, 2),
    }
    print(json.dumps(result), flush=True)
    if arguments.hold:
        await asyncio.to_thread(input)
    await asyncio.gather(*(link.close() for _moments, link in done))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--prefix", default="LOAD")
    parser.add_argument("--password", default="LoadPassword01234567")
    parser.add_argument("--hold", action="store_true", help="stay connected until a second line on standard input")
    parser.add_argument("--settle", type=float, default=5)
    uvloop.run(run(parser.parse_args()))
