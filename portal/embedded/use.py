"""Holding the embedded servers: for one command, for the demo, for a test run."""

import atexit
import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

from portal.embedded.places import data_dir
from portal.env import BASE_DIR, env

# Commands that only read code; everything else may need the database.
WITHOUT_SERVERS = {
    "help", "version", "--help", "--version", "spectacular", "compilemessages", "makemessages", "demo",
}  # fmt: skip


class EmbeddedServersFailed(RuntimeError):
    """A server did not start; the message holds the end of its log."""


class Servers:
    """A hold on the embedded servers of one data folder. ``release`` lets go; the last one to let go ends them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._hold: IO[bytes] | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    def acquire(self) -> "Servers":
        """Start the servers or join those that run. Raises EmbeddedServersFailed with the reason."""
        self.data.mkdir(parents=True, exist_ok=True)
        self._hold = (self.data / "users.lock").open("ab")
        fcntl.flock(self._hold, fcntl.LOCK_SH)
        with (self.data / "start.lock").open("ab") as start:
            fcntl.flock(start, fcntl.LOCK_EX)
            if not self._keeper_runs():
                self._start_keeper()
        return self

    def release(self, *, wait_seconds: float = 30) -> None:
        """Let go. The process that started the keeper waits for the servers' end if it was the last to hold them."""
        if self._hold is None:
            return
        self._hold.close()
        self._hold = None
        if self._keeper is None:
            return
        if self._others_hold():
            self._keeper.returncode = 0  # it outlives this process: not ours to wait for
        else:
            self._keeper.wait(wait_seconds)
        self._keeper = None

    def in_use(self) -> bool:
        """Whether servers run for this folder; starts nothing."""
        return self.data.exists() and self._keeper_runs()

    def _keeper_runs(self) -> bool:
        with (self.data / "keeper.lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def _others_hold(self) -> bool:
        """Whether another process shares the lock. Exclusively it is only ever taken by the keeper, to end."""
        with (self.data / "users.lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return False
                return True
            return False

    def _start_keeper(self) -> None:
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "portal.embedded.keeper", str(self.data)],
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(BASE_DIR)},
        )
        assert self._keeper.stdout is not None
        line = self._keeper.stdout.readline()
        self._keeper.stdout.close()
        answer = json.loads(line) if line else {"error": "the keeper of the embedded servers ended without a word"}
        if "error" in answer:
            raise EmbeddedServersFailed(answer["error"])


def start_for_command(argv: list[str]) -> Servers | None:
    """Hold the embedded servers for the life of this process unless real ones are configured for both."""
    command = argv[1] if len(argv) > 1 else "help"
    if command in WITHOUT_SERVERS or (env.text("DATABASE_URL") and env.text("REDIS_URL")):
        return None
    servers = Servers(data_dir()).acquire()
    atexit.register(servers.release)
    return servers
