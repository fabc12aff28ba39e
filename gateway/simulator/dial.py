"""How a simulated charger dials and sends files: it asks nobody, trusts what it is told to, and gives up quietly."""

import asyncio
import base64
import ssl
from functools import cache
from urllib.parse import urlsplit

from picows import WSError, ws_connect

from gateway.simulator.values import Endpoint
from gateway.wire import SUBPROTOCOL, Wire

MAX_BYTES = 65_536
PING_SECONDS = 60
PONG_SECONDS = 20
HANDSHAKE_SECONDS = 20
REQUEST_SECONDS = 60
MOST_ANSWER_BYTES = 65_536


class DialFailed(Exception):
    """No connection came about; the charger tries again later, whatever the reason."""


@cache
def _any_certificate() -> ssl.SSLContext:
    """Trusts every backend: what simulated chargers try out has certificates of its own making."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@cache
def _checked_certificate() -> ssl.SSLContext:
    return ssl.create_default_context()


async def dial(endpoint: Endpoint, wire: Wire, *, verify: bool = False) -> None:
    """Returns when ``wire`` was opened, which may be over again by then. Raises DialFailed when it never was.

    ``verify``: refuse a backend whose certificate no authority known to this machine has signed.
    """
    context = _checked_certificate() if verify else _any_certificate()
    headers = {"Sec-WebSocket-Protocol": SUBPROTOCOL}
    if endpoint.key:
        login = base64.b64encode(endpoint.user.encode() + b":" + endpoint.key).decode()
        headers["Authorization"] = f"Basic {login}"
    try:
        await ws_connect(
            lambda: wire,
            endpoint.url,
            ssl_context=context if endpoint.url.startswith("wss:") else None,
            extra_headers=headers,
            max_redirects=0,
            max_frame_size=MAX_BYTES,
            read_buffer_init_size=2048,
            websocket_handshake_timeout=HANDSHAKE_SECONDS,
            enable_auto_ping=True,
            auto_ping_idle_timeout=PING_SECONDS,
            auto_ping_reply_timeout=PONG_SECONDS,
        )
    except (OSError, TimeoutError, ValueError, WSError) as error:
        wire.drop()
        raise DialFailed(type(error).__name__) from error
    if not wire.was_opened:
        # picows returns as if all were well when the peer hangs up without a word during the handshake.
        raise DialFailed("hung up")


class RequestFailed(Exception):
    """No answer, or not a good one."""


async def request(method: str, url: str, body: bytes = b"", *, verify: bool = False) -> bytes:
    """One HTTP request without redirects, as a simulated charger makes them; the body of its 2xx answer.

    Raises RequestFailed.
    """
    parts = urlsplit(url)
    context = None
    if parts.scheme == "https":
        context = _checked_certificate() if verify else _any_certificate()
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            port = parts.port or (443 if context else 80)
            reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
            try:
                target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
                head = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\nConnection: close\r\n"
                head += f"Content-Type: application/octet-stream\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode("ascii") + body)
                answer = await reader.read(MOST_ANSWER_BYTES)
                while more := await reader.read(MOST_ANSWER_BYTES):
                    answer = (answer + more)[:MOST_ANSWER_BYTES]
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError) as error:
        raise RequestFailed(type(error).__name__) from error
    status, _, rest = answer.partition(b"\r\n")
    if not status.startswith(b"HTTP/1.") or status[9:10] != b"2":
        raise RequestFailed(status[:12].decode(errors="replace"))
    return rest.partition(b"\r\n\r\n")[2]
