"""A whole portal as real processes, started by the demo command on free ports and a data folder of its own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import requests

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Every complete NDJSON line of a record that is still being written."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().split("\n")[:-1] if line]


class Portal:
    def __init__(self, data: Path, *, chargers: int = 12, options: tuple[str, ...] = ("--speed", "4")) -> None:
        self.data = data
        self.log = data.parent / "demo.log"
        self.ports = {"port": free_port(), "gateway-port": free_port(), "backend-port": free_port()}
        self.chargers = chargers
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None
        self.info: dict[str, Any] = {}

    def start(self, *, timeout_seconds: float = 120) -> None:
        arguments = [sys.executable, "manage.py", "demo", "--data", str(self.data), "--chargers", str(self.chargers)]
        for name, port in self.ports.items():
            arguments += [f"--{name}", str(port)]
        environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "PORTAL_DATA_DIR"}}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*arguments, *self.options], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env=environment
            )
        already = self.log.read_text().count("READY ") if self.log.exists() else 0
        deadline = time.monotonic() + timeout_seconds
        while self.log.read_text().count("READY ") <= already:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                logs = "".join(f"{log.name}: {log.read_text()[-800:]}\n" for log in (self.data / "logs").glob("*.log"))
                raise AssertionError(f"the demo did not become ready:\n{self.log.read_text()[-3000:]}\n{logs}")
            time.sleep(0.2)
        self.info = json.loads((self.data / "demo.json").read_text())

    def stop(self) -> None:
        """SIGTERM, as a service manager would; afterwards none of the processes it started may be left."""
        if self.process is None:
            return
        family = self.family()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(40)
        gone, alive = psutil.wait_procs(family, timeout=5)
        for process in alive:
            process.kill()
        self.process = None
        assert not alive, f"left behind after SIGTERM: {[p.pid for p in alive]}; ended: {len(gone)}"

    def family(self) -> list[psutil.Process]:
        assert self.process is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            return list(psutil.Process(self.process.pid).children(recursive=True))
        return []

    def kill(self, *words: str) -> int:
        """``kill -9`` every process whose command line has all the words as arguments; say how many died."""
        count = 0
        for process in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                if set(words) <= set(process.cmdline()):
                    process.kill()
                    count += 1
        return count

    def api(
        self, method: str, path: str, *, role: str = "service", body: Any = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        url = path if path.startswith("http") else f"{self.info['url'].rstrip('/')}/api/v1{path}"
        return requests.request(
            method,
            url,
            json=body,
            headers={"Authorization": f"Bearer {self.info['tokens'][role]}", **(headers or {})},
            timeout=30,
        )

    def pages_of(self, path: str, *, role: str = "service") -> Iterator[dict[str, Any]]:
        next_page: str | None = path
        while next_page:
            answer = self.api("GET", next_page, role=role)
            assert answer.status_code == 200, answer.text
            yield from answer.json()["results"]
            next_page = answer.json()["next"]

    def judge(self) -> list[dict[str, Any]]:
        return read_lines(self.data / "judge.ndjson")

    def backend(self) -> list[dict[str, Any]]:
        return read_lines(self.data / "backend.ndjson")


def wait_until[T](condition: Callable[[], T], *, timeout_seconds: float, what: str, every_seconds: float = 0.5) -> T:
    deadline = time.monotonic() + timeout_seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_seconds} s: {what}")
        time.sleep(every_seconds)
