"""The client's side of a WebSocket: picows with callbacks, so that a connection costs no task of its own."""

import time
from collections.abc import Callable

from picows import WSFrame, WSListener, WSMsgType, WSTransport

SUBPROTOCOL = "ocpp1.6"
# Of one message, however many fragments it comes in.
MAX_MESSAGE_BYTES = 65_536


class Wire(WSListener):
    """One connection. ``opened`` comes first, texts go to ``heard``; ``gone`` once at the end, unless dropped by us.

    ``heard_at``: when the last frame came, by the monotonic clock.
    """

    def __init__(self, opened: Callable[[], None], heard: Callable[[str], None], gone: Callable[[], None]) -> None:
        self._opened = opened
        self._heard = heard
        self._gone: Callable[[], None] | None = gone
        self._parts: list[bytes] = []
        self._size = 0
        self.heard_at = time.monotonic()
        self._transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        if self._gone is None or self.subprotocol != SUBPROTOCOL:
            transport.disconnect(graceful=False)
        else:
            self._opened()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.heard_at = time.monotonic()
        if frame.msg_type is WSMsgType.CLOSE:
            transport.send_close()
            transport.disconnect()
        elif frame.msg_type in (WSMsgType.TEXT, WSMsgType.CONTINUATION) and self._gone is not None:
            part = frame.get_payload_as_bytes()
            self._size += len(part)
            if self._size > MAX_MESSAGE_BYTES:
                self._parts.clear()
                transport.disconnect(graceful=False)
                return
            self._parts.append(part)
            if frame.fin:
                text = b"".join(self._parts).decode(errors="replace")
                self._parts.clear()
                self._size = 0
                self._heard(text)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        gone, self._gone = self._gone, None
        if gone is not None:
            gone()

    @property
    def was_opened(self) -> bool:
        return self._transport is not None

    @property
    def subprotocol(self) -> str:
        """What the server agreed to."""
        if self._transport is None:
            return ""
        return str(self._transport.response.headers.get("Sec-WebSocket-Protocol") or "")

    @property
    def unread_bytes(self) -> int:
        """What was sent and has not left this machine."""
        if self._transport is None or self._transport.is_disconnected:
            return 0
        return int(self._transport.underlying_transport.get_write_buffer_size())

    def send(self, text: str | bytes) -> None:
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.send(WSMsgType.TEXT, text.encode() if isinstance(text, str) else text)

    def ping(self) -> None:
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.send_ping()

    def drop(self, *, politely: bool = False) -> None:
        """End it; ``gone`` is not called any more."""
        self._gone = None
        if self._transport is not None and not self._transport.is_disconnected:
            if politely:
                self._transport.send_close()
            self._transport.disconnect(politely)
