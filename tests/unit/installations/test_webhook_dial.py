"""The door through which events leave, on real sockets: where it goes, what it says, and that it always ends."""

import ssl
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from installations.ocpp_url.host import Doors
from installations.webhooks import dial
from installations.webhooks.address import Endpoint, parse_endpoint
from installations.webhooks.dial import Answer, post
from installations.webhooks.faults import Fault
from tests.certificates import Authority
from tests.receiver import listening

OPEN = Doors(loopback=True)
HEADERS = {"webhook-id": "evt_1"}


def names(*addresses: str) -> dial.Resolver:
    return lambda _host, _port: list(addresses)


def sent(url: str, doors: Doors = OPEN, **options: object) -> Answer:
    return post(parse_endpoint(url, OPEN), HEADERS, b'{"a":1}', doors=doors, **options)  # type: ignore[arg-type]


def test_the_receiver_hears_what_was_sent_and_two_hundred_is_enough() -> None:
    with listening() as receiver:
        receiver.statuses = [200]
        answer = sent(receiver.url)
    (heard,) = receiver.heard
    assert (answer.status, answer.fault) == (200, None)
    assert heard.path == "/hook?of=portal"
    assert heard.body == b'{"a":1}'
    assert heard.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert heard.headers["content-type"] == "application/json"
    assert heard.name == "evt_1"


def test_a_redirect_is_not_followed_and_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with listening() as receiver:
        receiver.statuses, receiver.headers = [302], {"Location": receiver.url}
        answer = sent(receiver.url)
    assert (answer.status, answer.fault) == (302, Fault.REDIRECTED)
    assert len(receiver.heard) == 1


@pytest.mark.parametrize(
    ("addresses", "doors", "fault"),
    [
        (["127.0.0.1"], Doors(), Fault.ADDRESS_REFUSED),
        (["93.184.216.34", "10.0.0.1"], Doors(), Fault.ADDRESS_REFUSED),
        (["169.254.169.254"], OPEN, Fault.ADDRESS_REFUSED),
        (["::ffff:127.0.0.1"], Doors(), Fault.ADDRESS_REFUSED),
        ([], OPEN, Fault.ADDRESS_REFUSED),
        (["93.184.216.34"], OPEN, Fault.PLAIN_HTTP),
    ],
)
def test_a_name_that_leads_inside_is_refused_before_anything_is_dialled(
    addresses: Sequence[str], doors: Doors, fault: Fault
) -> None:
    with listening() as receiver:
        answer = sent(f"http://hooks.example.com:{receiver.port}/", doors, resolver=names(*addresses))
    assert (answer.status, answer.fault) == (None, fault)
    assert receiver.heard == []


def unknown(_host: str, _port: int) -> Sequence[str]:
    raise OSError("no such name")


def test_names_that_nobody_knows_and_ports_where_nobody_listens() -> None:
    assert sent("http://hooks.example.com/", resolver=unknown).fault is Fault.NAME_NOT_FOUND
    with listening() as receiver:
        port = receiver.port
    assert sent(f"http://127.0.0.1:{port}/").fault is Fault.CONNECTION_REFUSED


def test_names_that_hang_keep_no_other_from_being_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dial, "RESOLVE_SECONDS", 0.02)
    over = threading.Event()

    def hangs(_host: str, _port: int) -> Sequence[str]:
        over.wait(10)
        return []

    try:
        for _number in range(20):
            assert sent("http://hooks.example.com/", resolver=hangs).fault is Fault.NAME_TIMEOUT
        monkeypatch.setattr(dial, "RESOLVE_SECONDS", 3.0)
        with listening() as receiver:
            answer = sent(f"http://hooks.example.com:{receiver.port}/", resolver=names("127.0.0.1"))
        assert answer.fault is None
    finally:
        over.set()


def drip(handler: BaseHTTPRequestHandler) -> None:
    """One letter of a header after the other, for as long as somebody listens."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.02)


def hang(handler: BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b"x" * 65536)


def nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")


def nothing(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


@pytest.mark.parametrize(
    ("talk", "fault"),
    [
        (drip, Fault.NO_ANSWER),
        (hang, Fault.NO_ANSWER),
        (endless, None),
        (nonsense, Fault.NOT_HTTP),
        (nothing, Fault.CONNECTION_LOST),
    ],
)
def test_however_a_receiver_talks_the_attempt_ends(
    talk: Callable[[BaseHTTPRequestHandler], None], fault: Fault | None
) -> None:
    with listening() as receiver:
        receiver.talk = talk
        answer = sent(receiver.url, seconds=0.3)
    assert answer.fault is fault
    assert answer.milliseconds < 3000


def test_a_receiver_may_ask_for_time() -> None:
    with listening() as receiver:
        receiver.statuses, receiver.headers = [429], {"Retry-After": "120"}
        assert sent(receiver.url).wished == 120
        receiver.headers = {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}
        assert sent(receiver.url).wished == 0


@pytest.mark.parametrize(
    ("name", "ends", "known", "fault"),
    [
        ("hooks.example.com", 1, True, None),
        ("hooks.example.com", -1, True, Fault.TLS_EXPIRED),
        ("other.example.com", 1, True, Fault.TLS_NAME),
        ("hooks.example.com", 1, False, Fault.TLS_UNTRUSTED),
    ],
)
def test_certificates(tmp_path: Path, name: str, ends: int, known: bool, fault: Fault | None) -> None:
    authority = Authority(tmp_path)
    context = authority.context() if known else ssl.create_default_context()
    with listening(authority.server(name, ends=timedelta(days=ends))) as receiver:
        endpoint = Endpoint("https", "hooks.example.com", receiver.port, "/x")
        answer = post(endpoint, HEADERS, b"{}", doors=OPEN, resolver=names("127.0.0.1"), context=context)
    assert answer.fault is fault
    assert len(receiver.heard) == (fault is None)


def test_a_receiver_without_tls() -> None:
    with listening() as receiver:
        endpoint = Endpoint("https", "127.0.0.1", receiver.port, "/")
        answer = post(endpoint, HEADERS, b"{}", doors=OPEN, seconds=1)
    assert answer.fault in {Fault.TLS_FAILED, Fault.NO_ANSWER}
