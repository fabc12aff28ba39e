"""Keeps the demo's processes running, starts again what dies, as a service manager would, and ends them all."""

import contextlib
import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

PR_SET_PDEATHSIG = 1
MOST_RESTARTS = 20
GRACE_SECONDS = 20.0


def die_with_parent() -> None:
    """Runs in the child before exec: the kernel ends it when the demo itself is killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    def __init__(self, commands: Mapping[str, list[str]], environment: Mapping[str, str], folder: Path, logs: Path):
        self._commands, self._environment, self._folder, self._logs = commands, environment, folder, logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._restarts = 0
        self.stopping = False

    def start(self) -> None:
        self._logs.mkdir(exist_ok=True)
        for name in self._commands:
            self._start(name)

    def _start(self, name: str) -> None:
        with (self._logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._commands[name],
                cwd=self._folder,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,
            )

    def look(self, tell: Callable[[str], None]) -> bool:
        """Start again what has died; False: it dies so often that something is wrong (its log says what)."""
        for name, process in list(self._running.items()):
            if process.poll() is None:
                continue
            self._restarts += 1
            if self._restarts > MOST_RESTARTS:
                tell(f"{name} keeps ending (status {process.returncode}); see {self._logs / f'{name}.log'}")
                return False
            tell(f"{name} ended with status {process.returncode}: starting it again")
            self._start(name)
        return True

    def stop(self) -> None:
        """Chargers first, so that nothing talks to a gateway that is about to end."""
        self.stopping = True
        order = sorted(self._running, key=lambda name: not name.startswith("chargers"))
        for name in order:
            with contextlib.suppress(ProcessLookupError):
                self._running[name].terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()
