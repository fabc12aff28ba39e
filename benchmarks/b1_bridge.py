"""B1: what a bridge costs per message and adds in time, ours beside a relay of bytes and a relay of frames.

uv run python -m benchmarks.b1_bridge [--count 1000] [--rounds 20] [--rate 500]

All three stand between the same chargers and the same backend in turn. Ours stores every message before it answers the
charger, and its end when the backend has answered; the relays store nothing.
"""

import argparse
import contextlib
import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil

from benchmarks import rig

BRIDGED = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
import django
django.setup()
from tests.loop.bridge.scene import put_in_cloud
put_in_cloud(sys.argv[1])
"""


PATIENCE_SECONDS = 180.0


class Backend:
    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process, self.url = process, url
        self.port = int(url.rpartition(":")[2].partition("/")[0])

    def report(self) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return rig.answer_line(self.process.stdout)


@contextlib.contextmanager
def backend() -> Iterator[Backend]:
    port = rig.free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.servers.upstream", str(port)],
        cwd=rig.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    try:
        yield Backend(process, f"ws://127.0.0.1:{port}/ocpp")
    finally:
        process.kill()
        process.wait(10)


def wait_until(behind: Backend, what: str, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (seen := behind.report()[what]) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the backend heard {seen} {what} of {count}")
        time.sleep(0.2)


def measure(pid: int, url: str, heard_by: Backend, options: argparse.Namespace, count: int) -> dict[str, Any]:
    """CPU of the process in the middle (and of PostgreSQL) per meter value, until the backend has heard all of them."""
    before_all = rig.Usage.of(pid)
    load = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bridge_load", "--url", url, "--count", str(count), "--rounds",
         str(options.rounds), "--rate", str(options.rate)],
        cwd=rig.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert load.stdin is not None
    assert load.stdout is not None
    assert load.stdout.readline() == "connected\n"
    # The bridge takes a charger to its backend when it has seen it idle.
    wait_until(heard_by, "boots", count)
    load.stdin.write("\n")
    load.stdin.flush()
    assert load.stdout.readline() == "charging\n"
    wait_until(heard_by, "starts", count)
    heard_by.report()
    before, database = rig.Usage.of(pid), database_seconds()
    load.stdin.write("\n")
    load.stdin.flush()
    result = rig.answer_line(load.stdout)
    arrived = heard_by.report()
    heard = arrived["heard"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while heard < result["messages"]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{heard} of {result['messages']} messages reached the backend")
        time.sleep(0.2)
        heard += heard_by.report()["heard"]
    after = rig.Usage.of(pid)
    load.stdin.write("\n")
    load.stdin.close()
    load.wait(60)
    messages = result["messages"]
    return {
        "cpu_us": (after.cpu_seconds - before.cpu_seconds) / messages * 1e6,
        "database_us": (database_seconds() - database) / messages * 1e6,
        "answer": (result["p50_ms"], result["p99_ms"]),
        "arrival": (arrived["p50_ms"], arrived["p99_ms"]),
        "kib": (before.resident_bytes - before_all.resident_bytes) / count / 1024,
    }


def database_seconds() -> float:
    """CPU of every PostgreSQL process of this bench so far."""
    found = 0.0
    for process in psutil.process_iter(["name", "cwd"]):
        with contextlib.suppress(psutil.Error):
            if "postgres" in process.info["name"] and "portal-bench-" in (process.info["cwd"] or ""):
                times = process.cpu_times()
                found += times.user + times.system
    return found


def compare(environment: dict[str, str], options: argparse.Namespace, count: int) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, module in (("floor: bytes", "tcp_relay"), ("floor: frames", "frame_relay")):
        with backend() as behind:
            command = [sys.executable, "-m", f"benchmarks.servers.{module}", str(behind.port)]
            with rig.server(command) as (process, url):
                found[name] = measure(process.pid, url, behind, options, count)
    with backend() as behind:
        subprocess.run(
            [sys.executable, "-c", BRIDGED, f"{behind.url}/{{deviceId}}"], cwd=rig.ROOT, env=environment, check=True
        )
        with rig.gateway(environment) as (process, url):
            found["portal bridge"] = measure(process.pid, url, behind, options, count)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--rate", type=float, default=500.0, help="meter values per second, of all together")
    options = parser.parse_args()
    sizes = [max(50, options.count // 4), options.count]
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for size in sizes:
        with rig.bench_data() as environment:
            rig.script(environment, "benchmarks.populate", str(size), stdout=subprocess.DEVNULL).wait()
            found[size] = compare(environment, options, size)
            print(json.dumps({str(size): found[size]}), flush=True)
    small, large = found[sizes[0]], found[sizes[1]]
    floor = large["floor: frames"]["cpu_us"]
    print(
        f"| {options.count:,} chargers | CPU per message, µs | × frames | PostgreSQL, µs | answer p50 / p99 ms |"
        f" at the backend p50 / p99 ms | KiB per charger | exponent {sizes[0]}→{sizes[1]} |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, row in large.items():
        exponent = 1 + math.log(row["cpu_us"] / small[name]["cpu_us"]) / math.log(sizes[1] / sizes[0])
        print(
            f"| {name} | {row['cpu_us']:.0f} | {row['cpu_us'] / floor:.1f} | {row['database_us']:.0f} |"
            f" {row['answer'][0]} / {row['answer'][1]} | {row['arrival'][0]} / {row['arrival'][1]} |"
            f" {row['kib']:.1f} | {exponent:.2f} |"
        )


if __name__ == "__main__":
    main()
