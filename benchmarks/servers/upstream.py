"""The backend behind every bridge that is compared: answers at once, and knows how long each meter value was under way.

A meter value's ``value`` is the moment it was sent, in nanoseconds of the machine's monotonic clock. A line on standard
input is answered with one JSON line about what was heard since the line before.
"""

import asyncio
import itertools
import json
import sys
import time
from typing import Any

import uvloop
from picows.websockets import ConnectionClosed, ServerConnection, serve

ACCEPTED = {"status": "Accepted"}
numbers = itertools.count(1)
delays: list[float] = []
seen = {"boots": 0, "starts": 0, "stops": 0}


def answer(action: str, payload: dict[str, Any]) -> dict[str, Any]:
    if action == "MeterValues":
        sent = int(payload["meterValue"][0]["sampledValue"][0]["value"])
        delays.append((time.monotonic_ns() - sent) / 1e6)
    elif action == "StartTransaction":
        seen["starts"] += 1
        return {"transactionId": next(numbers), "idTagInfo": ACCEPTED}
    elif action == "BootNotification":
        seen["boots"] += 1
        return {**ACCEPTED, "interval": 3600, "currentTime": "2026-01-01T00:00:00Z"}
    elif action == "StopTransaction":
        seen["stops"] += 1
    return {}


async def handle(link: ServerConnection) -> None:
    try:
        async for frame in link:
            kind, identifier, *rest = json.loads(frame)
            if kind == 2:
                await link.send(json.dumps([3, identifier, answer(*rest)]))
    except ConnectionClosed:
        return


def report() -> dict[str, Any]:
    times = sorted(delays)
    delays.clear()
    if not times:
        return {"heard": 0, **seen}
    p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    return {"heard": len(times), **seen, "p50_ms": round(p50, 2), "p99_ms": round(p99, 2)}


async def main(port: int) -> None:
    async with serve(handle, "127.0.0.1", port, subprotocols=["ocpp1.6"], compression=None, backlog=1024):
        print("ready", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(report()), flush=True)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
