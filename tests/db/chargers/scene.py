"""Builds the small worlds the engine's tests play in."""

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from chargers.models import (
    Charger,
    ChargerLink,
    Connector,
    DiagnosticsPart,
    DiagnosticsUpload,
    GatewayNode,
    GatewayRequest,
    ReportedSetting,
    Transaction,
)
from chargers.profiles import profile_named
from chargers.services.diagnostics import digest_token
from installations.authentication import Draft, Password
from installations.authentication import KeepPassword as Keep
from installations.models import IdTag, Installation
from installations.services.installations import create_installation

NODE = "node-1"
BACKEND = "wss://ocpp.example.com/devices/{deviceId}"
PASSWORD = "Initial0Password0123"
TOKEN = "TokenOfAnUpload0123456789-"


def person(email: str = "service@example.com") -> User:
    return User.objects.filter(email=email).first() or User.objects.create_user(email, "a long enough password")


def site(*, cards: int = 1) -> Installation:
    installation = create_installation(actor=person(), name="Garage")
    IdTag.objects.bulk_create(IdTag(installation=installation, id_tag=f"CARD{n}") for n in range(cards))
    return installation


def direct(url: str = BACKEND, password: Password | None = None, **fields: object) -> Draft:
    return Draft("ocpp_direct", url, password or Keep(), **fields)  # type: ignore[arg-type]


def gateway_alive(at: datetime | None = None) -> None:
    now = at or timezone.now()
    GatewayNode.objects.update_or_create(name=NODE, defaults={"started_at": now, "seen_at": now, "stopped_at": None})


def charger(
    installation: Installation,
    device_id: str,
    *,
    profile: str = "simulator",
    online: bool = True,
    connectors: tuple[str, ...] = ("Available",),
    server_url: str = "",
) -> Charger:
    """A charger as its connection and boot would have left it; ``online`` False: it has gone since."""
    said = profile_named(profile).example
    made = Charger.objects.create(
        installation=installation,
        device_id=device_id,
        vendor=said.vendor,
        model=said.model,
        firmware=said.firmware,
        server_url=server_url,
    )
    gateway_alive()
    now = timezone.now()
    ChargerLink.objects.create(
        charger=made, node=NODE, epoch=1, connected_at=now - timedelta(minutes=5), last_seen_at=now,
        disconnected_at=None if online else now - timedelta(minutes=1), boot_accepted=True, boot_number=1,
        booted_at=now, connector_count=len(connectors), authenticated_with="current",
    )  # fmt: skip
    Connector.objects.bulk_create(
        Connector(charger=made, number=number, status=status, status_at=now, boot_number=1)
        for number, status in enumerate(connectors, start=1)
    )
    return made


def charging(charger: Charger) -> Transaction:
    Connector.objects.filter(charger=charger, number=1).update(status="Charging")
    now = timezone.now()
    return Transaction.objects.create(
        charger=charger, connector=1, id_tag="CARD0", meter_start=0, started_at=now, start_received_at=now
    )


def report(charger: Charger, **settings: str) -> None:
    ReportedSetting.objects.bulk_create(
        ReportedSetting(charger=charger, key=key, value=value, reported_at=timezone.now())
        for key, value in settings.items()
    )


def backend_test(charger: Charger) -> GatewayRequest:
    """One that ended: the backend does not know the charger."""
    steps = [
        {"step": name, "state": "done", "milliseconds": place}
        for place, name in enumerate(("url", "name", "address", "connection", "tls"))
    ]
    now = timezone.now()
    return GatewayRequest.objects.create(
        kind="backend_test", installation=charger.installation, charger=charger, asked_by_label="owner@example.org",
        payload={
            "url": "wss://ocpp.example.com/ZCS000143", "identity": "ZCS000143", "mode": "ocpp_direct",
            "password": "none",
        },
        deadline_at=now, ended_at=now, state="failed", error="not_found",
        result={
            "steps": [*steps, {"step": "status", "state": "failed", "milliseconds": None}], "http_status": 404,
            "address": "93.184.216.34", "milliseconds": 40, "fault": "not_found",
        },
    )  # fmt: skip


def diagnostics(charger: Charger, *parts: bytes) -> GatewayRequest:
    """A GetDiagnostics whose file came, in these parts; without any, the charger may still upload. Its token: TOKEN."""
    now = timezone.now()
    request = GatewayRequest.objects.create(
        kind="get_diagnostics", installation=charger.installation, charger=charger, asked_by_label="owner@example.org",
        payload={"action": "GetDiagnostics", "call": {}}, deadline_at=now, ended_at=now, state="done",
        result={"status": "Accepted", "file_name": "log.zip"},
    )  # fmt: skip
    upload = DiagnosticsUpload.objects.create(
        request=request, charger=charger, digest=digest_token(f"{TOKEN}{charger.device_id}"),
        expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    if parts:
        upload.attempt = upload.kept_attempt = 1
        upload.received_at, upload.size = now, sum(map(len, parts))
        upload.save()
        DiagnosticsPart.objects.bulk_create(
            DiagnosticsPart(upload=upload, attempt=1, number=number, data=data) for number, data in enumerate(parts)
        )
    return request


def command(charger: Charger) -> GatewayRequest:
    """One that ended: the charger refused."""
    now = timezone.now()
    return GatewayRequest.objects.create(
        kind="reset", installation=charger.installation, charger=charger, asked_by_label="owner@example.org",
        payload={"action": "Reset", "call": {"type": "Soft"}}, deadline_at=now, ended_at=now, state="done",
        result={"status": "Rejected"},
    )  # fmt: skip
