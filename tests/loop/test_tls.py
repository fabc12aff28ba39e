"""The gateway with a certificate of its own: chargers check it, and a renewal needs no restart."""

import asyncio
import base64
import os
import shutil
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from gateway import certificate as certificates
from gateway.certificate import Certificate
from gateway.management.commands.gateway import Command
from gateway.server import Gateway
from tests.certificates import Authority
from tests.loop.gateway_world import PASSWORD, PEPPER, QUICK, ScriptedCharger, db, eventually, make_charger

pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def serving(transport: str, certificate: Certificate) -> AsyncIterator[Gateway]:
    gateway = Gateway(
        node="tls", host="127.0.0.1", port=0, pepper=PEPPER, transport=transport, session_settings=QUICK,
        certificate=certificate,
    )  # fmt: skip
    ready = asyncio.Event()
    task = asyncio.create_task(gateway.run(ready=ready.set))
    await asyncio.wait([task, asyncio.create_task(ready.wait())], return_when=asyncio.FIRST_COMPLETED)
    try:
        yield gateway
    finally:
        gateway.stop()
        await asyncio.wait_for(task, 20)


async def dial_tls(
    gateway: Gateway, trust: ssl.SSLContext, device_id: str = "ZCS000001", **options: Any
) -> ClientConnection:
    login = base64.b64encode(f"{device_id}:{PASSWORD}".encode()).decode()
    return await connect(
        f"wss://127.0.0.1:{gateway.bound_port}/ocpp/{device_id}",
        subprotocols=["ocpp1.6"],  # type: ignore[list-item]  # the library has a name for it
        additional_headers={"Authorization": f"Basic {login}"},
        ssl=trust,
        proxy=None,
        **options,
    )


@pytest.mark.parametrize("transport", ["picows", "websockets"])
async def test_a_charger_signs_in_over_tls_and_a_stranger_s_authority_is_not_trusted(
    transport: str, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    await db(make_charger)
    async with serving(transport, Certificate(str(authority.file("127.0.0.1")))) as gateway:
        await eventually(lambda: gateway.directory.find("ZCS000001"))
        charger = ScriptedCharger(await dial_tls(gateway, authority.context()))
        answer = await charger.send("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        assert answer["status"] == "Accepted"
        await charger.close()
        with pytest.raises(ssl.SSLCertVerificationError):
            await dial_tls(gateway, Authority(tmp_path).context())


async def test_a_renewed_certificate_is_used_without_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "LOOK_SECONDS", 0.05)
    before, after = Authority(tmp_path), Authority(tmp_path)
    path = tmp_path / "gateway.pem"
    shutil.copy(before.file("127.0.0.1"), path)
    await db(make_charger)
    async with serving("picows", Certificate(str(path))) as gateway:
        await eventually(lambda: gateway.directory.find("ZCS000001"))
        standing = await dial_tls(gateway, before.context())
        renewed = tmp_path / "renewed.pem"
        shutil.copy(after.file("127.0.0.1"), renewed)
        os.replace(renewed, path)
        await eventually(lambda: not gateway._certificate.changed() if gateway._certificate else None)
        await standing.ping()  # who is connected stays so
        await standing.close()
        await eventually(lambda: gateway.connections.get("ZCS000001") is None)
        again = await dial_tls(gateway, after.context())
        await again.close()


async def test_sighup_renews_it_at_once_for_new_handshakes_and_who_is_connected_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "LOOK_SECONDS", 3600)
    before, after = Authority(tmp_path), Authority(tmp_path)
    path = tmp_path / "gateway.pem"
    shutil.copy(before.file("127.0.0.1"), path)
    for device_id in ("ZCS000001", "ZCS000002"):
        await db(lambda name=device_id: make_charger(name))  # type: ignore[misc]  # mypy cannot see the default
    command = Command(stdout=StringIO())
    certificate = command.certificate = Certificate(str(path))
    gateway = Gateway(
        node="hangup", host="127.0.0.1", port=0, pepper=PEPPER, session_settings=QUICK, certificate=certificate
    )
    task = asyncio.create_task(command.serve(gateway))
    await eventually(lambda: gateway.bound_port and gateway.directory.find("ZCS000002"))
    charger = ScriptedCharger(await dial_tls(gateway, before.context()))
    await charger.send("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    standing = gateway.connections["ZCS000001"]

    path.write_bytes(after.file("127.0.0.1").read_bytes())
    assert certificate.changed()
    os.kill(os.getpid(), signal.SIGHUP)
    await eventually(lambda: not certificate.changed())
    newcomer = await dial_tls(gateway, after.context(), "ZCS000002")
    await newcomer.close()
    with pytest.raises(ssl.SSLCertVerificationError):
        await dial_tls(gateway, before.context(), "ZCS000002")
    assert "currentTime" in await charger.send("Heartbeat", {})
    assert gateway.connections["ZCS000001"] is standing

    path.write_text("not a certificate")
    os.kill(os.getpid(), signal.SIGHUP)
    await eventually(lambda: not certificate.changed())
    await (await dial_tls(gateway, after.context(), "ZCS000002")).close()
    await charger.close()
    gateway.stop()
    await asyncio.wait_for(task, 20)


def test_a_broken_renewal_leaves_the_former_certificate(tmp_path: Path) -> None:
    path = tmp_path / "gateway.pem"
    shutil.copy(Authority(tmp_path).file("127.0.0.1"), path)
    certificate = Certificate(str(path))
    assert certificate.context.minimum_version is ssl.TLSVersion.TLSv1_2
    path.write_text("not a certificate")
    assert certificate.changed()
    assert not certificate.renew()
    assert not certificate.changed()
