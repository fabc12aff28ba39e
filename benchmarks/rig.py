"""The bench: a portal's servers and gateway in a data folder of their own, and the CPU and memory of one process."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "LoadPassword01234567"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, *, timeout_seconds: float = 60) -> None:
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on port {port}")


@dataclass
class Usage:
    """CPU seconds and resident bytes of one process at one moment."""

    cpu_seconds: float
    resident_bytes: int

    @classmethod
    def of(cls, pid: int) -> "Usage":
        process = psutil.Process(pid)
        times = process.cpu_times()
        return cls(times.user + times.system, process.memory_info().rss)


@contextlib.contextmanager
def bench_data() -> Iterator[dict[str, str]]:
    """An environment whose embedded servers live in a folder that is removed afterwards, migrated."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
        environment |= {"PORTAL_DATA_DIR": folder, "ALLOW_LOOPBACK_BACKENDS": "1"}
        keeper = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.keeper"],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert keeper.stdout is not None
        for line in keeper.stdout:
            if line.startswith("{"):
                environment |= json.loads(line)
                break
        try:
            yield environment
        finally:
            assert keeper.stdin is not None
            keeper.stdin.close()
            keeper.wait(30)


def manage(environment: dict[str, str], *arguments: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, text=True, **options)


def script(environment: dict[str, str], module: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, text=True, **options)


@contextlib.contextmanager
def gateway(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    process = manage(environment, "gateway", "--host", "127.0.0.1", "--port", str(port), "--node", "bench")
    try:
        wait_for_port(port)
        yield process, f"ws://127.0.0.1:{port}/ocpp"
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


@contextlib.contextmanager
def server(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Any server that takes a port as its last argument and prints ``ready``."""
    port = free_port()
    process = subprocess.Popen([*command, str(port)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    try:
        yield process, f"ws://127.0.0.1:{port}/ocpp"
    finally:
        process.kill()
        process.wait(10)


def answer_line(stream: IO[str] | None) -> dict[str, Any]:
    assert stream is not None
    for line in stream:
        if line.startswith("{"):
            result: dict[str, Any] = json.loads(line)
            return result
    raise RuntimeError("the load generator ended without a result")
