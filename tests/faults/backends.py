"""Backends that a charger cannot use: they hang, send elsewhere, or show a certificate nobody signed."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

ELSEWHERE = b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"


@contextlib.contextmanager
def misbehaving(fault: str, folder: Path) -> Iterator[str]:
    """``fault``: hangs, redirects, bad_certificate. Gives its origin, as in ``ws://127.0.0.1:5000``."""
    answer: Callable[[socket.socket], object] = {
        "hangs": lambda peer: None,
        "redirects": lambda peer: (peer.recv(65_536), peer.sendall(ELSEWHERE)),
        "bad_certificate": lambda peer: server_side(folder).wrap_socket(peer, server_side=True),
    }[fault]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, answer), daemon=True).start()
        scheme = "wss" if fault == "bad_certificate" else "ws"
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"


def _serve(listener: socket.socket, answer: Callable[[socket.socket], object]) -> None:
    kept = []
    while True:
        try:
            peer = listener.accept()[0]
        except OSError:
            return
        kept.append(peer)
        with contextlib.suppress(OSError):
            answer(peer)


def server_side(folder: Path) -> ssl.SSLContext:
    """Signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    path = folder / "backend.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
