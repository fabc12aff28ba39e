"""G1: CPU of the server per OCPP message (boot, heartbeats, meter values), ours beside the floor and two peers.

uv run python -m benchmarks.g1_gateway [--count 1000] [--rounds 20] [--runs 3]
"""

import argparse
import math
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import rig


def measure(pid: int, url: str, count: int, rounds: int) -> dict[str, Any]:
    """Microseconds of CPU the server process spent per message, and what the chargers saw."""
    load = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load", "--url", url, "--count", str(count), "--rounds", str(rounds),
         "--settle", str(3 + count / 250)],
        cwd=rig.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert load.stdin is not None
    assert load.stdout is not None
    load.stdout.readline()
    before = rig.Usage.of(pid)
    load.stdin.write("\n")
    load.stdin.flush()
    result = rig.answer_line(load.stdout)
    after = rig.Usage.of(pid)
    load.wait(30)
    result["cpu_us"] = round((after.cpu_seconds - before.cpu_seconds) / result["messages"] * 1e6, 1)
    return result


def subjects(peers: Path | None) -> dict[str, list[str]]:
    servers = {
        "floor: echo": [sys.executable, "-m", "benchmarks.servers.echo"],
        "ocpp (PyPI)": [sys.executable, "-m", "benchmarks.servers.ocpp_central"],
    }
    node = shutil.which("node")
    if node and peers and (peers / "node_modules" / "ocpp-rpc").exists():
        shutil.copy(rig.ROOT / "benchmarks" / "servers" / "ocpp_rpc.js", peers / "bench_server.js")
        servers["ocpp-rpc (npm, strict)"] = [node, str(peers / "bench_server.js")]
    return servers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", type=Path, default=rig.ROOT / ".local" / "peers")
    options = parser.parse_args()
    sizes = [max(50, options.count // 4), options.count]
    found: dict[str, dict[int, list[dict[str, Any]]]] = {}

    with rig.bench_data() as environment:
        rig.script(environment, "benchmarks.populate", str(options.count), stdout=subprocess.DEVNULL).wait()
        for _ in range(options.runs):
            for size in sizes:
                for name, command in subjects(options.peers).items():
                    with rig.server(command) as (process, url):
                        result = measure(process.pid, url, size, options.rounds)
                    found.setdefault(name, {}).setdefault(size, []).append(result)
                with rig.gateway(environment) as (process, url):
                    result = measure(process.pid, url, size, options.rounds)
                found.setdefault("portal gateway", {}).setdefault(size, []).append(result)

    floor = statistics.median(row["cpu_us"] for row in found["floor: echo"][options.count])
    print(f"| server | CPU per message, µs | × floor | p50 ms | p99 ms | exponent {sizes[0]}→{sizes[1]} |")
    print("|---|---|---|---|---|---|")
    for name, by_size in found.items():
        cost = {size: statistics.median(row["cpu_us"] for row in rows) for size, rows in by_size.items()}
        rows = by_size[options.count]
        p50 = statistics.median(row["p50_ms"] for row in rows)
        p99 = statistics.median(row["p99_ms"] for row in rows)
        exponent = 1 + math.log(cost[sizes[1]] / cost[sizes[0]]) / math.log(sizes[1] / sizes[0])
        print(f"| {name} | {cost[sizes[1]]:.0f} | {cost[sizes[1]] / floor:.1f} | {p50} | {p99} | {exponent:.2f} |")


if __name__ == "__main__":
    main()
