"""R1: from the save to every charger "applied", beside the same calls sent straight to the same simulated chargers.

uv run python -m benchmarks.r1_rollout [--sizes 1000 10000] [--runs 3]

The chargers' own record is read afterwards: nothing written during a session, no fence left, nothing sent twice.
"""

import argparse
import contextlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg

from benchmarks import rig
from tests.acceptance.portal import read_lines
from tests.acceptance.verdict import disturbances, open_fences, repeats

BACKEND = "wss://backend.example.com/ocpp"
ARRIVED = """
SELECT count(*) FROM chargers_chargerlink l JOIN chargers_charger c ON c.id = l.charger_id
JOIN chargers_connector k ON k.charger_id = c.id AND k.number = 1 WHERE c.installation_id = {}
"""
APPLIED = """
SELECT count(*) FROM chargers_delivery d JOIN chargers_rollout r ON r.id = d.rollout_id
WHERE r.installation_id = {} AND d.state = 'applied'
"""
# Before the start: the last frames of the boots and the database's work on them are over.
QUIET_SECONDS = 5.0
CHARGERS_PER_PROCESS = 2500
PARTS = ("gateway", "worker", "PostgreSQL", "Valkey", "simulators")


def prefix(count: int, run: int) -> str:
    return f"R{count}N{run}X"


def credentials(folder: Path, count: int, run: int) -> Path:
    path = folder / f"credentials-{count}-{run}.ndjson"
    ids = (f"{prefix(count, run)}{number:06}" for number in range(1, count + 1))
    path.write_text("".join(json.dumps({"device_id": one, "password": rig.PASSWORD}) + "\n" for one in ids))
    path.chmod(0o600)
    return path


@contextlib.contextmanager
def crowd(
    environment: dict[str, str], url: str, count: int, run: int, secrets: Path, judge: Path | None = None
) -> Iterator["list[subprocess.Popen[str]]"]:
    """Simulated chargers, so many to a process."""
    processes = []
    for first in range(1, count + 1, CHARGERS_PER_PROCESS):
        some = min(CHARGERS_PER_PROCESS, count + 1 - first)
        options = ["--judge", f"{judge}-{first}"] if judge else []
        processes.append(
            rig.manage(
                environment, "simulate", "--gateway", url, "--count", str(some), "--first", str(first), "--prefix",
                prefix(count, run), "--scenario", "idle", "--profile", "simulator", "--credentials", str(secrets),
                *options, stdout=subprocess.DEVNULL,
            )
        )  # fmt: skip
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(60)


def verdict(judge: Path) -> None:
    record = [line for path in judge.parent.glob(f"{judge.name}-*") for line in read_lines(path)]
    found = {"disturbed": disturbances(record), "fences left": open_fences(record), "sent twice": repeats(record)}
    told = ", ".join(f"{name} {len(lines)}" for name, lines in found.items())
    print(f"judge: {len(record)} calls, {told}", flush=True)
    for path in judge.parent.glob(f"{judge.name}-*"):
        path.unlink()


@contextlib.contextmanager
def worker(environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """One worker, and beat beside it as in any installation."""
    celery = [sys.executable, "-m", "celery", "--app", "portal", "--quiet"]
    options = ["--pool", "threads", "--concurrency", "4", "--queues", "rollout", "--without-gossip", "--without-mingle"]
    commands = (
        [*celery, "worker", *options, "--loglevel", "error"],
        [*celery, "beat", "--loglevel", "error", "--schedule", f"{environment['PORTAL_DATA_DIR']}/schedule"],
    )
    quiet = subprocess.DEVNULL
    processes = [
        subprocess.Popen(command, cwd=rig.ROOT, env=environment, stdout=quiet, stderr=quiet) for command in commands
    ]
    try:
        yield processes[0]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def servers_usage(folder: str) -> dict[str, float]:
    """CPU seconds of the bench's own PostgreSQL and Valkey: their command lines name the bench's data folder."""
    seconds = {"PostgreSQL": 0.0, "Valkey": 0.0}
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or ())
        if folder not in line:
            continue
        with contextlib.suppress(psutil.NoSuchProcess):
            if "bin/postgres" in line:
                for one in (process, *process.children()):
                    times = one.cpu_times()
                    # A session that ended is counted with its parent.
                    seconds["PostgreSQL"] += times.user + times.system
                times = process.cpu_times()
                seconds["PostgreSQL"] += times.children_user + times.children_system
            elif "valkey-server" in line:
                times = process.cpu_times()
                seconds["Valkey"] += times.user + times.system
    return seconds


def cpu(*processes: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> float:
    return sum(rig.Usage.of(process.pid).cpu_seconds for process in processes)


def usage(
    environment: dict[str, str], gateway: "subprocess.Popen[str]", celery: "subprocess.Popen[bytes]",
    simulators: "list[subprocess.Popen[str]]",
) -> list[float]:  # fmt: skip
    """In the order of PARTS."""
    servers = servers_usage(environment["PORTAL_DATA_DIR"])
    return [cpu(gateway), cpu(celery), servers["PostgreSQL"], servers["Valkey"], cpu(*simulators)]


def ours(environment: dict[str, str], count: int, run: int, secrets: Path) -> dict[str, float]:
    populated = rig.script(
        environment, "benchmarks.populate", str(count), prefix(count, run), f"{count}-{run}", stdout=subprocess.PIPE
    )
    installation = populated.communicate()[0].strip()
    judge = secrets.with_name(f"judge-{count}-{run}")
    with (
        worker(environment) as celery,
        rig.gateway(environment) as (gateway, url),
        crowd(environment, url, count, run, secrets, judge) as simulators,
        psycopg.connect(environment["DATABASE_URL"], autocommit=True) as database,
    ):
        wait(database, ARRIVED.format(installation), count)
        time.sleep(QUIET_SECONDS)
        before = usage(environment, gateway, celery, simulators)
        switch = rig.script(
            environment, "benchmarks.switch", installation, f"{BACKEND}/{{deviceId}}", stdout=subprocess.PIPE
        )
        moments = rig.answer_line(switch.stdout)
        wait(database, APPLIED.format(installation), count)
        ended = time.time()
        after = usage(environment, gateway, celery, simulators)
        switch.wait(30)
    verdict(judge)
    row = {name: later - earlier for name, later, earlier in zip(PARTS, after, before, strict=True)}
    return row | {"seconds": ended - moments["begun"], "save": moments["saved"] - moments["begun"]}


def wait(database: "psycopg.Connection[tuple[int, ...]]", question: str, count: int, seconds: float = 600) -> None:
    deadline = time.monotonic() + seconds
    while True:
        row = database.execute(question.encode()).fetchone()
        if row is not None and row[0] >= count:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{row} of {count}")
        time.sleep(0.02)


def floor(environment: dict[str, str], count: int, run: int, secrets: Path) -> dict[str, float]:
    port = rig.free_port()
    straight = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.servers.straight", str(port)],
        cwd=rig.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert straight.stdin is not None
    assert straight.stdout is not None

    def ask(line: str) -> dict[str, float]:
        assert straight.stdin is not None
        straight.stdin.write(line + "\n")
        straight.stdin.flush()
        return rig.answer_line(straight.stdout)

    straight.stdout.readline()
    try:
        with crowd(environment, f"ws://127.0.0.1:{port}/ocpp", count, run, secrets) as simulators:
            deadline = time.monotonic() + 300
            while ask("count")["connected"] < count:
                if time.monotonic() > deadline:
                    raise TimeoutError("the simulated chargers did not come")
                time.sleep(0.5)
            time.sleep(QUIET_SECONDS)
            before = [cpu(straight), cpu(*simulators)]
            seconds = ask(f"go {BACKEND}")["seconds"]
            after = [cpu(straight), cpu(*simulators)]
    finally:
        straight.kill()
        straight.wait(10)
    return {"seconds": seconds, "gateway": after[0] - before[0], "simulators": after[1] - before[1]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=2, default=[1000, 10_000])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    rows: dict[str, dict[int, list[dict[str, float]]]] = {"floor: straight": {}, "portal": {}}
    with tempfile.TemporaryDirectory() as folder, rig.bench_data() as environment:
        for run in range(options.runs):
            for count in options.sizes:
                secrets = credentials(Path(folder), count, run)
                rows["floor: straight"].setdefault(count, []).append(floor(environment, count, run, secrets))
                rows["portal"].setdefault(count, []).append(ours(environment, count, run, secrets))
    report(rows, options.sizes)


def report(rows: dict[str, dict[int, list[dict[str, float]]]], sizes: list[int]) -> None:
    def middle(name: str, count: int, column: str) -> float:
        return statistics.median(row.get(column, math.nan) for row in rows[name][count])

    def figure(value: float) -> str:
        return "" if math.isnan(value) else f"{value:.2f}"

    print(f"| chargers | from | all applied, s | × floor | save, s | CPU s: {' | '.join(PARTS)} | exponent |")
    print("|" + "---|" * (len(PARTS) + 6))
    for name in rows:
        for count in sizes:
            seconds = middle(name, count, "seconds")
            times = seconds / middle("floor: straight", count, "seconds")
            cpu = " | ".join(figure(middle(name, count, part)) for part in PARTS)
            growth = math.log(seconds / middle(name, sizes[0], "seconds")) / math.log(count / sizes[0]) if (
                count != sizes[0]
            ) else math.nan  # fmt: skip
            save = figure(middle(name, count, "save"))
            print(f"| {count} | {name} | {seconds:.2f} | {times:.1f} | {save} | {cpu} | {figure(growth)} |")
    print(f"\nmedian of {len(rows['portal'][sizes[0]])} runs, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
