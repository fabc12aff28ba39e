"""The fault proxy does what the fault tests believe it does."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.proxy import Proxy


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends back what it hears."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                peer, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(peer,), daemon=True).start()

    def answer(peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            while data := peer.recv(1000):
                peer.sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    running = Proxy(("127.0.0.1", echo)).start()
    yield running
    running.stop()


def client(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=2)


def said(peer: socket.socket, data: bytes) -> bytes:
    peer.sendall(data)
    return peer.recv(1000)


def is_cut(peer: socket.socket) -> bool:
    try:
        return peer.recv(1000) == b""
    except ConnectionError:
        return True


def test_it_passes_bytes_both_ways(proxy: Proxy) -> None:
    with client(proxy) as peer:
        assert said(peer, b"hello") == b"hello"
    assert proxy.passed == {"up": 5, "down": 5}


def test_it_cuts_and_refuses_until_it_is_mended(proxy: Proxy) -> None:
    with client(proxy) as peer:
        assert said(peer, b"one") == b"one"
        proxy.refuse()
        assert is_cut(peer)
    with client(proxy) as peer:
        assert is_cut(peer)
    proxy.mend()
    with client(proxy) as peer:
        assert said(peer, b"two") == b"two"


def test_frozen_it_keeps_connections_and_says_nothing(proxy: Proxy) -> None:
    with client(proxy) as peer:
        assert said(peer, b"one") == b"one"
        proxy.freeze()
        peer.settimeout(0.3)
        with pytest.raises(TimeoutError):
            said(peer, b"two")
        proxy.mend()
        peer.settimeout(2)
        assert is_cut(peer)


def test_it_swallows_one_direction(proxy: Proxy) -> None:
    proxy.swallow("down")
    with client(proxy) as peer:
        peer.settimeout(0.3)
        with pytest.raises(TimeoutError):
            said(peer, b"one")
    assert proxy.passed == {"up": 3, "down": 0}


def test_it_delays(proxy: Proxy) -> None:
    proxy.delay_seconds["down"] = 0.3
    with client(proxy) as peer:
        begun = time.monotonic()
        assert said(peer, b"one") == b"one"
        assert time.monotonic() - begun >= 0.3


def test_it_cuts_once_after_a_word(proxy: Proxy) -> None:
    proxy.cut_after("up", b"now")
    with client(proxy) as peer:
        assert said(peer, b"later") == b"later"
        peer.sendall(b"now")
        while not is_cut(peer):
            continue
    with client(proxy) as peer:
        assert said(peer, b"now") == b"now"
