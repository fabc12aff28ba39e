"""OCTT cases of the security whitepaper, and of the handshake."""

import base64
import hashlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from chargers.link_key import digest_link_key
from chargers.models import Charger, ChargerLink
from gateway.certificate import Certificate
from gateway.ocpp16.effects import Outcome
from gateway.store.jobs import KeepCandidate
from tests.certificates import Authority
from tests.conformance.point import TAG, Point, answered, boots, moment
from tests.conformance.sockets import Node, SocketPoint, register
from tests.loop.gateway_world import PASSWORD, PEPPER, db

FRESH = "FreshPassword0123456"
FIRMWARE = {
    "location": "https://files.example.com/firmware.bin",
    "retrieveDateTime": "2026-01-01T00:00:00Z",
    "signingCertificate": "-----BEGIN CERTIFICATE-----",
    "signature": base64.b64encode(b"signed").decode(),
}
CERTIFICATE_HASH = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": hashlib.sha256(b"issuer").hexdigest(),
    "issuerKeyHash": hashlib.sha256(b"key").hexdigest(),
    "serialNumber": "1f",
}


@pytest.fixture
async def ready(point: Point) -> Point:
    await point.card(TAG)
    await boots(point)
    return point


@pytest.mark.django_db
async def test_tc_073(socket_point: SocketPoint) -> None:
    """The new password is kept before it is sent, and the one before it works until the new one was shown."""
    point = socket_point
    await boots(point)
    await point.node.do(
        point.node.gateway.commit(KeepCandidate(point.charger.pk, digest_link_key(PEPPER, FRESH.encode())))
    )
    outcome = await answered(
        point, "ChangeConfiguration", {"status": "Accepted"}, key="AuthorizationKey", value=FRESH.encode().hex()
    )
    assert outcome.payload == {"status": "Accepted"}
    await point.disconnect()
    await point.node.refresh(point.charger.device_id)
    point.password = FRESH
    await point.connect()
    link = await db(lambda: ChargerLink.objects.get(charger=point.charger))
    assert link.authenticated_with == "candidate"
    row = await db(lambda: Charger.objects.get(pk=point.charger.pk))
    assert row.candidate_key_digest is None
    await point.disconnect()
    await point.node.refresh(point.charger.device_id)
    point.password = PASSWORD
    with pytest.raises(InvalidStatus, match="401"):
        await point.connect()
    point.password = FRESH
    await point.connect()


async def _installs(point: Point, use: str) -> None:
    outcome = await answered(
        point, "InstallCertificate", {"status": "Accepted"}, certificateType=use, certificate="-----BEGIN CERTIFICATE"
    )
    assert outcome.payload == {"status": "Accepted"}
    told = {"status": "Accepted", "certificateHashData": [CERTIFICATE_HASH]}
    assert (await answered(point, "GetInstalledCertificateIds", told, certificateType=use)).payload == told


async def test_tc_075_1(ready: Point) -> None:
    await _installs(ready, "ManufacturerRootCertificate")


async def test_tc_075_2(ready: Point) -> None:
    await _installs(ready, "CentralSystemRootCertificate")


async def test_tc_076(ready: Point) -> None:
    await answered(
        ready,
        "GetInstalledCertificateIds",
        {"status": "Accepted", "certificateHashData": [CERTIFICATE_HASH]},
        certificateType="CentralSystemRootCertificate",
    )
    outcome = await answered(
        ready, "DeleteCertificate", {"status": "Accepted"}, certificateHashData=dict(CERTIFICATE_HASH)
    )
    assert outcome.payload == {"status": "Accepted"}


async def _reports_event(point: Point, kind: str) -> None:
    """Stored before it is answered, and once however often it is told."""
    at = moment()
    for _time in range(2):
        assert await point.says("SecurityEventNotification", type=kind, timestamp=at, techInfo="details") == {}
    assert set(await point.events()) == {kind}


async def test_tc_077(ready: Point) -> None:
    await _reports_event(ready, "InvalidChargePointCertificate")


async def test_tc_078(ready: Point) -> None:
    await _reports_event(ready, "InvalidCentralSystemCertificate")


@pytest.mark.django_db
async def test_a_repeated_event_is_one(socket_point: SocketPoint) -> None:
    await boots(socket_point)
    await _reports_event(socket_point, "TamperDetectionActivated")
    assert await socket_point.events() == ["TamperDetectionActivated"]


async def test_tc_079(ready: Point) -> None:
    outcome = await answered(
        ready,
        "GetLog",
        {"status": "Accepted", "filename": "security.log"},
        logType="SecurityLog",
        requestId=1,
        log={"remoteLocation": "https://files.example.com/upload"},
    )
    assert outcome.payload == {"status": "Accepted", "filename": "security.log"}
    for status in ("Uploading", "Uploaded"):
        assert await ready.says("LogStatusNotification", status=status, requestId=1) == {}
    assert ready.busy() == ""


async def _updates(point: Point, *states: str) -> None:
    outcome = await answered(point, "SignedUpdateFirmware", {"status": "Accepted"}, requestId=1, firmware=FIRMWARE)
    assert outcome.payload == {"status": "Accepted"}
    for state in states[:-1]:
        assert await point.says("SignedFirmwareStatusNotification", status=state, requestId=1) == {}
        assert point.busy() != "", state
    assert await point.says("SignedFirmwareStatusNotification", status=states[-1], requestId=1) == {}
    assert point.busy() == ""


async def test_tc_080(ready: Point) -> None:
    steps = ("Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed")
    await _updates(ready, *steps)


async def test_tc_081(ready: Point) -> None:
    await _updates(ready, "Downloading", "Downloaded", "InvalidSignature")
    await _reports_event(ready, "InvalidFirmwareSignature")


@pytest.fixture(scope="module")
def secure(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Authority]]:
    """A second gateway, which speaks TLS with a certificate of this authority."""
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    with Node("secure", certificate=Certificate(str(authority.file("127.0.0.1")))) as secure:
        yield secure, authority


@pytest.mark.django_db
async def test_tc_083(socket_point: SocketPoint, secure: tuple[Node, Authority]) -> None:
    """From profile 1 to 2: the charger takes the key, restarts, and comes back over TLS."""
    point, (node, authority) = socket_point, secure
    await boots(point)
    outcome = await answered(point, "ChangeConfiguration", {"status": "Accepted"}, key="SecurityProfile", value="2")
    assert outcome.payload == {"status": "Accepted"}
    assert (await answered(point, "Reset", {"status": "Accepted"}, type="Hard")).payload == {"status": "Accepted"}
    await point.disconnect()
    point.node, point.tls = node, authority.context()
    await node.refresh(point.charger.device_id)
    await point.connect()
    await boots(point)


@pytest.mark.django_db
async def test_tc_086(secure: tuple[Node, Authority], tmp_path: Path) -> None:
    """The charger trusts the certificate's authority and gets in; a charger that does not, stays away."""
    node, authority = secure
    point = SocketPoint(node, await db(register))
    await node.refresh(point.charger.device_id)
    point.tls = Authority(tmp_path).context()
    with pytest.raises(ssl.SSLCertVerificationError):
        await point.connect()
    point.tls = authority.context()
    await point.connect()
    await boots(point)
    await point.disconnect()


@pytest.mark.django_db
async def test_tc_085(socket_point: SocketPoint) -> None:
    """A right password gets in (the fixture did); a wrong one and none do not, and are told how."""
    await boots(socket_point)
    await socket_point.disconnect()
    for password in ("Wrong0Password012345", ""):
        socket_point.password = password
        with pytest.raises(InvalidStatus) as refused:
            await socket_point.connect()
        assert refused.value.response.status_code == 401
        assert refused.value.response.headers["WWW-Authenticate"].startswith("Basic ")
    socket_point.password = PASSWORD
    await socket_point.connect()


@pytest.mark.django_db
async def test_tc_088(socket_point: SocketPoint) -> None:
    """Of several offers ocpp1.6 is taken; none of ours is refused before the upgrade."""
    point, device_id = socket_point, socket_point.charger.device_id
    await point.disconnect()
    login = base64.b64encode(f"{device_id}:{PASSWORD}".encode()).decode()
    address = f"ws://127.0.0.1:{point.node.gateway.bound_port}/ocpp/{device_id}"
    options = {"additional_headers": {"Authorization": f"Basic {login}"}, "proxy": None}
    with pytest.raises(InvalidStatus, match="400"):
        await connect(address, subprotocols=["ocpp0.1"], **options)  # type: ignore[list-item,arg-type]
    socket = await connect(address, subprotocols=["ocpp0.1", "ocpp1.6"], **options)  # type: ignore[list-item,arg-type]
    assert socket.subprotocol == "ocpp1.6"
    await socket.close()
    await point._until(lambda: point._live() is None)
    await point.connect()


async def test_a_request_for_a_certificate_is_rejected(ready: Point) -> None:
    """The gateway is no certificate authority, and says so in the whitepaper's own word."""
    asked = await answered(
        ready, "ExtendedTriggerMessage", {"status": "Accepted"}, requestedMessage="SignChargePointCertificate"
    )
    assert asked.outcome is Outcome.RESULT
    assert await ready.says("SignCertificate", csr="-----BEGIN CERTIFICATE REQUEST-----") == {"status": "Rejected"}
