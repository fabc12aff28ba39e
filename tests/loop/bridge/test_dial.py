"""The one outbound door, with real sockets: what it refuses, how it says so, what it never loses."""

import asyncio
import base64
import contextlib
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.bridge.dial import Account, DialFailed, Fault, Progress, Step, dial
from gateway.wire import Wire
from installations.ocpp_url.host import Doors
from tests.certificates import Authority

OPEN = Doors(loopback=True)
HELLO = '[2,"1","GetLocalListVersion",{}]'
type Talk = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


def accept(request: bytes, *, protocol: str = "ocpp1.6", after: str = "") -> bytes:
    key = next(line.split(b": ")[1] for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    digest = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    head = [b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade"]
    head.append(b"Sec-WebSocket-Accept: " + digest)
    if protocol:
        head.append(b"Sec-WebSocket-Protocol: " + protocol.encode())
    frame = bytes([0x81, len(after)]) + after.encode() if after else b""
    return b"\r\n".join(head) + b"\r\n\r\n" + frame


def answering(text: bytes) -> Talk:
    async def talk(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(text)

    return talk


@contextlib.asynccontextmanager
async def backend(talk: Talk, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Its port, and the requests it got."""
    requests: list[bytes] = []
    held: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            requests.append(await reader.readuntil(b"\r\n\r\n"))
            await talk(requests[-1], writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], requests
    finally:
        server.close()
        for writer in held:
            writer.transport.abort()


class Ear:
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.something = asyncio.Event()
        self.wire = Wire(lambda: None, self.hear, lambda: None)

    def hear(self, text: str) -> None:
        self.heard.append(text)
        self.something.set()


def names(*addresses: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


async def failed(url: str, **options: object) -> DialFailed:
    doors = options.pop("doors", OPEN)
    with pytest.raises(DialFailed) as caught:
        await dial(Account(url, "ZCS1"), Ear().wire, doors=doors, **options)  # type: ignore[arg-type]
    return caught.value


async def test_what_the_backend_says_with_the_handshake_is_heard() -> None:
    async def talk(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(accept(request, after=HELLO))

    async with backend(talk) as (port, requests):
        ear, progress = Ear(), Progress()
        account = Account(f"ws://127.0.0.1:{port}/ocpp/ZCS-1", "ZCS-1", b"\x00:key\xff")
        await dial(account, ear.wire, doors=OPEN, progress=progress)
        await asyncio.wait_for(ear.something.wait(), 2)
        assert ear.heard == [HELLO]
        login = base64.b64encode(b"ZCS-1:\x00:key\xff")
        assert b"Authorization: Basic " + login in requests[0]
        assert requests[0].startswith(b"GET /ocpp/ZCS-1 HTTP/1.1\r\n")
        assert list(progress.done) == list(Step)
        ear.wire.drop()


@pytest.mark.parametrize(
    ("answer", "fault", "status"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", Fault.REDIRECTED, 302),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", Fault.UNAUTHORIZED, 401),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", Fault.FORBIDDEN, 403),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", Fault.NOT_FOUND, 404),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", Fault.STATUS, 503),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Fault.NOT_WEBSOCKET, 200),
    ],
)
async def test_another_answer_than_an_upgrade_is_named(answer: bytes, fault: Fault, status: int) -> None:
    async with backend(answering(answer)) as (port, _requests):
        error = await failed(f"ws://127.0.0.1:{port}/ZCS1")
    assert (error.step, error.fault, error.status) == (Step.STATUS, fault, status)


async def test_a_backend_that_does_not_confirm_the_subprotocol_is_no_backend() -> None:
    for protocol in ("", "ocpp2.0.1"):

        async def talk(request: bytes, writer: asyncio.StreamWriter, protocol: str = protocol) -> None:
            writer.write(accept(request, protocol=protocol))

        async with backend(talk) as (port, _requests):
            error = await failed(f"ws://127.0.0.1:{port}/ZCS1")
        assert (error.step, error.fault) == (Step.SUBPROTOCOL, Fault.SUBPROTOCOL)


async def test_a_backend_that_hangs_up_or_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang_up(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def silent(_request: bytes, _writer: asyncio.StreamWriter) -> None:
        return

    async with backend(hang_up) as (port, _requests):
        assert (await failed(f"ws://127.0.0.1:{port}/ZCS1")).fault is Fault.CONNECTION_LOST
    monkeypatch.setattr("gateway.bridge.dial.HANDSHAKE_SECONDS", 0.3)
    async with backend(silent) as (port, _requests):
        assert (await failed(f"ws://127.0.0.1:{port}/ZCS1")).fault is Fault.NO_ANSWER


async def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = await failed(f"ws://127.0.0.1:{port}/ZCS1")
    assert (error.step, error.fault) == (Step.CONNECTION, Fault.CONNECTION_REFUSED)


@pytest.mark.parametrize(
    "addresses",
    [
        ("10.0.0.7",), ("169.254.169.254",), ("127.0.0.1",), ("::1",), ("::ffff:10.0.0.7",), ("64:ff9b::a9fe:a9fe",),
        ("2002:7f00:1::",), ("100.64.0.1",), ("168.63.129.16",), ("0.0.0.0",), ("224.0.0.1",), ("fe80::1%eth0",),
        ("93.184.216.34", "10.0.0.7"), (),
    ],
)  # fmt: skip
async def test_a_name_that_leads_inside_is_never_dialled(addresses: tuple[str, ...]) -> None:
    error = await failed("wss://backend.example.com/ZCS1", doors=Doors(), resolver=names(*addresses))
    assert (error.step, error.fault) == (Step.ADDRESS, Fault.ADDRESS_REFUSED)


async def test_the_judged_address_is_the_one_dialled_and_asked_for_once() -> None:
    asked = []

    async def talk(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(accept(request))

    async with backend(talk) as (port, requests):

        async def resolve(host: str, _port: int) -> Sequence[str]:
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.7"]

        progress, ear = Progress(), Ear()
        account = Account(f"ws://backend.example.com:{port}/ZCS1", "ZCS1")
        await dial(account, ear.wire, doors=OPEN, resolver=resolve, progress=progress)
        ear.wire.drop()
    assert asked == ["backend.example.com"]
    assert progress.address == "127.0.0.1"
    assert f"Host: backend.example.com:{port}".encode() in requests[0]


async def test_names_that_do_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    async def slow(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(5)
        return []

    assert (await failed("wss://backend.example.com/ZCS1", resolver=unknown)).fault is Fault.NAME_NOT_FOUND
    monkeypatch.setattr("gateway.bridge.dial.RESOLVE_SECONDS", 0.1)
    assert (await failed("wss://backend.example.com/ZCS1", resolver=slow)).fault is Fault.NAME_TIMEOUT


async def test_what_the_rules_refuse_is_not_even_resolved() -> None:
    for url in ("https://backend.example.com/ZCS1", "wss://user:pw@backend.example.com/ZCS1", "wss://localhost/ZCS1"):
        error = await failed(url, doors=Doors(), resolver=names("93.184.216.34"))
        assert (error.step, error.fault) == (Step.URL, Fault.URL), url


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(accept(request))

    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with backend(talk) as (port, requests):
        ear = Ear()
        await dial(Account(f"ws://127.0.0.1:{port}/ZCS1", "ZCS1"), ear.wire, doors=OPEN)
        ear.wire.drop()
    assert requests[0].startswith(b"GET /ZCS1 ")


@pytest.mark.parametrize(
    ("name", "ends", "trusted", "fault"),
    [
        ("backend.example.com", timedelta(days=1), True, None),
        ("backend.example.com", timedelta(days=-1), True, Fault.TLS_EXPIRED),
        ("other.example.com", timedelta(days=1), True, Fault.TLS_NAME),
        ("backend.example.com", timedelta(days=1), False, Fault.TLS_UNTRUSTED),
    ],
)
async def test_certificates(tmp_path: Path, name: str, ends: timedelta, trusted: bool, fault: Fault | None) -> None:
    async def talk(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(accept(request))

    authority = Authority(tmp_path)
    context = authority.context() if trusted else ssl.create_default_context()
    async with backend(talk, tls=authority.server(name, ends=ends)) as (port, _requests):
        url = f"wss://backend.example.com:{port}/ZCS1"
        if fault is None:
            ear = Ear()
            await dial(Account(url, "ZCS1"), ear.wire, doors=OPEN, resolver=names("127.0.0.1"), context=context)
            ear.wire.drop()
            return
        error = await failed(url, resolver=names("127.0.0.1"), context=context)
    assert (error.step, error.fault) == (Step.TLS, fault)


async def test_a_server_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for the end of a request that never comes."""
    monkeypatch.setattr("gateway.bridge.dial.TLS_SECONDS", 0.3)
    async with backend(answering(b"")) as (port, _requests):
        error = await failed(f"wss://127.0.0.1:{port}/ZCS1")
    assert (error.step, error.fault) == (Step.TLS, Fault.TLS_FAILED)
