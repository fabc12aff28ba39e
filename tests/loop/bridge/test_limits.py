"""What a backend allows is kept by the charger, under profiles of our own; the simulated charger is the judge."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from chargers.charging.profile import Purpose
from chargers.links.base import KeyWrite, PushResult
from chargers.models import BackendProfile, Charger, ChargingLimit
from gateway.limits import wanted
from gateway.server import Gateway
from gateway.simulator.connector import Visit
from gateway.simulator.crowd import Crowd, CrowdPlan
from gateway.simulator.run import BackOff
from installations.models import Circuit, Installation
from tests.loop.bridge.backend import Backend
from tests.loop.bridge.scene import bridged_charger, put_in_cloud
from tests.loop.gateway_world import PASSWORD, ScriptedCharger, db, eventually, running
from tests.loop.simulator.site import QUICK, read_lines, until
from tests.loop.test_push import order_for

ACCEPTED, UNKNOWN = {"status": "Accepted"}, {"status": "Unknown"}
REJECTED, NOT_SUPPORTED = {"status": "Rejected"}, {"status": "NotSupported"}


def profile(amps: float, number: int = 7, connector: int = 1, purpose: str = "TxDefaultProfile", **more: Any) -> Any:
    """As a backend sends it; ``periods``: [(seconds after now, amps), ...]."""
    periods = more.pop("periods", [(0, amps)])
    start = datetime.fromtimestamp(int(time.time()) - 10, UTC)
    schedule = {
        "chargingRateUnit": "A", "startSchedule": start.isoformat(),
        "chargingSchedulePeriod": [{"startPeriod": at and at + 10, "limit": limit} for at, limit in periods],
    }  # fmt: skip
    body = {
        "chargingProfileId": number, "stackLevel": 3, "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute", "chargingSchedule": schedule, **more,
    }  # fmt: skip
    return {"connectorId": connector, "csChargingProfiles": body}


class Garage:
    """One simulated charger at a gateway, and its record."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.crowd: Crowd | None = None

    async def begin(self, gateway: Gateway, connectors: int = 1) -> None:
        await eventually(lambda: (found := gateway.directory.find("ZCS000001")) and found.backend)
        self.plug_in(gateway, connectors)
        upstreams = gateway.bridges.upstreams
        await until(lambda: "ZCS000001" in upstreams and upstreams["ZCS000001"].connected)
        await until(lambda: gateway.connections["ZCS000001"].is_idle())

    def plug_in(self, gateway: Gateway, connectors: int = 1) -> None:
        plan = CrowdPlan(
            gateway=f"ws://127.0.0.1:{gateway.bound_port}/ocpp", count=1, prefix="ZCS", connectors=connectors,
            passwords={"ZCS000001": PASSWORD}, pace=replace(QUICK, meter=0.5), back_off=BackOff(0.05, 0.2),
            judge=self.folder / "judge.ndjson", state=self.folder / "state.ndjson", seed=1,
        )  # fmt: skip
        self.crowd = Crowd(plan)
        self.crowd.start()

    async def end(self) -> None:
        if self.crowd is not None:
            await self.crowd.stop()
            self.crowd = None

    @property
    def point(self) -> Any:
        assert self.crowd is not None
        return self.crowd.chargers[0].point

    def limit(self, connector: int = 1) -> float | None:
        """What the charger keeps to now, by its own reckoning."""
        found: float | None = self.point.limit_of(self.point.sessions.connectors[connector], time.time())
        return found

    async def keeps_to(self, amps: float | None, connector: int = 1) -> None:
        await until(lambda: self.limit(connector) == amps)

    async def car(self, connector: int = 1) -> None:
        self.point.arrive(connector, Visit("CARD", 600, authorize=False), time.time())
        self.crowd.chargers[0].wake()  # type: ignore[union-attr]
        await until(lambda: self.point.sessions.connectors[connector].transaction)

    def told(self, *actions: str) -> list[dict[str, Any]]:
        lines = read_lines(self.folder / "judge.ndjson")
        wanted_actions = actions or ("SetChargingProfile", "ClearChargingProfile")
        return [line for line in lines if line["action"] in wanted_actions]


@pytest.fixture
async def garage(tmp_path: Path, backend: Backend, transactional_db: None) -> AsyncIterator[Garage]:
    await db(lambda: bridged_charger(backend.url))
    one = Garage(tmp_path)
    yield one
    await one.end()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raises that would wait for half a minute wait for a moment."""
    monkeypatch.setattr(wanted, "RAISE_SECONDS", 0.3)


async def test_the_charger_keeps_to_the_limit_and_never_hears_the_backends_profile(
    gateway: Gateway, backend: Backend, garage: Garage
) -> None:
    await garage.begin(gateway)
    assert await backend.ask("SetChargingProfile", profile(10)) == ACCEPTED
    await garage.keeps_to(10)
    line = garage.told()[-1]
    assert line["limits"] == {"1": 10.0}
    own = line["payload"]["csChargingProfiles"]
    assert own["chargingProfileId"] == wanted.Slot(1, Purpose.DEFAULT).number
    assert own["stackLevel"] == 1
    assert own["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 10.0}]
    row = await db(lambda: BackendProfile.objects.get())
    assert (row.number, row.closed_at) == (7, None)


async def test_a_lower_limit_is_told_at_once_and_a_pause_stops_the_meter(
    gateway: Gateway, backend: Backend, garage: Garage
) -> None:
    await garage.begin(gateway)
    await backend.ask("SetChargingProfile", profile(16))
    await garage.car()
    await backend.ask("SetChargingProfile", profile(3))
    await garage.keeps_to(0)
    await until(lambda: garage.point.sessions.connectors[1].status == "SuspendedEVSE")
    meter = garage.point.sessions.connectors[1].meter
    await asyncio.sleep(1.2)
    assert garage.point.sessions.connectors[1].meter == meter
    assert garage.point.sessions.connectors[1].transaction is not None


async def test_the_limit_is_the_least_of_backend_and_fuses(gateway: Gateway, backend: Backend, garage: Garage) -> None:
    def fuses() -> None:
        site = Installation.objects.get()
        trunk = Circuit.objects.create(installation=site, name="trunk", max_current=13)
        branch = Circuit.objects.create(installation=site, name="branch", max_current=20, parent=trunk)
        Charger.objects.update(circuit=branch)
        Installation.objects.update(main_fuse_current=63)

    await db(fuses)
    await garage.begin(gateway)
    assert await backend.ask("SetChargingProfile", profile(16)) == ACCEPTED
    await garage.keeps_to(13)
    shown = await backend.ask("GetCompositeSchedule", {"connectorId": 1, "duration": 60})
    assert shown["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 13.0}]
    in_watts = {"connectorId": 1, "duration": 60, "chargingRateUnit": "W"}
    shown = await backend.ask("GetCompositeSchedule", in_watts)
    assert shown["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 8970.0}]
    assert await backend.ask("GetCompositeSchedule", {"connectorId": 9, "duration": 60}) == REJECTED


@pytest.mark.usefixtures("impatient")
async def test_what_is_lowered_is_told_before_anything_is_raised(
    gateway: Gateway, backend: Backend, garage: Garage
) -> None:
    await garage.begin(gateway, connectors=2)
    await backend.ask("SetChargingProfile", profile(10, number=1, connector=1))
    await backend.ask("SetChargingProfile", profile(16, number=2, connector=2))
    await garage.keeps_to(16, connector=2)
    before = len(garage.told())
    connection = gateway.connections["ZCS000001"]
    connection.pushing = True  # nothing may be said: both wait, the raise for longer
    await backend.ask("SetChargingProfile", profile(16, number=1, connector=1))
    await backend.ask("SetChargingProfile", profile(8, number=2, connector=2))
    await asyncio.sleep(0.5)
    assert len(garage.told()) == before
    connection.pushing = False
    await garage.keeps_to(16, connector=1)
    assert [line["limits"] for line in garage.told()[before:]] == [{"1": 10.0, "2": 8.0}, {"1": 16.0, "2": 8.0}]


async def test_connectors_share_what_the_charge_point_may_take(
    gateway: Gateway, backend: Backend, garage: Garage
) -> None:
    await garage.begin(gateway, connectors=2)
    most = profile(20, connector=0, purpose="ChargePointMaxProfile")
    assert await backend.ask("SetChargingProfile", most) == ACCEPTED
    await until(lambda: len(garage.told()) == 3)
    purposes = {
        (line["payload"]["connectorId"], line["payload"]["csChargingProfiles"]["chargingProfilePurpose"])
        for line in garage.told()
    }
    assert purposes == {(0, "ChargePointMaxProfile"), (1, "TxDefaultProfile"), (2, "TxDefaultProfile")}
    assert garage.told()[0]["payload"]["connectorId"] == 0


async def test_a_schedule_changes_in_time(gateway: Gateway, backend: Backend, garage: Garage) -> None:
    await garage.begin(gateway)
    assert await backend.ask("SetChargingProfile", profile(0, periods=[(0, 16), (2, 8)])) == ACCEPTED
    await garage.keeps_to(16)
    await garage.keeps_to(8)


@pytest.mark.usefixtures("impatient")
async def test_a_limit_outlives_the_gateway_and_ends_when_it_is_cleared(
    settings: Any, backend: Backend, garage: Garage
) -> None:
    settings.ALLOW_LOOPBACK_BACKENDS = True
    async with running("picows") as gateway:
        await garage.begin(gateway)
        assert await backend.ask("SetChargingProfile", profile(10)) == ACCEPTED
    await garage.end()
    (garage.folder / "judge.ndjson").unlink()
    async with running("picows") as gateway:
        await garage.begin(gateway)
        await until(garage.told)
        await garage.keeps_to(10)
        assert await backend.ask("ClearChargingProfile", {"id": 8}) == UNKNOWN
        assert await backend.ask("ClearChargingProfile", {"stackLevel": 3}) == ACCEPTED
        assert await backend.ask("ClearChargingProfile", {"id": 7}) == UNKNOWN
        await garage.keeps_to(None)
        await eventually(lambda: ChargingLimit.objects.filter(profile_ids=[]).exists())


async def test_a_session_has_a_limit_of_its_own_until_it_ends(
    gateway: Gateway, backend: Backend, garage: Garage
) -> None:
    await garage.begin(gateway)
    await backend.ask("SetChargingProfile", profile(16))
    await garage.keeps_to(16)
    of_a_session = profile(8, number=9, purpose="TxProfile", transactionId=4712)
    assert await backend.ask("SetChargingProfile", of_a_session) == REJECTED
    await garage.car()
    await until(lambda: gateway.bridges.upstreams["ZCS000001"].backend_ids)
    wrong = profile(8, number=9, purpose="TxProfile", transactionId=1)
    assert await backend.ask("SetChargingProfile", wrong) == REJECTED
    assert await backend.ask("SetChargingProfile", of_a_session) == ACCEPTED
    await garage.keeps_to(8)
    sent = [line["payload"]["csChargingProfiles"] for line in garage.told("SetChargingProfile")]
    ours = next(iter(gateway.connections["ZCS000001"].session.open_transactions))  # type: ignore[union-attr]
    assert {one["transactionId"] for one in sent if one["chargingProfilePurpose"] == "TxProfile"} == {ours}
    connector = garage.point.sessions.connectors[1]
    garage.point.sessions.stop(connector, "Local", time.time())
    garage.crowd.chargers[0].wake()  # type: ignore[union-attr]
    await backend.hears("StopTransaction")
    await garage.keeps_to(16)
    assert await backend.ask("ClearChargingProfile", {"id": 9}) == UNKNOWN


async def test_a_charger_that_takes_no_profiles_is_asked_once(
    gateway: Gateway, backend: Backend, garage: Garage
) -> None:
    await eventually(lambda: (found := gateway.directory.find("ZCS000001")) and found.backend)
    charger = await ScriptedCharger.booted(gateway)
    charger.answers["SetChargingProfile"] = lambda _payload: {"status": "NotSupported"}
    await backend.hears("BootNotification")
    await until(lambda: gateway.connections["ZCS000001"].is_idle())
    assert await backend.ask("SetChargingProfile", profile(10)) == NOT_SUPPORTED
    assert await backend.ask("SetChargingProfile", profile(10)) == NOT_SUPPORTED
    assert await backend.ask("GetCompositeSchedule", {"connectorId": 1, "duration": 60}) == "NotSupported"
    assert [action for action, _payload in charger.calls if action == "SetChargingProfile"] == ["SetChargingProfile"]
    assert not await db(lambda: BackendProfile.objects.filter(closed_at=None).exists())
    assert await db(lambda: ChargingLimit.objects.get().takes_profiles) is False
    await charger.close()


async def leave(gateway: Gateway, question: Callable[[], Any]) -> None:
    await db(question)
    await until(lambda: (found := gateway.directory.find("ZCS000001")) and found.backend is None)


def go_native() -> None:
    put_in_cloud("", password="", number=3)
    Charger.objects.get().applied_revision.__class__.objects.filter(number=3).update(mode="native")  # type: ignore[union-attr]
    Charger.objects.update(directory_at=Now())


async def test_our_profile_is_taken_away_when_the_site_leaves_the_cloud_even_if_the_charger_was_away(
    gateway: Gateway, backend: Backend, garage: Garage
) -> None:
    await garage.begin(gateway)
    await backend.ask("SetChargingProfile", profile(0))
    await garage.keeps_to(0)
    await garage.end()
    await leave(gateway, go_native)
    garage.plug_in(gateway)
    await garage.keeps_to(None)
    assert await eventually(lambda: ChargingLimit.objects.filter(profile_ids=[]).exists())


async def test_a_push_to_direct_takes_our_profile_away_before_it_writes_the_url(
    gateway: Gateway, backend: Backend, garage: Garage
) -> None:
    await garage.begin(gateway)
    await backend.ask("SetChargingProfile", profile(0))
    await garage.keeps_to(0)
    row = await db(lambda: Charger.objects.select_related("installation__revision").get())
    url = KeyWrite("CentralSystemURL", "ws://127.0.0.1:9/ocpp/ZCS000001")
    order = await db(lambda: order_for(row, writes=(url,), read_keys=(url.key,), clear_charging_profiles=True))
    await until(lambda: gateway.connections["ZCS000001"].is_idle())
    outcome = await gateway.push(order)
    assert outcome.result is PushResult.DONE
    written = ("ChangeAvailability", "ChangeConfiguration", "ClearChargingProfile")
    assert [line["action"] for line in garage.told(*written)] == [
        "ChangeAvailability", "ClearChargingProfile", "ChangeConfiguration", "ChangeAvailability",
    ]  # fmt: skip
    assert garage.limit() is None
    await asyncio.sleep(1.5)
    assert garage.limit() is None
