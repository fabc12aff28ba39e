"""R1: from the save to every charger "applied", beside the same calls sent straight to the same simulated chargers.

uv run python -m benchmarks.r1_rollout [--sizes 250 1000]
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from benchmarks import rig

BACKEND = "wss://backend.example.com/ocpp"
ARRIVED = """
SELECT count(*) FROM chargers_chargerlink l JOIN chargers_charger c ON c.id = l.charger_id
JOIN chargers_connector k ON k.charger_id = c.id AND k.number = 1 WHERE c.installation_id = {}
"""
APPLIED = """
SELECT count(*) FROM chargers_delivery d JOIN chargers_rollout r ON r.id = d.rollout_id
WHERE r.installation_id = {} AND d.state = 'applied'
"""


def credentials(folder: Path, count: int) -> Path:
    path = folder / f"credentials-{count}.ndjson"
    lines = (json.dumps({"device_id": f"R{count}X{n:06}", "password": rig.PASSWORD}) for n in range(1, count + 1))
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    return path


def chargers(environment: dict[str, str], url: str, count: int, secrets: Path) -> "subprocess.Popen[str]":
    return rig.manage(
        environment, "simulate", "--gateway", url, "--count", str(count), "--prefix", f"R{count}X",
        "--scenario", "idle", "--profile", "simulator", "--credentials", str(secrets), stdout=subprocess.DEVNULL,
    )  # fmt: skip


def ours(environment: dict[str, str], count: int, secrets: Path) -> dict[str, float]:
    populated = rig.script(environment, "benchmarks.populate", str(count), f"R{count}X", stdout=subprocess.PIPE)
    installation = populated.communicate()[0].strip()
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "--app", "portal", "--quiet", "worker", "--pool", "threads", "--concurrency",
         "4", "--queues", "rollout", "--loglevel", "error", "--without-gossip", "--without-mingle"],
        cwd=rig.ROOT, env=environment, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with rig.gateway(environment) as (gateway, url):
            crowd = chargers(environment, url, count, secrets)
            database = psycopg.connect(environment["DATABASE_URL"], autocommit=True)
            wait(database, ARRIVED.format(installation), count)
            time.sleep(5)
            before = [rig.Usage.of(process.pid) for process in (gateway, worker)]
            begun = time.perf_counter()
            rig.script(environment, "benchmarks.switch", installation, f"{BACKEND}/{{deviceId}}").wait()
            saved = time.perf_counter()
            wait(database, APPLIED.format(installation), count)
            ended = time.perf_counter()
            after = [rig.Usage.of(process.pid) for process in (gateway, worker)]
            crowd.terminate()
            crowd.wait(20)
            database.close()
    finally:
        worker.terminate()
        worker.wait(30)
    cpu = [round(later.cpu_seconds - earlier.cpu_seconds, 2) for earlier, later in zip(before, after, strict=True)]
    return {
        "seconds": ended - begun, "after_save": ended - saved, "gateway_cpu": cpu[0], "worker_cpu": cpu[1],
    }  # fmt: skip


def wait(database: "psycopg.Connection[tuple[int, ...]]", question: str, count: int, seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while True:
        row = database.execute(question).fetchone()
        if row is not None and row[0] >= count:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{row} of {count}")
        time.sleep(0.05)


def floor(environment: dict[str, str], count: int, secrets: Path) -> float:
    port = rig.free_port()
    straight = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.servers.straight", str(port)],
        cwd=rig.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert straight.stdin is not None
    assert straight.stdout is not None
    straight.stdout.readline()
    crowd = chargers(environment, f"ws://127.0.0.1:{port}/ocpp", count, secrets)
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            straight.stdin.write("count\n")
            straight.stdin.flush()
            if rig.answer_line(straight.stdout)["connected"] >= count:
                break
            time.sleep(0.5)
        time.sleep(8)
        straight.stdin.write(f"go {BACKEND}\n")
        straight.stdin.flush()
        return float(rig.answer_line(straight.stdout)["seconds"])
    finally:
        straight.kill()
        crowd.terminate()
        crowd.wait(20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=2, default=[250, 1000])
    sizes = parser.parse_args().sizes
    found = {}
    with tempfile.TemporaryDirectory() as folder, rig.bench_data() as environment:
        for count in sizes:
            secrets = credentials(Path(folder), count)
            least = floor(environment, count, secrets)
            found[count] = (least, ours(environment, count, secrets))
    print("| chargers | floor s | save to all applied s | × floor | gateway CPU s | worker CPU s |")
    print("|---|---|---|---|---|---|")
    for count, (least, row) in found.items():
        print(f"| {count} | {least:.2f} | {row['after_save']:.2f} | {row['after_save'] / least:.1f} |"
              f" {row['gateway_cpu']} | {row['worker_cpu']} |")  # fmt: skip
    small, large = (found[count][1]["after_save"] for count in sizes)
    print(f"\nexponent {sizes[0]}→{sizes[1]}: {math.log(large / small) / math.log(sizes[1] / sizes[0]):.2f}")


if __name__ == "__main__":
    main()
