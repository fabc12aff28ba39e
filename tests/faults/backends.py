"""Backends that a charger cannot use: they hang, send elsewhere, or show a certificate nobody signed."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.certificates import Authority

ELSEWHERE = b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"


@contextlib.contextmanager
def misbehaving(fault: str, folder: Path) -> Iterator[str]:
    """``fault``: hangs, redirects, bad_certificate. Gives its origin, as in ``ws://127.0.0.1:5000``."""
    context = Authority(folder).server("127.0.0.1")
    answer: Callable[[socket.socket], object] = {
        "hangs": lambda peer: None,
        "redirects": lambda peer: (peer.recv(65_536), peer.sendall(ELSEWHERE)),
        "bad_certificate": lambda peer: context.wrap_socket(peer, server_side=True),
    }[fault]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=_serve, args=(listener, answer), daemon=True)
        serving.start()
        scheme = "wss" if fault == "bad_certificate" else "ws"
        try:
            yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            serving.join(5)


def _serve(listener: socket.socket, answer: Callable[[socket.socket], object]) -> None:
    with contextlib.ExitStack() as held:
        while True:
            try:
                peer = held.enter_context(listener.accept()[0])
            except OSError:
                return
            with contextlib.suppress(OSError):
                answer(peer)
