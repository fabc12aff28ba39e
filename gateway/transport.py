"""The WebSocket library behind one import: everything else in the gateway sees ``Socket`` and ``listen``.

``picows`` (its ``websockets``-compatible interface) by default; ``websockets`` itself where the setting says so.
"""

import http
import importlib
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

MAX_FRAME_BYTES = 65536
CLOSE_SECONDS = 5
READ_BUFFER_BYTES = 2048


class Socket(Protocol):
    """The part of a server connection that the gateway uses; both libraries have it."""

    async def recv(self) -> str | bytes: ...
    async def close(self, code: int = 1000, reason: str = "") -> None: ...
    async def ping(self) -> Awaitable[float]: ...
    @property
    def remote_address(self) -> Any: ...


@dataclass(frozen=True)
class Upgrade:
    """A request to open a socket, as the handshake decision needs it.

    ``remote_address`` is empty where the library tells it only after the upgrade (picows without a proxy in front).
    """

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
    options: Mapping[str, Any]


def library(name: str = "picows") -> Library:
    root = {"picows": "picows.websockets", "websockets": "websockets"}[name]
    server = importlib.import_module(f"{root}.asyncio.server")
    exceptions = importlib.import_module(f"{root}.exceptions")
    options = {"read_buffer_init_size": READ_BUFFER_BYTES} if name == "picows" else {}
    return Library(server.serve, server.broadcast, exceptions.ConnectionClosed, options)


def listen(
    use: Library,
    host: str,
    port: int,
    *,
    decide: Callable[[Upgrade], Refusal | str],
    handle: Callable[[Socket], Awaitable[None]],
    behind_proxy: bool = False,
    tls: ssl.SSLContext | None = None,
) -> Any:
    """An async context manager that accepts sockets. ``decide`` answers a refusal, or the subprotocol to speak."""

    def process_request(connection: Any, request: Any) -> Any:
        headers = request.headers
        lists = headers.getall if hasattr(headers, "getall") else headers.get_all
        try:
            offered = [word.strip() for value in lists("Sec-WebSocket-Protocol") for word in value.split(",")]
        except KeyError:
            offered = []
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
        ssl=tls,
        **use.options,
    )


def _address(connection: Any, headers: Any, behind_proxy: bool) -> str:
    forwarded = headers.get("X-Forwarded-For") if behind_proxy else None
    if forwarded:
        return str(forwarded).rsplit(",", 1)[-1].strip()
    address = getattr(connection, "remote_address", None)
    return str(address[0]) if address else ""
