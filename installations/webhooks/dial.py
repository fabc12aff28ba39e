"""The only door through which events leave: one POST to an address that was judged, with an end in sight.

Resolve, judge every address, connect to a judged one, check the peer, TLS with the name, send, read the status. No
redirects, no proxies. What a receiver says is never repeated: only its status counts.
"""

import contextlib
import http.client
import io
import socket
import ssl
import time
from collections.abc import Buffer, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from installations.ocpp_url.host import Doors, may_dial
from installations.outbound import certificate_fault, may_dial_all, trusted
from installations.webhooks.address import Endpoint
from installations.webhooks.faults import Fault, fault_of_status

SECONDS = 10.0
RESOLVE_SECONDS = 3.0
CONNECT_SECONDS = 5.0
MOST_BYTES = 16_384
AGENT = "charge-portal-webhooks"

type Resolver = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Answer:
    """``status`` None: there was none. ``fault`` None: the receiver has the event. ``wished``: its Retry-After."""

    status: int | None
    fault: Fault | None
    milliseconds: int
    wished: int = 0


class _Failed(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def system_resolver(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, as the machine resolves it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


# The machine's resolver cannot be told to hurry: whoever waits for it waits in here. There is room for names that hang,
# which keep no others from being looked up.
_resolving = ThreadPoolExecutor(max_workers=128, thread_name_prefix="resolve")


def post(
    endpoint: Endpoint,
    headers: Mapping[str, str],
    body: bytes,
    *,
    doors: Doors,
    resolver: Resolver = system_resolver,
    context: ssl.SSLContext | None = None,
    seconds: float = SECONDS,
) -> Answer:
    """Never raises for what a receiver does; ends within ``seconds``."""
    begun = time.monotonic()
    try:
        peer = _connect(_judged(endpoint, doors, resolver), endpoint.port, begun + seconds)
        with contextlib.closing(peer):
            status, wished = _speak(peer, endpoint, headers, body, context, begun + seconds)
        answered, fault = status, fault_of_status(status)
    except _Failed as failed:
        answered, fault, wished = None, failed.fault, 0
    return Answer(answered, fault, round((time.monotonic() - begun) * 1000), wished)


def _judged(endpoint: Endpoint, doors: Doors, resolver: Resolver) -> Sequence[str]:
    addresses = _resolve(endpoint.name, endpoint.port, resolver)
    if not may_dial_all(addresses, doors):
        raise _Failed(Fault.ADDRESS_REFUSED)
    if not endpoint.secure and any(may_dial(ip_address(text), Doors()) for text in addresses):
        raise _Failed(Fault.PLAIN_HTTP)
    return addresses


def _resolve(host: str, port: int, resolver: Resolver) -> Sequence[str]:
    with contextlib.suppress(ValueError):
        return [str(ip_address(host))]
    try:
        found = _resolving.submit(resolver, host, port).result(timeout=RESOLVE_SECONDS)
    except TooLate as error:
        raise _Failed(Fault.NAME_TIMEOUT) from error
    except (OSError, UnicodeError) as error:
        raise _Failed(Fault.NAME_NOT_FOUND) from error
    return [text.partition("%")[0] for text in found]


def _connect(addresses: Sequence[str], port: int, ends: float) -> socket.socket:
    """To the first judged address that answers; the socket knows no name any more, so nothing resolves again."""
    fault = Fault.CONNECTION_REFUSED
    for text in addresses:
        peer = socket.socket(socket.AF_INET6 if ":" in text else socket.AF_INET, socket.SOCK_STREAM)
        try:
            peer.settimeout(min(CONNECT_SECONDS, _left(ends)))
            peer.connect((text, port))
            if ip_address(peer.getpeername()[0].partition("%")[0]) == ip_address(text):
                return peer
        except TimeoutError:
            fault = Fault.CONNECTION_TIMEOUT
        except OSError:
            fault = Fault.CONNECTION_REFUSED
        except _Failed:
            peer.close()
            raise
        peer.close()
    raise _Failed(fault)


def _speak(
    peer: socket.socket,
    endpoint: Endpoint,
    headers: Mapping[str, str],
    body: bytes,
    context: ssl.SSLContext | None,
    ends: float,
) -> tuple[int, int]:
    """The status, and for how long the receiver asks to be left alone."""
    stream = _encrypted(peer, endpoint, context, ends) if endpoint.secure else peer
    connection = http.client.HTTPConnection(endpoint.name, endpoint.port)
    connection.sock = _Line(stream, ends)  # as much of a socket as the library needs
    try:
        connection.putrequest("POST", endpoint.target, skip_host=True, skip_accept_encoding=True)
        every = {
            "Host": endpoint.authority, "User-Agent": AGENT, "Content-Type": "application/json",
            "Content-Length": str(len(body)), "Connection": "close", **headers,
        }  # fmt: skip
        for name, value in every.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        # The status has said it all; a receiver that is cut off in its last word may log an error.
        with contextlib.suppress(OSError, http.client.HTTPException, _Failed):
            answer.read(MOST_BYTES)
        wished = answer.headers.get("Retry-After", "")
        return answer.status, int(wished) if wished.isascii() and wished.isdigit() and len(wished) < 9 else 0
    except TimeoutError as error:
        raise _Failed(Fault.NO_ANSWER) from error
    except (http.client.RemoteDisconnected, OSError) as error:
        raise _Failed(Fault.CONNECTION_LOST) from error
    except (http.client.HTTPException, ValueError) as error:
        raise _Failed(Fault.NOT_HTTP) from error
    finally:
        stream.close()


def _encrypted(peer: socket.socket, endpoint: Endpoint, context: ssl.SSLContext | None, ends: float) -> ssl.SSLSocket:
    peer.settimeout(_left(ends))
    try:
        return (context or trusted()).wrap_socket(peer, server_hostname=endpoint.name)
    except ssl.SSLCertVerificationError as error:
        raise _Failed(Fault(certificate_fault(error))) from error
    except TimeoutError as error:
        raise _Failed(Fault.NO_ANSWER) from error
    except (OSError, ValueError) as error:
        raise _Failed(Fault.TLS_FAILED) from error


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise _Failed(Fault.NO_ANSWER)
    return left


class _Line:
    """A socket on which everything together ends in time, however slowly the other side speaks."""

    def __init__(self, peer: socket.socket, ends: float) -> None:
        self._peer, self._ends = peer, ends

    def sendall(self, data: Buffer) -> None:
        self._peer.settimeout(_left(self._ends))
        self._peer.sendall(data)

    def makefile(self, _mode: str, *_arguments: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self._peer, self._ends))

    def close(self) -> None:
        """The library closes what it would read from; the door closes the socket."""


class _Reading(io.RawIOBase):
    def __init__(self, peer: socket.socket, ends: float) -> None:
        self._peer, self._ends = peer, ends

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._peer.settimeout(_left(self._ends))
        return self._peer.recv_into(buffer)
