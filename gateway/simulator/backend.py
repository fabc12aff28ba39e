"""The demo's backend: an OCPP 1.6J central system of its own kind, on the PyPI packages ``ocpp`` and ``websockets``.

It shares no code with our gateway, so it can witness what the gateway sends chargers away to.
"""

# The package ocpp has no types.
# mypy: disable-error-code="import-untyped,untyped-decorator"

import asyncio
import base64
import binascii
import hmac
import itertools
import json
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ocpp.routing import after, on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import Action, AuthorizationStatus, DataTransferStatus, RegistrationStatus
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from gateway.simulator.judge import masked

SUBPROTOCOL = "ocpp1.6"
KEY_BYTES = 20
WELCOME = IdTagInfo(status=AuthorizationStatus.accepted)


def utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Record:
    """Every handshake and every call as one JSON line, written at once."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, **fields: Any) -> None:
        os.write(self._file, json.dumps({"at": utc_now(), **fields}).encode() + b"\n")

    def close(self) -> None:
        os.close(self._file)


class Users:
    """Who may log in. ``shared``: the initial password of all; ``keys``: identity to the password of its own, which
    counts instead. With neither everybody is welcome, with or without a login. ``path`` keeps rotated keys."""

    def __init__(self, shared: str = "", keys: dict[str, str] | None = None, path: Path | None = None) -> None:
        self._shared = shared
        self._keys = keys or {}
        self._path = path

    @property
    def open(self) -> bool:
        return not self._shared and not self._keys

    def has_own(self, identity: str) -> bool:
        return identity in self._keys

    def admits(self, identity: str, user: str, password: bytes) -> bool:
        """As raw bytes, or as the hexadecimal digits of them (1.6 security whitepaper)."""
        expected = self._keys.get(identity, self._shared)
        if not expected or user != identity:
            return self.open
        forms = [expected.encode()]
        try:
            forms.append(bytes.fromhex(expected))
        except ValueError:
            forms.append(expected.encode().hex().encode())
        return any(hmac.compare_digest(password, form) for form in forms)

    def rotated(self, identity: str, key: str) -> None:
        self._keys[identity] = key
        if self._path is not None:
            new = self._path.with_suffix(".new")
            opener: Callable[[str, int], int] = lambda name, flags: os.open(name, flags, 0o600)  # noqa: E731  typed
            with open(new, "w", opener=opener) as file:
                file.writelines(
                    json.dumps({"device_id": who, "password": own}) + "\n" for who, own in self._keys.items()
                )
            new.replace(self._path)


def read_login(request: Request) -> tuple[str, bytes] | None:
    """User and password of a Basic header; None where there is none that can be read."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value, validate=True).partition(b":")
        return user.decode(), password
    except (binascii.Error, UnicodeDecodeError):
        return None


class Session(ChargePoint):  # type: ignore[misc]  # untyped there
    """One charger at the backend: every call is answered, every tag accepted."""

    def __init__(self, backend: "Backend", connection: ServerConnection, identity: str) -> None:
        super().__init__(identity, connection)
        self._backend = backend

    async def route_message(self, raw: Any) -> None:
        try:
            kind, _, action, payload = json.loads(raw)
        except (ValueError, TypeError):
            pass  # not a CALL; the package sorts it out
        else:
            if kind == 2:
                self._backend.recorded(self._connection, action, payload)
        await super().route_message(raw)

    @on(Action.boot_notification)
    def boot(self, **_: Any) -> call_result.BootNotification:
        return call_result.BootNotification(utc_now(), self._backend.interval, RegistrationStatus.accepted)

    @after(Action.boot_notification)
    async def rotate(self, **_: Any) -> None:
        """A backend gives every charger a password of its own the first time it comes (J 6.2.2)."""
        if not self._backend.rotates or self._backend.users.has_own(self.id):
            return
        key = secrets.token_hex(KEY_BYTES)
        try:
            answer = await self.call(call.ChangeConfiguration("AuthorizationKey", key))
        except (TimeoutError, ConnectionClosed):
            return
        status = answer.status if answer is not None else "CallError"
        if status in ("Accepted", "RebootRequired"):
            self._backend.users.rotated(self.id, key)
        self._backend.recorded(self._connection, "ChangeConfiguration", {"key": "AuthorizationKey", "status": status})

    @on(Action.heartbeat)
    def heartbeat(self, **_: Any) -> call_result.Heartbeat:
        return call_result.Heartbeat(utc_now())

    @on(Action.authorize)
    def authorize(self, **_: Any) -> call_result.Authorize:
        return call_result.Authorize(WELCOME)

    @on(Action.start_transaction)
    def start_transaction(self, **_: Any) -> call_result.StartTransaction:
        return call_result.StartTransaction(next(self._backend.transaction_ids), WELCOME)

    @on(Action.stop_transaction)
    def stop_transaction(self, **_: Any) -> call_result.StopTransaction:
        return call_result.StopTransaction()

    @on(Action.meter_values)
    def meter_values(self, **_: Any) -> call_result.MeterValues:
        return call_result.MeterValues()

    @on(Action.status_notification)
    def status_notification(self, **_: Any) -> call_result.StatusNotification:
        return call_result.StatusNotification()

    @on(Action.data_transfer)
    def data_transfer(self, **_: Any) -> call_result.DataTransfer:
        return call_result.DataTransfer(DataTransferStatus.unknown_vendor_id)

    @on(Action.firmware_status_notification)
    def firmware_status(self, **_: Any) -> call_result.FirmwareStatusNotification:
        return call_result.FirmwareStatusNotification()

    @on(Action.diagnostics_status_notification)
    def diagnostics_status(self, **_: Any) -> call_result.DiagnosticsStatusNotification:
        return call_result.DiagnosticsStatusNotification()


class Backend:
    """``sessions``: identity to the newest connection, for tests that call a charger from here."""

    def __init__(
        self, record: Record, users: Users | None = None, *, rotates: bool = False, interval: int = 300
    ) -> None:
        self.record = record
        self.users = users or Users()
        self.rotates = rotates
        self.interval = interval
        self.transaction_ids = itertools.count(int(datetime.now(UTC).timestamp()) % 1_000_000 * 1000 + 1)
        self.sessions: dict[str, Session] = {}

    def recorded(self, connection: ServerConnection, action: str, payload: Any) -> None:
        assert connection.request is not None
        self._write(connection, connection.request, action, masked(payload))

    def _write(self, connection: ServerConnection, request: Request, action: str, payload: Any) -> None:
        login = read_login(request)
        path = urlsplit(request.path).path
        identity = unquote(path.rpartition("/")[2])
        user = None if login is None else login[0]
        self.record.write(
            path=path, identity=identity, connection=str(connection.id), basic_user=user, action=action, payload=payload
        )

    def judge_handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        identity = unquote(urlsplit(request.path).path.rpartition("/")[2])
        user, password = read_login(request) or ("", b"")
        admitted = self.users.admits(identity, user, password)
        self._write(connection, request, "Handshake", {"admitted": admitted})
        if admitted:
            return None
        response = connection.respond(HTTPStatus.UNAUTHORIZED, "wrong user or password\n")
        response.headers["WWW-Authenticate"] = 'Basic realm="ocpp"'
        return response

    async def attend(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        identity = unquote(urlsplit(connection.request.path).path.rpartition("/")[2])
        session = self.sessions[identity] = Session(self, connection, identity)
        try:
            await session.start()
        except ConnectionClosed:
            pass
        finally:
            if self.sessions.get(identity) is session:
                del self.sessions[identity]

    async def listen(self, host: str, port: int) -> Server:
        """Raises OSError when the port is taken."""
        return await serve(
            self.attend,
            host,
            port,
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]  # a NewType of str
            process_request=self.judge_handshake,
            compression=None,
            max_size=65_536,
            ping_interval=30,
        )


async def serve_until(ended: asyncio.Event, backend: Backend, host: str, port: int) -> None:
    async with await backend.listen(host, port):
        await ended.wait()
    backend.record.close()
