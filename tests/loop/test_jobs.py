"""Reservations, firmware and diagnostics at a simulated charger of a real gateway, by its own record."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chargers.facts import link_facts
from chargers.models import Charger, ChargerLink, Connector, DiagnosticsUpload, Message, Transaction
from chargers.services.diagnostics import hand_out
from gateway.server import Gateway
from gateway.simulator.crowd import Crowd
from tests.loop.gateway_world import db, eventually, make_charger
from tests.loop.simulator.site import read_lines
from tests.loop.test_commands import answer, idle, simulated
from tests.loop.test_requests import owner, serving
from tests.loop.web import web


@dataclass
class Stage:
    gateway: Gateway
    crowd: Crowd
    person: User
    judge: Path

    async def order(self, kind: str, **parameters: Any) -> str:
        return await answer(self.person, kind, **parameters)

    def busy(self) -> str:
        return self.gateway.connections["ZCS000001"].busy_reason()

    def judged(self, action: str) -> list[str]:
        return [line["answer"] for line in read_lines(self.judge) if line["action"] == action]


@pytest.fixture
async def stage(transactional_db: None, tmp_path: Path) -> AsyncIterator[Stage]:
    await db(make_charger)
    person = await db(owner)
    async with serving() as gateway, simulated(gateway, tmp_path) as crowd:
        yield Stage(gateway, crowd, person, tmp_path / "judge.ndjson")


def told(action: str) -> list[str]:
    """Statuses of this notification, as the message log has them."""
    rows = Message.objects.filter(action=action).order_by("at", "id").values_list("payload", flat=True)
    return [payload.split('"')[3] for payload in rows]


async def test_a_connector_is_reserved_and_used_by_its_card(stage: Stage) -> None:
    until = timezone.now() + timedelta(hours=1)
    wish = {"id_tag": "04A2B3", "connector_id": 1, "expires_at": until, "reservation_id": 7}
    assert await stage.order("reserve_now", **wish) == "Accepted"
    await eventually(lambda: Connector.objects.filter(number=1, status="Reserved").exists())
    assert stage.busy() == "connector"
    assert await stage.order("reserve_now", **{**wish, "reservation_id": 8}) == "Occupied"
    assert await stage.order("remote_start", id_tag="OTHER", connector_id=1) == "Rejected"
    assert await stage.order("cancel_reservation", reservation_id=7) == "Accepted"
    assert await stage.order("cancel_reservation", reservation_id=7) == "Rejected"
    await eventually(lambda: idle(stage.gateway))

    assert await stage.order("reserve_now", **{**wish, "reservation_id": 9}) == "Accepted"
    assert await stage.order("remote_start", id_tag="04A2B3", connector_id=1) == "Accepted"
    assert await eventually(lambda: Transaction.objects.filter(id_tag="04A2B3").exists())
    assert await stage.order("cancel_reservation", reservation_id=9) == "Rejected"
    await eventually(lambda: Message.objects.filter(action="StartTransaction", payload__contains='Id":9').exists())
    assert stage.judged("ReserveNow") == ["Accepted", "Occupied", "Accepted"]


async def test_a_reservation_of_whichever_connector_keeps_pushes_away(stage: Stage) -> None:
    def wish(number: int, seconds: float = 3600) -> dict[str, Any]:
        until = timezone.now() + timedelta(seconds=seconds)
        return {"id_tag": "04A2B3", "connector_id": 0, "expires_at": until, "reservation_id": number}

    assert await stage.order("reserve_now", **wish(3)) == "Accepted"
    assert stage.busy() == "reservation"
    assert await stage.order("change_configuration", settings={"ConnectionTimeOut": "77"}) == "busy"
    charger = await db(lambda: Charger.objects.get())
    assert (await db(lambda: link_facts([charger.pk])))[charger.pk].activity.reserved
    # It outlives the connection, and ends by being cancelled, used or over.
    stage.crowd.chargers[0].point.pull_cable(0.1, stage.crowd.around.now())
    stage.crowd.chargers[0].wake()
    await eventually(lambda: ChargerLink.objects.filter(epoch=2).exists())
    await eventually(lambda: stage.gateway.connections["ZCS000001"].session is not None)
    assert await eventually(lambda: stage.busy() == "reservation")
    assert await stage.order("cancel_reservation", reservation_id=3) == "Accepted"
    assert await eventually(lambda: idle(stage.gateway))
    assert await stage.order("reserve_now", **wish(4, 2.0)) == "Accepted"
    assert stage.busy() == "reservation"
    assert await eventually(lambda: idle(stage.gateway))
    assert await stage.order("reserve_now", **wish(5)) == "Accepted"
    assert await stage.order("remote_start", id_tag="04A2B3", connector_id=1) == "Accepted"
    await eventually(lambda: ChargerLink.objects.filter(reservations={}).exists())
    assert stage.busy() == "transaction"


async def test_a_firmware_is_fetched_and_installed_and_the_charger_is_busy_meanwhile(stage: Stage) -> None:
    async with web() as address:
        assert await stage.order("update_firmware", location=f"{address}/nowhere", retries=0) == "Accepted"
        await eventually(lambda: ChargerLink.objects.filter(firmware_status="DownloadFailed").exists())
        assert await eventually(lambda: idle(stage.gateway))
        stage.crowd.chargers[0].point.pace = type(stage.crowd.plan.pace)(install=1.0, reboot=(0.1, 0.2))
        assert await stage.order("update_firmware", location=f"{address}/health/live") == "Accepted"
        await eventually(lambda: ChargerLink.objects.filter(firmware_status="Installing").exists())
        assert stage.busy() == "firmware"
        assert await stage.order("change_configuration", settings={"ConnectionTimeOut": "77"}) == "busy"
        await eventually(lambda: ChargerLink.objects.filter(firmware_status="Installed", boot_number=2).exists())
        assert await eventually(lambda: idle(stage.gateway))
    await eventually(lambda: "Installed" in told("FirmwareStatusNotification"))
    assert await db(lambda: told("FirmwareStatusNotification")) == [
        "Downloading", "DownloadFailed", "Downloading", "Downloaded", "Installing", "Installed",
    ]  # fmt: skip
    assert stage.judged("UpdateFirmware") == ["Answered", "Answered"]
    assert stage.judged("ChangeConfiguration") == []


async def test_diagnostics_come_as_a_file_and_what_cannot_be_uploaded_is_said(stage: Stage, settings: Any) -> None:
    async with web() as address:
        settings.DIAGNOSTICS_UPLOAD_URL = address
        assert await stage.order("get_diagnostics") == "Accepted"
        await eventually(lambda: DiagnosticsUpload.objects.filter(ended_at__isnull=False).exists())
        upload = await db(lambda: DiagnosticsUpload.objects.select_related("request", "charger").get())
        file = await db(lambda: b"".join(hand_out(upload, stage.person)))
        assert (upload.status, upload.size) == ("Uploaded", len(file))
        assert file.startswith(b"ZCS000001 at ")
        assert upload.request.result["file_name"] == "diagnostics-ZCS000001-1.txt"
        assert await eventually(lambda: idle(stage.gateway))
    assert await stage.order("get_diagnostics", retries=0) == "Accepted"
    await eventually(lambda: DiagnosticsUpload.objects.filter(status="UploadFailed").exists())
    assert await eventually(lambda: idle(stage.gateway))
    assert "diagnostics/" not in stage.judge.read_text()
