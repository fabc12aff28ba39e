"""The WebSocket library behind one import: everything else in the gateway sees ``Socket`` and ``listen``.

``picows`` (its ``websockets``-compatible interface) by default; ``websockets`` itself where the setting says so.
"""

import http
import importlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

MAX_FRAME_BYTES = 65536
CLOSE_SECONDS = 5


class Socket(Protocol):
    """The part of a server connection that the gateway uses; both libraries have it."""

    async def recv(self) -> str | bytes: ...
    async def close(self, code: int = 1000, reason: str = "") -> None: ...
    async def ping(self) -> Awaitable[float]: ...
    @property
    def remote_address(self) -> Any: ...


@dataclass(frozen=True)
class Upgrade:
    """A request to open a socket, as the handshake decision needs it."""

    path: str
    subprotocols: Sequence[str]
    authorization: str | None
    remote_address: str


@dataclass(frozen=True)
class Refusal:
    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: str = ""


@dataclass(frozen=True)
class Library:
    """One of the two libraries: its server, its fire-and-forget send, and what it raises when a socket is gone."""

    serve: Any
    broadcast: Any
    closed: type[Exception]


def library(name: str = "picows") -> Library:
    root = {"picows": "picows.websockets", "websockets": "websockets"}[name]
    server = importlib.import_module(f"{root}.asyncio.server")
    exceptions = importlib.import_module(f"{root}.exceptions")
    return Library(server.serve, server.broadcast, exceptions.ConnectionClosed)


def listen(
    use: Library,
    host: str,
    port: int,
    *,
    decide: Callable[[Upgrade], Refusal | str],
    handle: Callable[[Socket], Awaitable[None]],
    behind_proxy: bool = False,
) -> Any:
    """An async context manager that accepts sockets. ``decide`` answers a refusal, or the subprotocol to speak."""

    def process_request(connection: Any, request: Any) -> Any:
        headers = request.headers
        offered = [word.strip() for value in headers.get_all("Sec-WebSocket-Protocol", []) for word in value.split(",")]
        verdict = decide(
            Upgrade(request.path, offered, headers.get("Authorization"), _address(connection, headers, behind_proxy))
        )
        if isinstance(verdict, str):
            return None
        response = connection.respond(http.HTTPStatus(verdict.status), verdict.body)
        for name, value in verdict.headers:
            response.headers[name] = value
        return response

    return use.serve(
        handle,
        host,
        port,
        process_request=process_request,
        subprotocols=["ocpp1.6"],
        compression=None,
        max_size=MAX_FRAME_BYTES,
        ping_interval=None,
        close_timeout=CLOSE_SECONDS,
        server_header=None,
    )


def _address(connection: Any, headers: Any, behind_proxy: bool) -> str:
    forwarded = headers.get("X-Forwarded-For") if behind_proxy else None
    if forwarded:
        return str(forwarded).rsplit(",", 1)[-1].strip()
    address = getattr(connection, "remote_address", None)
    return str(address[0]) if address else ""
