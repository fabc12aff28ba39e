"""The only door through which this portal opens connections to servers that people name.

Validate again, resolve, judge every address, connect to a judged one, check the peer, TLS with the name, ask for
``ocpp1.6``. No redirects, no proxies, nothing of a charger's own headers. What a peer says is never repeated: errors
come from ``Fault``.
"""

import asyncio
import base64
import contextlib
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from picows import WSError, WSHandshakeError, ws_connect

from gateway.wire import SUBPROTOCOL, Wire
from installations.authentication import CLOUD
from installations.ocpp_url.host import Doors
from installations.ocpp_url.template import parse_template
from installations.outbound import certificate_fault, may_dial_all, trusted

RESOLVE_SECONDS = 3.0
CONNECT_SECONDS = 5.0
TLS_SECONDS = 5.0
HANDSHAKE_SECONDS = 10.0
MAX_BYTES = 65_536

type Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


class Step(StrEnum):
    """In the order in which they are taken."""

    URL = "url"
    NAME = "name"
    ADDRESS = "address"
    CONNECTION = "connection"
    TLS = "tls"
    STATUS = "status"
    SUBPROTOCOL = "subprotocol"


class Fault(StrEnum):
    URL = "url_refused"
    NAME_NOT_FOUND = "name_not_found"
    NAME_TIMEOUT = "name_timeout"
    ADDRESS_REFUSED = "address_refused"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_TIMEOUT = "connection_timeout"
    CONNECTION_LOST = "connection_lost"
    TLS_EXPIRED = "tls_expired"
    TLS_NAME = "tls_name"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_FAILED = "tls_failed"
    REDIRECTED = "redirected"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    STATUS = "status_unexpected"
    NOT_WEBSOCKET = "not_websocket"
    NO_ANSWER = "no_answer"
    SUBPROTOCOL = "subprotocol_missing"


@dataclass(frozen=True)
class Account:
    """Where a charger's connection goes and as whom; ``key`` empty: without a password."""

    url: str
    user: str
    key: bytes = field(default=b"", repr=False)


class DialFailed(Exception):
    """Which step failed and how; ``status`` is the HTTP status, 0 where there was none."""

    def __init__(self, step: Step, fault: Fault, status: int = 0) -> None:
        super().__init__(f"{step}: {fault}")
        self.step, self.fault, self.status = step, fault, status


@dataclass
class Progress:
    """Steps taken so far, each with the seconds from the beginning to its end; ``address`` is the one connected to."""

    begun: float = field(default_factory=time.monotonic)
    done: dict[Step, float] = field(default_factory=dict)
    address: str = ""

    def reach(self, step: Step) -> None:
        self.done[step] = time.monotonic() - self.begun


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, as the machine resolves it."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def dial(
    account: Account,
    wire: Wire,
    *,
    doors: Doors,
    progress: Progress | None = None,
    resolver: Resolver = system_resolver,
    context: ssl.SSLContext | None = None,
) -> None:
    """Returns when ``wire`` was opened with the subprotocol agreed. Raises DialFailed."""
    progress = progress or Progress()
    host, port, secure = _check_url(account.url, doors)
    progress.reach(Step.URL)
    addresses = await _resolve(host, port, resolver)
    progress.reach(Step.NAME)
    if not may_dial_all(addresses, doors):
        raise DialFailed(Step.ADDRESS, Fault.ADDRESS_REFUSED)
    progress.reach(Step.ADDRESS)
    peer = await _connect(addresses, port, progress)
    progress.reach(Step.CONNECTION)
    try:
        await _shake_hands(account, wire, peer, (context or trusted()) if secure else None, progress)
    except BaseException:
        wire.drop()
        peer.close()
        raise


def _check_url(url: str, doors: Doors) -> tuple[str, int, bool]:
    parsed = parse_template(url, mode=CLOUD, doors=doors, shared=False)
    if parsed.template is None or parsed.template.has_placeholder:
        raise DialFailed(Step.URL, Fault.URL)
    parts = urlsplit(url)
    secure = parts.scheme == "wss"
    return parts.hostname or "", parts.port or (443 if secure else 80), secure


async def _resolve(host: str, port: int, resolver: Resolver) -> list[str]:
    with contextlib.suppress(ValueError):
        return [str(ip_address(host))]
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            return [text.partition("%")[0] for text in await resolver(host, port)]
    except TimeoutError as error:
        raise DialFailed(Step.NAME, Fault.NAME_TIMEOUT) from error
    except (OSError, UnicodeError) as error:
        raise DialFailed(Step.NAME, Fault.NAME_NOT_FOUND) from error


async def _connect(addresses: Sequence[str], port: int, progress: Progress) -> socket.socket:
    """To the first judged address that answers; the socket knows no name any more, so nothing resolves again."""
    loop = asyncio.get_running_loop()
    fault = Fault.CONNECTION_REFUSED
    for text in addresses:
        family = socket.AF_INET6 if ":" in text else socket.AF_INET
        peer = socket.socket(family, socket.SOCK_STREAM)
        peer.setblocking(False)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.sock_connect(peer, (text, port))
            if ip_address(peer.getpeername()[0].partition("%")[0]) == ip_address(text):
                progress.address = text
                return peer
            fault = Fault.CONNECTION_REFUSED
        except TimeoutError:
            fault = Fault.CONNECTION_TIMEOUT
        except OSError:
            fault = Fault.CONNECTION_REFUSED
        except BaseException:
            peer.close()
            raise
        peer.close()
    raise DialFailed(Step.CONNECTION, fault)


async def _shake_hands(
    account: Account, wire: Wire, peer: socket.socket, context: ssl.SSLContext | None, progress: Progress
) -> None:
    headers = {"Sec-WebSocket-Protocol": SUBPROTOCOL}
    more: dict[str, Any] = {} if context is None else {"ssl_handshake_timeout": TLS_SECONDS}
    if account.key:
        login = base64.b64encode(account.user.encode() + b":" + account.key).decode()
        headers["Authorization"] = f"Basic {login}"
    try:
        # The library gives up first: it closes what it has opened.
        async with asyncio.timeout(HANDSHAKE_SECONDS + 1):
            await ws_connect(
                lambda: wire,
                account.url,
                ssl_context=context,
                socket_factory=lambda _parsed: peer,
                extra_headers=headers,
                max_redirects=0,
                proxy=None,
                max_frame_size=MAX_BYTES,
                read_buffer_init_size=2048,
                websocket_handshake_timeout=HANDSHAKE_SECONDS,
                **more,
            )
    except WSHandshakeError as error:
        progress.reach(Step.TLS)
        raise _refused(error.response.status if error.response is not None else 0) from error
    except ssl.SSLCertVerificationError as error:
        raise DialFailed(Step.TLS, Fault(certificate_fault(error))) from error
    except (ssl.SSLError, ConnectionAbortedError) as error:
        raise DialFailed(Step.TLS, Fault.TLS_FAILED) from error
    except TimeoutError as error:
        raise DialFailed(Step.STATUS, Fault.NO_ANSWER) from error
    except (OSError, ValueError, WSError) as error:
        raise DialFailed(Step.STATUS, Fault.CONNECTION_LOST) from error
    if not wire.was_opened:
        raise DialFailed(Step.STATUS, Fault.CONNECTION_LOST)
    progress.reach(Step.TLS)
    progress.reach(Step.STATUS)
    if wire.subprotocol != SUBPROTOCOL:
        raise DialFailed(Step.SUBPROTOCOL, Fault.SUBPROTOCOL, 101)
    progress.reach(Step.SUBPROTOCOL)


def _refused(status: int) -> DialFailed:
    faults = {401: Fault.UNAUTHORIZED, 403: Fault.FORBIDDEN, 404: Fault.NOT_FOUND, 0: Fault.NOT_WEBSOCKET}
    if status in range(300, 400):
        return DialFailed(Step.STATUS, Fault.REDIRECTED, status)
    fault = faults.get(status, Fault.NOT_WEBSOCKET if status in {101, 200} else Fault.STATUS)
    return DialFailed(Step.STATUS, fault, status)
