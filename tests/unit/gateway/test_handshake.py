import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargers.link_key import digest_link_key
from gateway.attempts import ALLOWED, Verdict
from gateway.handshake import (
    HandshakeRequest,
    HandshakeSettings,
    Known,
    Reason,
    Slot,
    decide,
    read_basic,
    read_identity,
)

PEPPER = b"pepper"
SETTINGS = HandshakeSettings(PEPPER)
PASSWORD = b"CurrentPassword01234"
KNOWN = Known("ZCS000143", digest_link_key(PEPPER, PASSWORD), digest_link_key(PEPPER, b"CandidatePassword012"))


def basic(user: bytes, password: bytes) -> str:
    return "Basic " + base64.b64encode(user + b":" + password).decode()


def request(
    path: str = "/ocpp/ZCS000143",
    subprotocols: tuple[str, ...] = ("ocpp1.6",),
    authorization: str | None = basic(b"ZCS000143", PASSWORD),
) -> HandshakeRequest:
    return HandshakeRequest(path, subprotocols, authorization, "10.0.0.1")


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("/ocpp/ZCS000143", "ZCS000143"),
        ("/ZCS000143", "ZCS000143"),
        ("/a/b/c/zcs000143", "ZCS000143"),
        ("//zcs000143", "ZCS000143"),
        ("/ocpp/ZCS%30%3000143", "ZCS0000143"),
        ("/ocpp/A%2AB%3D%5F%2B%7C%40.-", "A*B=_+|@.-"),
        ("/ocpp/A+B", "A+B"),
        ("/ocpp/X?token=/Y", "X"),
        ("/ocpp/" + "A" * 48, "A" * 48),
        ("/ocpp/" + "A" * 49, None),
        ("/ocpp/", None),
        ("/", None),
        ("", None),
        ("/ocpp/A%2FB", None),
        ("/ocpp/A%252D", None),
        ("/ocpp/A%3AB", None),
        ("/ocpp/A%00", None),
        ("/ocpp/A%0A", None),
        ("/ocpp/A\n", None),
        ("/ocpp/%zz", None),
        ("/ocpp/%FF", None),
        ("/ocpp/A B", None),
        ("/ocpp/ıd", None),  # upper-case of a dotless i is an ASCII I
        ("/ocpp/%C5%BFx", None),  # and of a long s an ASCII S
    ],
)
def test_the_identity_is_the_last_segment_decoded_once(path: str, identity: str | None) -> None:
    assert read_identity(path) == identity


@given(st.text())
def test_no_path_raises(path: str) -> None:
    identity = read_identity("/" + path)
    assert identity is None or identity == identity.upper()


def test_the_vector_of_the_standard() -> None:
    key = bytes.fromhex("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF")
    header = "Basic QUwxMDAwOgABAgMEBQYH////////////////"
    assert read_basic(header) == (b"AL1000", key)
    known = Known("AL1000", digest_link_key(PEPPER, key))
    decision = decide(request("/AL1000", authorization=header), known, ALLOWED, SETTINGS)
    assert (decision.status, decision.slot) == (101, Slot.CURRENT)


@pytest.mark.parametrize(
    ("header", "read"),
    [
        (None, None),
        ("", None),
        ("Basic", None),
        ("Basic !!!", None),
        ("Basic é", None),
        ("Bearer " + base64.b64encode(b"a:b").decode(), None),
        ("Basic " + base64.b64encode(b"nocolon").decode(), None),
        ("basic " + base64.b64encode(b"a:b:c\0").decode(), (b"a", b"b:c\0")),
        ("  BASIC   " + base64.b64encode(b"a:").decode() + " ", (b"a", b"")),
    ],
)
def test_basic_keeps_raw_bytes(header: str | None, read: tuple[bytes, bytes] | None) -> None:
    assert read_basic(header) == read


@given(st.binary(max_size=30).filter(lambda user: b":" not in user), st.binary(max_size=60))
def test_any_password_survives_the_header(user: bytes, password: bytes) -> None:
    assert read_basic(basic(user, password)) == (user, password)


@pytest.mark.parametrize(
    ("asked", "known", "attempts", "status", "reason"),
    [
        (request("/ocpp/"), None, ALLOWED, 404, Reason.BAD_PATH),
        (request(), None, ALLOWED, 404, Reason.UNKNOWN_IDENTITY),
        (request("/ocpp/OTHER"), KNOWN, ALLOWED, 404, Reason.UNKNOWN_IDENTITY),
        (request(), KNOWN, Verdict(False, 7.4), 429, Reason.TOO_MANY_ATTEMPTS),
        (request(subprotocols=()), KNOWN, ALLOWED, 400, Reason.NO_SUBPROTOCOL),
        (request(subprotocols=("ocpp2.0.1", "ocpp0.1")), KNOWN, ALLOWED, 400, Reason.NO_SUBPROTOCOL),
        (request(authorization=None), KNOWN, ALLOWED, 401, Reason.NO_CREDENTIALS),
        (request(authorization=basic(b"ZCS000143", b"wrong")), KNOWN, ALLOWED, 401, Reason.WRONG_CREDENTIALS),
        (request(authorization=basic(b"OTHER", PASSWORD)), KNOWN, ALLOWED, 401, Reason.WRONG_CREDENTIALS),
        (request(), Known("ZCS000143", None), ALLOWED, 401, Reason.WRONG_CREDENTIALS),
        (request(), KNOWN, ALLOWED, 101, Reason.ACCEPTED),
        (request("/x/zcs000143", authorization=basic(b"zcs000143", PASSWORD)), KNOWN, ALLOWED, 101, Reason.ACCEPTED),
        (request(subprotocols=("ocpp0.1", "ocpp1.6")), KNOWN, ALLOWED, 101, Reason.ACCEPTED),
    ],
)
def test_decisions(
    asked: HandshakeRequest, known: Known | None, attempts: Verdict, status: int, reason: Reason
) -> None:
    decision = decide(asked, known, attempts, SETTINGS)
    assert (decision.status, decision.reason) == (status, reason)
    assert decision.accepted is (status == 101)
    assert (decision.device_id, decision.subprotocol) == (("ZCS000143", "ocpp1.6") if status == 101 else ("", ""))
    assert ("WWW-Authenticate" in dict(decision.headers)) is (status == 401)
    assert dict(decision.headers).get("Retry-After") == ("7" if status == 429 else None)


def test_says_which_password_matched() -> None:
    candidate = request(authorization=basic(b"ZCS000143", b"CandidatePassword012"))
    assert decide(candidate, KNOWN, ALLOWED, SETTINGS).slot is Slot.CANDIDATE
    assert decide(request(), KNOWN, ALLOWED, SETTINGS).slot is Slot.CURRENT


def test_nothing_is_hashed_for_too_many_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    def hashed(*_: object) -> bool:
        raise AssertionError("hashed")

    monkeypatch.setattr("gateway.handshake.matches", hashed)
    assert decide(request(), KNOWN, Verdict(False, 1.0), SETTINGS).status == 429
    assert decide(request(), None, ALLOWED, SETTINGS).status == 404
    assert decide(request(subprotocols=()), KNOWN, ALLOWED, SETTINGS).status == 400
    with pytest.raises(AssertionError, match="hashed"):
        decide(request(), KNOWN, ALLOWED, SETTINGS)
