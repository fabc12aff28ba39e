"""A whole portal as separate processes that a test kills, stops and starts one by one, with proxies in between.

Nobody restarts what dies: what heals, heals by itself or by the test's own hand. All data lies in one folder.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from portal.embedded.keeper import accepts, postgres, valkey
from portal.embedded.places import database_url, redis_url, socket_dir
from tests.acceptance.portal import ROOT, free_port, read_lines, wait_until
from tests.faults.proxy import Proxy

CARD = "04A1B2C3D4"
MANAGE = [sys.executable, "manage.py"]
USUAL = ("web", "gateway", "worker", "beat", "chargers-zcs")
CELERY = [sys.executable, "-m", "celery", "--app", "portal", "--quiet"]


class World:
    """``redis`` and ``database`` are proxies for the processes named so by ``start``; ``air`` is what chargers dial.

    ``accepted``: where each save is to be found that was answered with success, as its client was told.
    """

    def __init__(self, data: Path, *, chargers: int = 12) -> None:
        self.data, self.chargers = data, chargers
        self.ports = {name: free_port() for name in ("web", "gateway", "gateway-2", "backend")}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.servers: dict[str, subprocess.Popen[bytes]] = {}
        self.info: dict[str, Any] = {}
        self.accepted: list[str] = []
        self._judged = 0
        sockets = socket_dir(data)
        self.redis = Proxy(str(sockets / "valkey.sock"))
        self.database = Proxy(str(sockets / ".s.PGSQL.5432"))
        self.air = Proxy(("127.0.0.1", self.ports["gateway"]))

    # Life

    def begin(self) -> None:
        """Servers, data, and one of every process; all idle chargers of the first site are online."""
        self.data.mkdir(parents=True, exist_ok=True)
        socket_dir(self.data).mkdir(parents=True, exist_ok=True)
        for proxy in (self.redis, self.database, self.air):
            proxy.start()
        self.start_database()
        self.start_redis()
        made = self.manage("demo_data", "--chargers", str(self.chargers), "--data", str(self.data))
        self.info = json.loads(made)
        for name in ("web", "gateway", "worker", "beat"):
            self.start(name)
        self.start_chargers("ZCS")
        self.wait_for_web()
        self.wait_online()
        self.settle(self.newest_rollout())

    def end(self) -> None:
        for name in sorted(self.running, key=lambda name: not name.startswith("chargers")):
            with contextlib.suppress(ProcessLookupError):
                self.signal(name, signal.SIGCONT)
                self.running[name].terminate()
        deadline = time.monotonic() + 20
        for process in self.running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for name, process in self.servers.items():
            process.send_signal(signal.SIGINT if name == "database" else signal.SIGTERM)
            process.wait(20)
        for proxy in (self.redis, self.database, self.air):
            proxy.stop()

    # Processes

    def environment(self, *, through: tuple[str, ...] = ()) -> dict[str, str]:
        """``through``: "redis", "database" are reached through their proxies."""
        redis = f"redis://127.0.0.1:{self.redis.port}/0" if "redis" in through else redis_url(self.data)
        base = database_url(self.data)
        database = f"postgresql://postgres@127.0.0.1:{self.database.port}/postgres" if "database" in through else base
        return {
            **{key: value for key, value in os.environ.items() if key not in {"DJANGO_SETTINGS_MODULE"}},
            "PORTAL_DATA_DIR": str(self.data), "DATABASE_URL": database, "REDIS_URL": redis,
            "ALLOW_LOOPBACK_BACKENDS": "1", "GATEWAY_PUBLIC_URL": self.gateway_url, "PYTHONUNBUFFERED": "1",
            "EMBEDDED_DURABLE": "0",
        }  # fmt: skip

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.air.port}/ocpp"

    @property
    def backend_url(self) -> str:
        return f"ws://127.0.0.1:{self.ports['backend']}/ocpp"

    def command(self, name: str) -> list[str]:
        kind = name.partition("-")[0]
        if kind == "gateway":
            return [*MANAGE, "gateway", "--host", "127.0.0.1", "--port", str(self.ports[name]), "--node", name]
        if kind in {"worker", "webhooks"}:
            queue = "rollout" if kind == "worker" else "webhooks"
            pool = "prefork" if "prefork" in name else "threads"
            return [
                *CELERY, "worker", "--pool", pool, "--concurrency", "2", "--queues", queue, "--loglevel", "warning",
                "--without-gossip", "--without-mingle", "--without-heartbeat", "--hostname", f"{name}@fault",
            ]  # fmt: skip
        if kind == "beat":
            return [*CELERY, "beat", "--loglevel", "warning", "--schedule", str(self.data / f"{name}-schedule")]
        if kind == "backend":
            record = str(self.data / "backend.ndjson")
            return [*MANAGE, "backend", "--port", str(self.ports["backend"]), "--record", record]
        return [
            sys.executable, "-m", "uvicorn", "portal.asgi:application", "--host", "127.0.0.1",
            "--port", str(self.ports["web"]), "--log-level", "warning", "--no-access-log",
        ]  # fmt: skip

    def start(self, name: str, *, through: tuple[str, ...] = (), wrapper: tuple[str, ...] = ()) -> None:
        command = self.command(name)
        self._start(name, [command[0], *wrapper, *command[1:]], self.environment(through=through))

    def start_chargers(self, prefix: str, *options: str, name: str = "", profile: str = "simulator") -> None:
        """The chargers of demo_data with this prefix: ZCS and ZCB keep our link, ZCM move to the backend."""
        from portal.demo.plan import groups

        count = next(group.count for group in groups(self.chargers) if group.prefix == prefix)
        name = name or f"chargers-{prefix.lower()}"
        arguments = [
            "simulate", "--gateway", self.gateway_url, "--count", str(count), "--prefix", prefix, "--profile", profile,
            "--judge", str(self.data / "judge.ndjson"), "--credentials", str(self.data / "credentials.ndjson"),
            "--state", str(self.data / f"chargers-{prefix.lower()}.json"), "--longest-wait", "2", "--tag", CARD,
            *options,
        ]  # fmt: skip
        self._start(name, [*MANAGE, *arguments], self.environment())

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        logs = self.data / "logs"
        logs.mkdir(exist_ok=True)
        with (logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [*MANAGE, *arguments], cwd=ROOT, env=self.environment(), capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def signal(self, name: str, number: signal.Signals) -> None:
        self.running[name].send_signal(number)

    def kill(self, name: str) -> None:
        self.running[name].kill()
        self.running[name].wait(10)

    def mend(self) -> None:
        """As at the beginning, with the data kept: proxies pass, one of every process runs, all are online."""
        for proxy in (self.redis, self.database, self.air):
            proxy.mend()
        self.air.balance([self.air.target])
        for name in ("database", "redis"):
            if self.servers[name].poll() is not None:
                self.start_database() if name == "database" else self.start_redis()
        for name in set(self.running) - set(USUAL):
            with contextlib.suppress(ProcessLookupError):
                self.signal(name, signal.SIGCONT)
            self.kill(name)
            del self.running[name]
        for name in USUAL:
            if self.running[name].poll() is not None:
                self.start_chargers("ZCS") if name == "chargers-zcs" else self.start(name)
            else:
                self.signal(name, signal.SIGCONT)
        self.wait_for_web()
        self.wait_online()

    @contextlib.contextmanager
    def supervised(self) -> Iterator[None]:
        """What ends by itself is started again, as a service manager does."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(1):
                for name in USUAL:
                    if self.running[name].poll() is not None:
                        self.start(name)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def again(self, name: str, **options: Any) -> None:
        """Kill it, wherever it is, and start it anew."""
        self.kill(name)
        self.start(name, **options)

    def start_database(self) -> None:
        self.servers["database"] = postgres(self.data, socket_dir(self.data))
        wait_until(self._database_answers, timeout_seconds=60, what="PostgreSQL answers", every_seconds=0.1)

    def _database_answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(database_url(self.data), connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def start_redis(self) -> None:
        self.servers["redis"] = valkey(self.data, socket_dir(self.data))
        ready = lambda: accepts(socket_dir(self.data))  # noqa: E731
        wait_until(ready, timeout_seconds=60, what="both servers answer", every_seconds=0.1)

    @contextlib.contextmanager
    def sql(self) -> Iterator[Any]:
        """A connection of the test's own, past all proxies; commits at the end."""
        import psycopg

        with psycopg.connect(database_url(self.data)) as connection:
            yield connection

    # The API, as a script uses it

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['web']}"

    @property
    def site(self) -> int:
        return int(self.info["installations"][0]["id"])

    def api(self, method: str, path: str, *, body: Any = None, **headers: str) -> requests.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {self.info['tokens']['service']}"
        address = path if path.startswith("http") else f"{self.url}/api/v1{path}"
        answer = requests.request(method, address, json=body, headers=sent, timeout=60)
        if answer.status_code == 202 and "/authentication/" in address:
            self.accepted.append(answer.headers["Location"])
        return answer

    def wait_for_web(self) -> None:
        def answers() -> bool:
            try:
                return requests.get(f"{self.url}/health/ready", timeout=5).status_code == 200
            except requests.RequestException:
                return False

        wait_until(answers, timeout_seconds=60, what="the web process answers")

    def newest_rollout(self) -> str:
        rows = self.api("GET", f"/rollouts/?installation={self.site}").json()["results"]
        return f"/rollouts/{rows[0]['id']}/"

    def wait_online(self, prefix: str = "ZCS") -> None:
        def all_there() -> bool:
            rows = self.api("GET", f"/chargers/?installation={self.site}&search={prefix}").json()["results"]
            return bool(rows) and all(row["online"] for row in rows)

        wait_until(all_there, timeout_seconds=60, what=f"{prefix} online")

    def settle(self, rollout: str, *, timeout_seconds: float = 90) -> list[dict[str, Any]]:
        from tests.faults.assertions import settled

        return settled(self, rollout, timeout_seconds=timeout_seconds)

    def judge(self) -> list[dict[str, Any]]:
        """The chargers' own record since the last ``forget_judged``."""
        return read_lines(self.data / "judge.ndjson")[self._judged :]

    def forget_judged(self) -> None:
        """What chargers with a fault of their own were told says nothing about the next test."""
        self._judged = len(read_lines(self.data / "judge.ndjson"))
