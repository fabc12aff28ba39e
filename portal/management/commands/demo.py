"""Starts a whole portal on this machine, with simulated chargers and a backend, to look at and to try."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.demo.plan import Options, environment, groups, processes
from portal.demo.supervisor import Supervisor
from portal.embedded import Servers
from portal.embedded.places import database_url
from portal.env import BASE_DIR

READY_SECONDS = 120
OURS = ("postgres", "valkey", "demo.json", "secrets")


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the web pages and the API")
        parser.add_argument("--gateway-port", type=int, default=9000, help="where chargers connect")
        parser.add_argument("--backend-port", type=int, default=9100, help="of the demo backend")
        parser.add_argument("--chargers", type=int, default=20)
        parser.add_argument("--data", type=Path, default=BASE_DIR / ".local", help="folder of everything that is kept")
        parser.add_argument("--fresh", action="store_true", help="forget what an earlier demo left")
        parser.add_argument("--speed", type=float, default=1.0, help="how fast simulated drivers live")

    def handle(self, *_args: Any, **given: Any) -> None:
        if given["chargers"] < 5:
            raise CommandError("--chargers: at least 5, so that there is one of every kind.")
        options = Options(
            given["data"].resolve(), given["port"], given["gateway_port"], given["backend_port"],
            given["chargers"], given["speed"],
        )  # fmt: skip
        self._check_ports(options)
        if given["fresh"]:
            self._forget(options.data)
        options.data.mkdir(parents=True, exist_ok=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._interrupt)
        servers = Servers(options.data)
        supervisor: Supervisor | None = None
        try:
            self.stdout.write("Starting PostgreSQL and Valkey …")
            servers.acquire()
            supervisor = self._start(options)
            self._watch(supervisor)
        except KeyboardInterrupt:
            self.stdout.write("Ending …")
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            if supervisor is not None:
                supervisor.stop()
            servers.release()

    @staticmethod
    def _interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    def _check_ports(self, options: Options) -> None:
        wanted = {
            "--port": options.port,
            "--gateway-port": options.gateway_port,
            "--backend-port": options.backend_port,
        }
        for name, port in wanted.items():
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    raise CommandError(
                        f"Port {port} is in use: end what listens there, or choose another with {name}."
                    ) from None

    def _forget(self, data: Path) -> None:
        if not data.exists():
            return
        if not any((data / name).exists() for name in OURS):
            raise CommandError(f"--fresh: {data} does not look like a folder of the demo; nothing was removed.")
        if Servers(data).in_use():
            raise CommandError(f"--fresh: something still uses {data}; end it first.")
        for path in data.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _start(self, options: Options) -> Supervisor:
        environ = environment(options)
        made = json.loads(
            self._manage(environ, "demo_data", "--chargers", str(options.chargers), "--data", str(options.data))
        )
        addresses = {"url": options.url, "gateway_url": options.gateway_url, "backend_url": options.backend_url}
        self._write_private(options.data / "demo.json", json.dumps({**addresses, **made}, indent=2))
        supervisor = Supervisor(processes(options), environ, BASE_DIR, options.data / "logs")
        supervisor.start()
        try:
            self._wait(options, supervisor)
        except BaseException:
            supervisor.stop()
            raise
        self._tell(options, made)
        return supervisor

    def _manage(self, environ: dict[str, str], *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=BASE_DIR, env=environ, capture_output=True, text=True
        )
        if done.returncode:
            raise CommandError(f"{arguments[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    @staticmethod
    def _write_private(path: Path, text: str) -> None:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)

    def _wait(self, options: Options, supervisor: Supervisor) -> None:
        expected = sum(group.count for group in groups(options.chargers) if group.scenario)
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if not supervisor.look(self.stdout.write):
                raise CommandError("A process does not stay up.")
            if self._web_answers(options) and self._arrived(options) >= expected:
                return
            time.sleep(0.25)
        arrived = f"{self._arrived(options)} of {expected} chargers arrived"
        raise CommandError(f"Not ready after {READY_SECONDS} s: {arrived}; see {options.data / 'logs'}.")

    @staticmethod
    def _web_answers(options: Options) -> bool:
        try:
            with urllib.request.urlopen(f"{options.url}health/ready", timeout=2) as answer:  # noqa: S310  our own
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    @staticmethod
    def _arrived(options: Options) -> int:
        """Chargers that were here since the demo was made: those that left for the backend count too."""
        with psycopg.connect(database_url(options.data)) as connection:
            row = connection.execute(
                "SELECT count(*) FROM chargers_chargerlink l JOIN chargers_charger c ON c.id = l.charger_id"
                " WHERE l.boot_accepted AND (l.disconnected_at IS NULL OR c.told_url <> '')"
            ).fetchone()
        return int(row[0]) if row else 0

    def _tell(self, options: Options, made: dict[str, Any]) -> None:
        self.stdout.write(f"\nOpen {options.url} and sign in as one of:")
        for user in made["users"]:
            self.stdout.write(f"  {user['role']:9} {user['email']:24} {user['password']}")
        self.stdout.write(f"\nAPI token of the service user:  {made['tokens']['service']}")
        self.stdout.write(f"Demo backend (OCPP 1.6J):       {options.backend_url}/{{deviceId}}")
        self.stdout.write(f"Everything else:                {options.data / 'demo.json'}")
        self.stdout.write("Ctrl-C ends the demo; the next start keeps its data.\n")
        self.stdout.write(f"READY {options.url}")
        self.stdout.flush()

    def _watch(self, supervisor: Supervisor) -> None:
        while supervisor.look(self._say):
            time.sleep(0.5)
        raise CommandError("A process does not stay up.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
