"""Signatures, retries, bodies and URLs of webhooks."""

import json
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from installations.ocpp_url.host import Doors
from installations.webhooks.address import AddressRefused, parse_endpoint, shown_url
from installations.webhooks.body import body_of, message_id, payload_of
from installations.webhooks.faults import SENTENCES, Fault, fault_of_status
from installations.webhooks.kinds import LABELS, TEST, EventKind
from installations.webhooks.retry import DELAYS, FAILING, JITTER, MOST_ATTEMPTS, delay_seconds, is_hopeless
from installations.webhooks.signing import secret_of, signed_headers

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_published_example_has_the_published_signature() -> None:
    """The vector that every library of standard-webhooks is tried with."""
    headers = signed_headers([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(keys=st.lists(st.binary(min_size=24, max_size=64), min_size=1, max_size=2), body=st.text(max_size=50))
def test_another_s_code_finds_each_signature_right(keys: list[bytes], body: str) -> None:
    now = int(datetime.now(UTC).timestamp())
    headers = signed_headers([secret_of(key) for key in keys], "evt_1", now, body.encode())
    for key in keys:
        Webhook(secret_of(key)).verify(body.encode(), headers, json_parse=False)


def test_the_check_in_the_documentation_works() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "webhooks.md").read_text()
    names: dict[str, Any] = {}
    exec(page.split("```python\n")[1].split("```")[0], names)
    now = int(time.time())
    headers = signed_headers([secret_of(b"old" * 10), SECRET], "evt_1", now, b"{}")
    assert names["is_ours"](SECRET, headers, b"{}")
    assert not names["is_ours"](SECRET, headers, b"{ }")
    assert not names["is_ours"](secret_of(b"another" * 5), headers, b"{}")
    assert not names["is_ours"](SECRET, signed_headers([SECRET], "evt_1", now - 400, b"{}"), b"{}")


@given(attempts=st.integers(1, MOST_ATTEMPTS), draw=st.floats(0, 1), wished=st.integers(-5, 10**8))
def test_retries_keep_to_the_table_and_end(attempts: int, draw: float, wished: int) -> None:
    delay = delay_seconds(attempts, lambda: draw, wished=wished)
    if attempts == MOST_ATTEMPTS:
        assert delay is None
        return
    planned = DELAYS[attempts - 1]
    assert delay is not None
    assert planned <= delay <= max(planned * (1 + JITTER), 3600)


def test_five_days_without_one_that_arrives_are_hopeless() -> None:
    assert not is_hopeless(None, NOW)
    assert not is_hopeless(NOW - FAILING + timedelta(seconds=1), NOW)
    assert is_hopeless(NOW - FAILING, NOW)


def test_the_body_says_what_when_and_where_to_look() -> None:
    facts = {"installation": 3, "rollout": 7, "delivery": 9, "device_id": "ZCS1", "state": "applied"}
    payload = payload_of("delivery.ended", NOW, facts, "https://portal.example/")
    assert json.loads(body_of(payload)) == {
        "type": "delivery.ended",
        "timestamp": "2026-03-01T12:00:00Z",
        "data": {
            **facts,
            "links": {
                "api": "https://portal.example/api/v1/rollouts/7/deliveries/9/",
                "page": "https://portal.example/rollouts/7/deliveries/9/",
            },
        },
    }
    assert message_id(UUID(int=5)) == "evt_00000000000000000000000000000005"


def test_every_code_has_its_words() -> None:
    assert SENTENCES.keys() == set(Fault)
    assert LABELS.keys() == set(EventKind) | {TEST}
    assert [fault_of_status(status) for status in (200, 299, 302, 404, 410, 503)] == [
        None, None, Fault.REDIRECTED, Fault.STATUS, Fault.GONE, Fault.STATUS,
    ]  # fmt: skip


INSIDE = Doors((ip_network("10.0.0.0/8"),))
OPEN = Doors(loopback=True)


@pytest.mark.parametrize(
    ("typed", "doors", "url"),
    [
        ("https://hooks.example.com", Doors(), "https://hooks.example.com/"),
        ("HTTPS://Hooks.Example.COM:443/a?b=c%20d", Doors(), "https://hooks.example.com/a?b=c%20d"),
        ("https://hooks.example.com:8443?x=1", Doors(), "https://hooks.example.com:8443/?x=1"),
        ("https://[2606:4700::1111]:444/x", Doors(), "https://[2606:4700::1111]:444/x"),
        ("https://bücher.example/x", Doors(), "https://xn--bcher-kva.example/x"),
        ("http://10.1.2.3/x", INSIDE, "http://10.1.2.3/x"),
        ("http://127.0.0.1:9/x", OPEN, "http://127.0.0.1:9/x"),
    ],
)
def test_a_url_is_kept_in_its_one_form(typed: str, doors: Doors, url: str) -> None:
    assert parse_endpoint(typed, doors).url == url
    assert parse_endpoint(url, doors).url == url


@pytest.mark.parametrize(
    ("typed", "doors", "code"),
    [
        ("hooks.example.com/x", Doors(), "scheme"),
        ("ftp://hooks.example.com/", Doors(), "scheme"),
        ("http://hooks.example.com/", Doors(), "scheme"),
        ("http://93.184.216.34/", INSIDE, "scheme"),
        ("https://user:pw@hooks.example.com/", Doors(), "userinfo"),
        ("https://hooks.example.com/#x", Doors(), "fragment"),
        ("https://hooks.example.com:0443/", Doors(), "port"),
        ("https://hooks.example.com/ä", Doors(), "character"),
        ("https://hooks.example.com/a b", Doors(), "character"),
        ("https://hooks.example.com\\@evil.example/", Doors(), "character"),
        ("https://hooks.example.com/\r\nX: 1", Doors(), "character"),
        ("https:///x", Doors(), "host"),
        ("https://hooks/", Doors(), "host"),
        ("https://localhost/x", Doors(), "address"),
        ("https://127.0.0.1/x", Doors(), "address"),
        ("https://0x7f.1/x", Doors(), "address"),
        ("https://[::ffff:169.254.169.254]/x", Doors((ip_network("169.254.0.0/16"),)), "address"),
        ("https://10.1.2.3/x", Doors(), "address"),
        ("https://metadata.google.internal/x", OPEN, "address"),
        ("https://hooks.example.com/" + "x" * 500, Doors(), "too_long"),
    ],
)
def test_a_url_that_leads_elsewhere_is_refused(typed: str, doors: Doors, code: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        parse_endpoint(typed, doors)
    assert refused.value.code == code


def test_lists_and_logs_show_no_path() -> None:
    assert shown_url("https://hooks.example.com:8443/secret?token=1") == "https://hooks.example.com:8443/…"
