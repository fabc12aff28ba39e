"""How a simulated charger dials: it asks nobody, trusts what it is told to, and gives up quietly."""

import base64
import ssl
from functools import cache

from picows import WSError, ws_connect

from gateway.simulator.values import Endpoint
from gateway.wire import SUBPROTOCOL, Wire

MAX_BYTES = 65_536
PING_SECONDS = 60
PONG_SECONDS = 20
HANDSHAKE_SECONDS = 20


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
