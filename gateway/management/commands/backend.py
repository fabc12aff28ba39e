"""``manage.py backend``: the demo's central system, which records every handshake and every call it gets."""

import asyncio
import logging
import signal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gateway.simulator.backend import Backend, Record, Users, serve_until
from gateway.simulator.keeping import BadCredentials, read_credentials


class Command(BaseCommand):
    help = "Run the demo backend, an OCPP 1.6J central system apart from the portal."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument("--record", type=Path, required=True, metavar="FILE", help="NDJSON, appended to")
        parser.add_argument("--password-file", type=Path, metavar="FILE", help="initial password of all chargers")
        parser.add_argument(
            "--users",
            type=Path,
            metavar="FILE",
            help="password of each identity; rotated keys are kept here",
        )
        parser.add_argument("--rotate", action="store_true", help="give each charger a key of its own after its boot")
        parser.add_argument("--interval", type=int, default=300, help="heartbeat interval in seconds")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rotate"] and options["users"] is None:
            raise CommandError("--rotate needs --users FILE, which keeps the new keys")
        logging.getLogger("ocpp").setLevel(logging.CRITICAL)
        logging.getLogger("websockets").setLevel(logging.CRITICAL)
        backend = Backend(
            Record(options["record"]),
            self._users(options["password_file"], options["users"]),
            rotates=options["rotate"],
            interval=options["interval"],
        )
        try:
            asyncio.run(self._run(backend, options["host"], options["port"]))
        except OSError as error:
            raise CommandError(f"cannot listen on {options['host']}:{options['port']}: {error.strerror}") from error

    @staticmethod
    def _users(shared: Path | None, users: Path | None) -> Users:
        try:
            keys = read_credentials(users) if users is not None and users.exists() else {}
            return Users(shared.read_text().strip() if shared is not None else "", keys, users)
        except (OSError, BadCredentials) as error:
            raise CommandError(str(error)) from error

    @staticmethod
    async def _run(backend: Backend, host: str, port: int) -> None:
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        await serve_until(ended, backend, host, port)
