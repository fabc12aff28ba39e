"""G3: the gateway is killed, started again, and all its chargers come back at once.

uv run python -m benchmarks.g3_reconnect [--count 5000]

Tells the seconds from the new gateway's first open port until every charger is connected and answered, beside the
floor (the same handshakes at a server of the same library that checks nothing and keeps nothing), how long starting
took, and how many attempts were refused.
"""

import argparse
import asyncio
import base64
import json
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import uvloop
from picows.websockets import connect

from benchmarks import rig

AT_ONCE = 200
PAUSE_SECONDS = 0.5


async def come_back(url: str, identity: str, room: asyncio.Semaphore, seen: Counter[str]) -> float:
    """Dial until in, as a charger does, and have a heartbeat answered; when that was."""
    token = base64.b64encode(f"{identity}:{rig.PASSWORD}".encode()).decode()
    while True:
        async with room:
            try:
                link = await connect(
                    f"{url}/{identity}",
                    subprotocols=["ocpp1.6"],
                    additional_headers={"Authorization": f"Basic {token}"},
                    compression=None,
                    open_timeout=60,
                    ping_interval=None,
                )
                await link.send(json.dumps([2, "1", "Heartbeat", {}]))
                async with asyncio.timeout(60):
                    while json.loads(await link.recv())[1] != "1":
                        pass
            except Exception as error:
                status = getattr(getattr(error, "response", None), "status_code", 0)
                seen[f"refused {status}" if status else type(error).__name__] += 1
            else:
                LINKS.append(link)
                return time.perf_counter()
        await asyncio.sleep(PAUSE_SECONDS)


LINKS: list[Any] = []


async def storm(url: str, count: int) -> dict[str, Any]:
    room, seen = asyncio.Semaphore(AT_ONCE), Counter[str]()
    begun = time.perf_counter()
    moments = sorted(
        await asyncio.gather(*(come_back(url, f"LOAD{number:06}", room, seen) for number in range(1, count + 1)))
    )
    result = {"seconds": round(moments[-1] - begun, 1), "median": round(moments[count // 2] - begun, 1), **seen}
    await asyncio.gather(*(link.close() for link in LINKS))
    LINKS.clear()
    return result


def crowd(url: str, count: int) -> subprocess.Popen[str]:
    """Chargers that boot and stay: what the killed gateway leaves behind in the database."""
    load = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load", "--url", url, "--count", str(count), "--rounds", "0",
         "--settle", str(5 + count / 150), "--hold"],
        cwd=rig.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert load.stdin is not None
    assert load.stdout is not None
    load.stdout.readline()
    load.stdin.write("\n")
    load.stdin.flush()
    rig.answer_line(load.stdout)
    return load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    count = parser.parse_args().count
    with rig.server([sys.executable, "-m", "benchmarks.servers.echo"]) as (_process, url):
        floor = uvloop.run(storm(url, count))
    with rig.bench_data() as environment:
        rig.script(environment, "benchmarks.populate", str(count), stdout=subprocess.DEVNULL).wait()
        with rig.gateway(environment) as (process, url):
            load = crowd(url, count)
            process.kill()
            process.wait()
            load.kill()
            load.wait()
        begun = time.perf_counter()
        with rig.gateway(environment) as (_process, url):
            started = round(time.perf_counter() - begun, 1)
            ours = uvloop.run(storm(url, count))
    print("| server | chargers | all back, s | half back, s | refused |")
    print("|---|---|---|---|---|")
    for name, result in (("floor: echo", floor), (f"portal gateway (started in {started} s)", ours)):
        refused = {key: value for key, value in result.items() if key not in {"seconds", "median"}} or "none"
        print(f"| {name} | {count} | {result['seconds']} | {result['median']} | {refused} |")


if __name__ == "__main__":
    main()
