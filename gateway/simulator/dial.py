"""The simulated chargers' side of a WebSocket: picows with callbacks, so that a charger costs no task of its own."""

import base64
import ssl
from collections.abc import Callable
from functools import cache

from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from gateway.simulator.values import Endpoint

SUBPROTOCOL = "ocpp1.6"
MAX_BYTES = 65_536
PING_SECONDS = 60
PONG_SECONDS = 20
HANDSHAKE_SECONDS = 20


class DialFailed(Exception):
    """No connection came about; the charger tries again later, whatever the reason."""


class Wire(WSListener):
    """One connection. ``opened`` comes first, texts go to ``heard``; ``gone`` once at the end, unless dropped by us."""

    def __init__(self, opened: Callable[[], None], heard: Callable[[str], None], gone: Callable[[], None]) -> None:
        self._opened = opened
        self._heard = heard
        self._gone: Callable[[], None] | None = gone
        self._parts: list[bytes] = []
        self._transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        if self._gone is None or transport.response.headers.get("Sec-WebSocket-Protocol") != SUBPROTOCOL:
            transport.disconnect(graceful=False)
        else:
            self._opened()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            transport.send_close()
            transport.disconnect()
        elif frame.msg_type in (WSMsgType.TEXT, WSMsgType.CONTINUATION) and self._gone is not None:
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                text = b"".join(self._parts).decode(errors="replace")
                self._parts.clear()
                self._heard(text)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        gone, self._gone = self._gone, None
        if gone is not None:
            gone()

    @property
    def was_opened(self) -> bool:
        return self._transport is not None

    def send(self, text: str) -> None:
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.send(WSMsgType.TEXT, text.encode())

    def drop(self, *, politely: bool = False) -> None:
        """End it; ``gone`` is not called any more."""
        self._gone = None
        if self._transport is not None and not self._transport.is_disconnected:
            if politely:
                self._transport.send_close()
            self._transport.disconnect(politely)


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
