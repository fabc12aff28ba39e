"""A charger on its way between backends, on real sockets: never in a session, nothing lost that can be delivered."""

import asyncio
from typing import Any

import pytest
from django.db.models.functions import Now

from chargers.models import Charger, UpstreamLink, UpstreamMessage, UpstreamTransaction
from gateway.bridge import bridges
from gateway.server import Gateway
from gateway.store import writer
from installations.models import AuthenticationRevision, Installation
from tests.loop.bridge.backend import Backend, listening
from tests.loop.bridge.scene import bridged_charger, put_in_cloud
from tests.loop.bridge.test_bridge import START, STOP, meter
from tests.loop.gateway_world import ScriptedCharger, db, eventually, make_charger

DEVICE = "ZCS000001"


def put_in(mode: str, number: int) -> None:
    """The setting has reached every charger."""
    site = Installation.objects.get()
    revision = AuthenticationRevision.objects.create(
        installation=site, number=number, mode=mode, authorization_required=False, digest="2" * 64
    )
    Installation.objects.filter(pk=site.pk).update(revision=revision)
    Charger.objects.update(applied_revision=revision, directory_at=Now())


async def routed(url: str) -> UpstreamLink:
    """The gateway keeps that its messages go there; empty: nowhere."""
    shown = url.replace("{deviceId}", DEVICE)
    link: UpstreamLink = await eventually(lambda: UpstreamLink.objects.filter(url=shown).first())
    return link


async def moved(gateway: Gateway, url: str) -> None:
    shown = url.replace("{deviceId}", DEVICE)
    upstreams = gateway.bridges.upstreams
    await eventually(lambda: (one := upstreams.get(DEVICE)) and one.backend.url == shown and one.connected)


@pytest.fixture
async def second() -> Any:
    async with listening() as one:
        yield one


async def session(charger: ScriptedCharger, number: int = 1) -> int:
    start = {**START, "meterStart": number, "timestamp": f"2026-02-01T{number:02}:00:00Z"}
    answer = await charger.send("StartTransaction", start)
    return int(answer["transactionId"])


async def stop(charger: ScriptedCharger, ours: int) -> None:
    await charger.send("StopTransaction", {**STOP, "transactionId": ours})


async def test_in_and_out_of_cloud_while_the_charger_stays_connected(gateway: Gateway, backend: Backend) -> None:
    await db(make_charger)
    await eventually(lambda: gateway.directory.find(DEVICE))
    charger = await ScriptedCharger.booted(gateway)
    for number, mode in enumerate(["ocpp_cloud", "ocpp_direct", "native", "ocpp_cloud"], start=2):
        before = len(backend.heard("BootNotification"))
        if mode == "ocpp_cloud":
            await db(lambda number=number: put_in_cloud(backend.url, number=number))  # type: ignore[misc]
            await moved(gateway, backend.url)
            assert len(backend.heard("BootNotification")) == before + 1
        else:
            await db(lambda mode=mode, number=number: put_in(mode, number))  # type: ignore[misc]
            await routed("")
            await eventually(lambda: DEVICE not in gateway.bridges.upstreams)
            ours = await session(charger, number)
            await stop(charger, ours)
    await asyncio.sleep(0.2)
    assert backend.heard("StartTransaction") == []
    assert not any(action in {"Reset", "ChangeConfiguration"} for action, _payload in charger.calls)
    await charger.close()


async def test_statuses_told_just_before_it_went_over_are_shown_to_the_backend(
    gateway: Gateway, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the writer takes to write them."""
    monkeypatch.setattr(writer, "WINDOW_SECONDS", 0.5)
    await db(lambda: bridged_charger(backend.url))
    await eventually(lambda: gateway.directory.find(DEVICE))
    charger = await ScriptedCharger.booted(gateway)
    assert {one["connectorId"] for one in await backend.hears("StatusNotification", 2)} == {0, 1}
    await charger.close()


async def test_a_session_ends_at_the_backend_where_it_began(
    gateway: Gateway, backend: Backend, second: Backend
) -> None:
    await db(lambda: bridged_charger(backend.url))
    await eventually(lambda: gateway.directory.find(DEVICE))
    charger = await ScriptedCharger.booted(gateway)
    await moved(gateway, backend.url)
    ours = await session(charger)
    await charger.status(1, "Charging")
    await db(lambda: put_in_cloud(second.url, number=3))
    await eventually(lambda: gateway.directory.find(DEVICE).backend.url.startswith(second.url[:20]))  # type: ignore[union-attr]
    await charger.send("MeterValues", meter(ours, 400, 1))
    await backend.hears("MeterValues")
    assert second.logins == []

    await stop(charger, ours)
    assert second.logins == []
    await charger.status(1, "Available")
    await moved(gateway, second.url)
    assert [payload["transactionId"] for payload in backend.heard("StopTransaction")] == [4712]
    assert second.heard("StopTransaction", "MeterValues", "StartTransaction") == []
    again = await session(charger, 2)
    await stop(charger, again)
    assert [payload["transactionId"] for payload in await second.hears("StopTransaction")] == [4712]
    rows = await db(lambda: list(UpstreamTransaction.objects.order_by("transaction_id").values_list("url", flat=True)))
    assert [url.rsplit(":", 1)[1].split("/")[0] for url in rows] == [str(backend.port), str(second.port)]
    link = await routed(second.url)
    assert link.left_count == 0
    await charger.close()


async def test_a_reconnect_in_the_middle_of_a_session_changes_nothing(
    gateway: Gateway, backend: Backend, second: Backend
) -> None:
    await db(lambda: bridged_charger(backend.url))
    await eventually(lambda: gateway.directory.find(DEVICE))
    charger = await ScriptedCharger.booted(gateway)
    await moved(gateway, backend.url)
    ours = await session(charger)
    await charger.close()
    await db(lambda: put_in_cloud(second.url, number=3))
    await eventually(lambda: gateway.directory.find(DEVICE).backend.url.startswith(second.url[:20]))  # type: ignore[union-attr]
    charger = await ScriptedCharger.booted(gateway)
    await stop(charger, ours)
    assert [payload["transactionId"] for payload in await backend.hears("StopTransaction")] == [4712]
    await moved(gateway, second.url)
    assert second.heard("StopTransaction") == []
    await charger.close()


async def test_what_a_backend_that_is_away_did_not_take_is_left_behind_and_told(
    gateway: Gateway, backend: Backend, second: Backend
) -> None:
    gateway.bridges.patience_seconds = 0.5
    await db(lambda: bridged_charger(backend.url))
    await db(lambda: Installation.objects.update(offline_authorization="accept"))
    await eventually(lambda: gateway.directory.find(DEVICE))
    charger = await ScriptedCharger.booted(gateway)
    await moved(gateway, backend.url)
    await backend.vanish()
    ours = await session(charger)
    await stop(charger, ours)
    assert await db(lambda: UpstreamMessage.objects.filter(ended_at=None).count()) == 2
    await db(lambda: put_in_cloud(second.url, number=3))
    await moved(gateway, second.url)
    link = await routed(second.url)
    assert link.left_count == 2
    assert link.left_at is not None
    left = await db(lambda: list(UpstreamMessage.objects.filter(outcome="left").values_list("action", flat=True)))
    assert sorted(left) == ["StartTransaction", "StopTransaction"]
    await asyncio.sleep(0.3)
    assert second.heard("StartTransaction", "StopTransaction") == []
    await charger.close()


async def test_a_charger_that_is_away_is_not_waited_for_for_ever(
    gateway: Gateway, backend: Backend, second: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its setting leads elsewhere by now, and the backend before does not take what waits: the rest stays behind."""
    monkeypatch.setattr(bridges, "RENEW_SECONDS", 0.2)
    monkeypatch.setattr(bridges, "FAREWELL_SECONDS", 0.5)
    await db(lambda: bridged_charger(backend.url))
    await db(lambda: Installation.objects.update(offline_authorization="accept"))
    await eventually(lambda: gateway.directory.find(DEVICE))
    charger = await ScriptedCharger.booted(gateway)
    await moved(gateway, backend.url)
    await backend.vanish()
    ours = await session(charger)
    await charger.close()
    await db(lambda: put_in_cloud(second.url, number=3))
    link = await routed(second.url)
    assert link.left_count == 1
    charger = await ScriptedCharger.booted(gateway)
    await moved(gateway, second.url)
    await stop(charger, ours)
    left = await db(lambda: list(UpstreamMessage.objects.filter(outcome="left").values_list("action", flat=True)))
    assert left == ["StartTransaction", "StopTransaction"]
    await session(charger, 2)
    assert len(await second.hears("StartTransaction")) == 1
    assert second.heard("StopTransaction") == []
    await charger.close()


async def test_a_backend_that_listens_gets_everything_before_the_charger_goes(
    gateway: Gateway, backend: Backend, second: Backend
) -> None:
    await db(lambda: bridged_charger(backend.url))
    await eventually(lambda: gateway.directory.find(DEVICE))
    charger = await ScriptedCharger.booted(gateway)
    await moved(gateway, backend.url)
    backend.answers["StartTransaction"] = lambda _payload: None
    ours = await session(charger)
    await stop(charger, ours)
    await backend.hears("StartTransaction")
    await db(lambda: put_in_cloud(second.url, number=3))
    await eventually(lambda: gateway.directory.find(DEVICE).backend.url.startswith(second.url[:20]))  # type: ignore[union-attr]
    await asyncio.sleep(1.5)
    assert second.logins == []
    await backend.vanish()
    backend.answers["StartTransaction"] = lambda _payload: {"transactionId": 9, "idTagInfo": {"status": "Accepted"}}
    await backend.listen()
    await moved(gateway, second.url)
    assert [payload["transactionId"] for payload in backend.heard("StopTransaction")] == [9]
    assert (await routed(second.url)).left_count == 0
    await charger.close()


async def test_a_restarted_gateway_goes_on_with_the_same_backend(backend: Backend, transactional_db: None,
                                                                 settings: Any) -> None:  # fmt: skip
    from tests.loop.gateway_world import running

    settings.ALLOW_LOOPBACK_BACKENDS = True
    async with running("picows") as gateway:
        await db(lambda: bridged_charger(backend.url))
        await eventually(lambda: gateway.directory.find(DEVICE))
        charger = await ScriptedCharger.booted(gateway)
        await moved(gateway, backend.url)
        ours = await session(charger)
        await charger.close()
    async with running("picows") as gateway:
        charger = await ScriptedCharger.booted(gateway)
        await stop(charger, ours)
        assert [payload["transactionId"] for payload in await backend.hears("StopTransaction")] == [4712]
        await charger.close()


async def test_a_password_that_a_person_enters_counts_beside_the_backends_own(
    gateway: Gateway, backend: Backend
) -> None:
    backend.passwords = {b"First-Password-01"}
    await db(lambda: bridged_charger(backend.url, password="First-Password-01"))
    await eventually(lambda: gateway.directory.find(DEVICE))
    charger = await ScriptedCharger.booted(gateway)
    await moved(gateway, backend.url)
    backend.passwords = {b"First-Password-01", b"Backends-Own-Key-1"}
    await backend.ask("ChangeConfiguration", {"key": "AuthorizationKey", "value": "Backends-Own-Key-1"})
    await backend.hears("BootNotification", 2)
    await eventually(lambda: UpstreamLink.objects.filter(candidate=None, secret__isnull=False).exists())
    backend.passwords = {b"Second-Password-2"}
    await db(lambda: put_in_cloud(backend.url, password="Second-Password-2", number=3))
    await backend.hears("BootNotification", 3)
    assert backend.logins[-1] == (DEVICE, b"Second-Password-2")
    await charger.close()


async def test_maintenance_by_the_backend_is_the_installations_to_allow(gateway: Gateway, backend: Backend) -> None:
    await db(lambda: bridged_charger(backend.url))
    await eventually(lambda: gateway.directory.find(DEVICE))
    charger = await ScriptedCharger.booted(gateway)
    charger.answers |= {"UpdateFirmware": lambda _p: {}, "GetDiagnostics": lambda _p: {"fileName": "log.zip"}}
    await moved(gateway, backend.url)
    update = {"location": "http://x", "retrieveDate": "2026-01-01T00:00:00Z"}
    assert await backend.ask("UpdateFirmware", update) == "NotSupported"
    await db(lambda: Installation.objects.update(backend_maintenance=True))
    assert await backend.ask("UpdateFirmware", update) == {}
    assert await backend.ask("GetDiagnostics", {"location": "ftp://x"}) == {"fileName": "log.zip"}
    assert ("UpdateFirmware", update) in charger.calls
    await charger.close()
