"""How the bridge behaves to both sides: what it answers in time, what it holds back, and what it moves elsewhere."""

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from chargers.models import Transaction, UpstreamTransaction
from gateway.bridge import downward
from gateway.server import Gateway
from installations.models import Installation
from tests.loop.bridge.backend import Backend, listening
from tests.loop.bridge.scene import put_in_cloud
from tests.loop.bridge.telling import DEVICE, Teller
from tests.loop.gateway_world import ScriptedCharger, db, eventually, make_charger

pytestmark = pytest.mark.core
BOOT = {"chargePointVendor": "Portal Simulator", "chargePointModel": "Keep"}
GET = {"key": ["MeterValueSampleInterval"]}


def answering(*verdicts: str, interval: int = 300) -> Callable[[dict[str, Any]], dict[str, Any]]:
    left = iter(verdicts)
    return lambda _payload: {
        "status": next(left, "Accepted"), "interval": interval, "currentTime": "2026-01-01T00:00:00Z",
    }  # fmt: skip


async def test_a_boot_of_the_charger_that_the_backend_answers_pending_stops_everything_else(
    gateway: Gateway, backend: Backend
) -> None:
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    backend.answers["BootNotification"] = answering("Pending", "Rejected", interval=1)
    before = len(backend.calls)
    await teller.charger.send("BootNotification", BOOT)
    await teller.charger.status(1, "Preparing")
    await teller.session(meters=0)
    await backend.hears("StopTransaction")
    after = [action for action, _payload in backend.calls[before:]]
    assert after[:3] == ["BootNotification"] * 3
    assert "BootNotification" not in after[3:]
    await teller.charger.close()


async def test_a_backend_that_says_pending_may_ask_for_the_boot_at_once(gateway: Gateway, backend: Backend) -> None:
    backend.answers["BootNotification"] = answering("Pending", interval=3600)
    teller = await Teller.bridged(gateway, backend)
    await backend.hears("BootNotification")
    await asyncio.sleep(0.2)
    assert not teller.upstream.connected
    answer = await backend.ask("TriggerMessage", {"requestedMessage": "BootNotification"})
    assert answer == {"status": "Accepted"}
    await teller.online()
    await teller.charger.close()


async def test_a_backend_s_call_is_answered_in_time_whatever_the_charger_does(
    gateway: Gateway, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second waits behind the first and still has its own time limit; what came too late is never sent."""
    monkeypatch.setattr(downward, "CHARGER_SECONDS", 1.0)
    teller = await Teller.bridged(gateway, backend)
    teller.charger.answers["GetConfiguration"] = lambda _payload: {"silent": True}
    teller.charger.answers["ClearCache"] = lambda _payload: {"status": "Accepted"}
    await teller.online()
    begun = time.monotonic()
    calls = [
        asyncio.create_task(backend.ask("GetConfiguration", GET, "one")),
        asyncio.create_task(backend.ask("ClearCache", {}, "two")),
    ]
    assert await calls[0] == "InternalError"
    assert await calls[1] == "InternalError"
    assert time.monotonic() - begun < 1.5
    await asyncio.sleep(0.5)
    assert [action for action, _payload in teller.charger.calls if action == "ClearCache"] == []
    assert await backend.ask("ClearCache", {}, "three") == {"status": "Accepted"}
    await teller.charger.close()


async def test_a_charger_that_is_away_is_said_to_be(gateway: Gateway, backend: Backend) -> None:
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    await teller.charger.close()
    await eventually(lambda: teller.upstream.local is None)
    assert await backend.ask("RemoteStartTransaction", {"idTag": "CARD"}) == "InternalError"
    assert await backend.ask("Reset", {"type": "Soft"}) == "InternalError"
    shown = await backend.ask("GetConfiguration", {"key": ["HeartbeatInterval"]})
    assert shown["configurationKey"] == [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]
    before = len(backend.heard("StatusNotification"))
    assert await backend.ask("TriggerMessage", {"requestedMessage": "StatusNotification"}) == {"status": "Accepted"}
    await backend.hears("StatusNotification", before + 2)


async def test_a_push_holds_the_charger_also_against_what_waits_already(gateway: Gateway, backend: Backend) -> None:
    teller = await Teller.bridged(gateway, backend)
    teller.charger.answers["GetConfiguration"] = lambda _payload: {"silent": True}
    await teller.online()
    first = asyncio.create_task(backend.ask("GetConfiguration", GET, "one"))
    await eventually(lambda: any(action == "GetConfiguration" for action, _payload in teller.charger.calls))
    opening = {"connectorId": 0, "type": "Operative"}
    second = asyncio.create_task(backend.ask("ChangeAvailability", opening, "two"))
    await asyncio.sleep(0.2)
    connection = gateway.connections[DEVICE]
    connection.pushing = True
    call_id = connection.session._outbound.out.id  # type: ignore[union-attr]
    await teller.charger.link.send(f'[3,"{call_id}",{{"configurationKey":[]}}]')
    assert await second == {"status": "Rejected"}
    assert "configurationKey" in await first
    assert await backend.ask("GetLocalListVersion", {}, "three") == "InternalError"
    connection.pushing = False
    assert await backend.ask("ChangeAvailability", opening, "four") == {"status": "Accepted"}
    assert [payload for action, payload in teller.charger.calls if action == "ChangeAvailability"] == [opening]
    await teller.charger.close()


async def test_a_backend_changes_what_the_make_s_profile_lets_it(gateway: Gateway, backend: Backend) -> None:
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    change = {"key": "MeterValueSampleInterval", "value": "60"}
    assert await backend.ask("ChangeConfiguration", change) == {"status": "Accepted"}
    assert teller.charger.written() == [("MeterValueSampleInterval", "60")]
    for key in ("FreeVendActive", "CentralSystemURL", "NumberOfConnectors"):
        assert await backend.ask("ChangeConfiguration", {**change, "key": key}) == {"status": "NotSupported"}
    assert len(teller.charger.written()) == 1
    await teller.charger.close()


async def test_a_heartbeat_interval_holds_from_now_on(
    gateway: Gateway, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.bridge import upstream

    monkeypatch.setattr(upstream, "LEAST_HEARTBEAT", 1)
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    await asyncio.sleep(0.3)
    await backend.ask("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "1"})
    await backend.hears("Heartbeat", 2, seconds=6)
    await teller.charger.close()


async def test_a_status_is_told_after_the_start_it_belongs_to(gateway: Gateway, backend: Backend) -> None:
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    await backend.hears("StatusNotification", 2)
    backend.rest = 0.2
    before = len(backend.calls)
    number = await teller.start()
    await teller.charger.status(1, "Charging")
    await backend.hears("StatusNotification", 3)
    await teller.end(number)
    await teller.charger.status(1, "Finishing")
    await backend.hears("StatusNotification", 4)
    order = [payload.get("status") or action for action, payload in backend.calls[before:]]
    assert order == ["StartTransaction", "Charging", "StopTransaction", "Finishing"]
    await teller.charger.close()


async def test_statuses_are_shown_when_a_charger_comes_back_without_a_boot(gateway: Gateway, backend: Backend) -> None:
    await backend.vanish()
    teller = await Teller.bridged(gateway, backend)
    await teller.charger.close()
    await eventually(lambda: teller.upstream.local is None)
    await backend.listen()
    await teller.online()
    assert backend.heard("StatusNotification") == []
    from tests.loop.gateway_world import dial

    again = ScriptedCharger(await dial(gateway))
    assert {one["connectorId"] for one in await backend.hears("StatusNotification", 2)} == {0, 1}
    await again.close()


async def test_a_card_refused_while_the_charger_is_away_ends_the_session_when_it_is_back(
    gateway: Gateway, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downward, "STOP_AGAIN_SECONDS", 0.1)
    backend.answers["StartTransaction"] = lambda _p: {"transactionId": 5, "idTagInfo": {"status": "Blocked"}}
    await backend.vanish()
    teller = await Teller.bridged(gateway, backend)
    await db(lambda: Installation.objects.update(offline_authorization="accept"))
    number = await teller.start()
    await teller.charger.close()
    await backend.listen()
    row = await eventually(lambda: Transaction.objects.filter(flags__contains=["refused_by_backend"]).first())
    assert row.pk == number
    assert await db(lambda: UpstreamTransaction.objects.get().status) == "Blocked"
    from tests.loop.gateway_world import dial

    verdicts = iter(["Rejected"])
    again = ScriptedCharger(await dial(gateway))
    again.answers["RemoteStopTransaction"] = lambda _payload: {"status": next(verdicts, "Accepted")}
    await eventually(lambda: [call for call in again.calls if call[0] == "RemoteStopTransaction"][1:])
    assert again.calls[-1] == ("RemoteStopTransaction", {"transactionId": number})
    await asyncio.sleep(0.5)
    assert len([call for call in again.calls if call[0] == "RemoteStopTransaction"]) == 2
    await again.close()


async def test_a_backend_that_is_left_still_gets_what_waits_for_it(gateway: Gateway, backend: Backend) -> None:
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    backend.rest = 0.3
    await teller.session(meters=3)
    async with listening() as other:
        await db(lambda: put_in_cloud(other.url, number=3))
        await other.hears("BootNotification")
        assert (await teller.compare()).repeated == 0
        assert other.heard("StopTransaction") == []
    await teller.charger.close()


async def test_repeats_are_known_by_content_not_by_id_and_get_the_same_answer(
    gateway: Gateway, backend: Backend
) -> None:
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    number = await teller.start()
    _action, start = teller.told[0]
    for payload in (start, {**start, "reservationId": 3}):
        assert (await teller.charger.send("StartTransaction", payload))["transactionId"] == number
    await teller.measure(number)
    await teller.charger.send(*teller.told[-1])
    await teller.end(number)
    _action, stop = teller.told[-1]
    for payload in (stop, {**stop, "reason": "PowerLoss"}):
        assert "error" not in await teller.charger.send("StopTransaction", payload)
    assert (await teller.compare()).messages == 3
    await teller.charger.close()


async def test_ids_of_a_backend_may_be_as_large_as_they_like(gateway: Gateway, backend: Backend) -> None:
    large = 1_700_000_000_123
    backend.answers["StartTransaction"] = lambda _p: {"transactionId": large, "idTagInfo": {"status": "Accepted"}}
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    await teller.session()
    await teller.compare()
    assert backend.heard("StopTransaction")[0]["transactionId"] == large
    await teller.charger.close()


def accepted(data: str, _payload: dict[str, Any]) -> dict[str, Any]:
    return {"status": "Accepted", "data": data}


async def test_ids_that_are_the_same_everywhere_mix_nothing_up(gateway: Gateway, backend: Backend) -> None:
    """Two backends call two chargers by the very id that the chargers use for their own calls, all at once."""
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    async with listening() as other:
        await db(lambda: make_charger("ZCS000002"))
        await db(lambda: put_in_cloud(other.url, number=3, device_id="ZCS000002"))
        await eventually(lambda: (found := gateway.directory.find("ZCS000002")) and found.backend)
        second = await ScriptedCharger.booted(gateway, "ZCS000002")
        await other.hears("StatusNotification", 2)
        chargers = ((backend, teller.charger, "a"), (other, second, "b"))
        for one, charger, name in chargers:
            one.rest = 0.2
            one.answers["DataTransfer"] = partial(accepted, f"{name} of backend")
            charger.answers["DataTransfer"] = partial(accepted, f"{name} of charger")
        payload = {"vendorId": "x", "data": "?"}
        asked = [one.ask("DataTransfer", payload, "1") for one, _charger, _name in chargers]
        sent = [charger.send("DataTransfer", payload, "1") for _one, charger, _name in chargers]
        answers = await asyncio.gather(*asked, *sent)
        assert [one["data"] for one in answers] == ["a of charger", "b of charger", "a of backend", "b of backend"]
        await second.close()
    await teller.charger.close()


async def test_a_boot_in_one_packet_with_the_handshake_is_not_lost(gateway: Gateway, backend: Backend) -> None:
    """Neither the charger's first frame towards us, nor the backend's first one."""
    from tests.loop.bridge.scene import bridged_charger
    from tests.loop.gateway_world import PASSWORD

    async with speaking_at_once(b'[2,"f","GetConfiguration",{"key":["MeterValueSampleInterval"]}]') as (port, heard):
        await db(lambda: bridged_charger(f"ws://127.0.0.1:{port}/ocpp/{{deviceId}}"))
        await eventually(lambda: (found := gateway.directory.find(DEVICE)) and found.backend)
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.bound_port)
        login = base64.b64encode(f"{DEVICE}:{PASSWORD}".encode()).decode()
        upgrade = (
            f"GET /ocpp/{DEVICE} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: Basic {login}\r\n\r\n"
        )
        boot = json.dumps([2, "first", "BootNotification", BOOT]).encode()
        assert len(boot) < 126
        writer.write(upgrade.encode() + bytes([0x81, 0x80 | len(boot), 0, 0, 0, 0]) + boot)
        told = await asyncio.wait_for(reader.readuntil(b'"status":"Accepted"'), 10)
        assert b'[3,"first",' in told
        for connector in (0, 1):
            status = {"connectorId": connector, "errorCode": "NoError", "status": "Available"}
            frame = json.dumps([2, f"s{connector}", "StatusNotification", status]).encode()
            writer.write(bytes([0x81, 0x80 | len(frame), 0, 0, 0, 0]) + frame)
        asked = await asyncio.wait_for(reader.readuntil(b"MeterValueSampleInterval"), 10)
        assert b"GetConfiguration" in asked
        await eventually(lambda: any(b"BootNotification" in one for one in heard))
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def speaking_at_once(words: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A backend whose first frame leaves in one packet with its agreement to the upgrade."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        key = next(
            line.split(b": ")[1] for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")
        )
        accept = base64.b64encode(hashlib.sha1(key.strip() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            + bytes([0x81, len(words)]) + words
        )  # fmt: skip
        while head := await reader.read(2):
            size = head[1] & 0x7F
            if size == 126:
                size = int.from_bytes(await reader.readexactly(2))
            mask, body = await reader.readexactly(4), await reader.readexactly(size)
            text = bytes(byte ^ mask[place % 4] for place, byte in enumerate(body))
            heard.append(text)
            if b"BootNotification" in text:
                number = json.loads(text)[1]
                answer = json.dumps([3, number, answering()({})]).encode()
                assert len(answer) < 126
                writer.write(bytes([0x81, len(answer)]) + answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()


async def test_a_flood_of_calls_and_endless_fragments_harm_nobody(gateway: Gateway, backend: Backend) -> None:
    teller = await Teller.bridged(gateway, backend)
    teller.charger.answers["ClearCache"] = lambda _payload: {"status": "Accepted"}
    await teller.online()
    link = backend.links[-1]
    for number in range(200):
        await link.send(f'[2,"flood{number}","ClearCache",{{}}]')
    assert await backend.ask("TriggerMessage", {"requestedMessage": "Heartbeat"}, "last") is not None

    async def endless() -> Any:
        while True:
            yield "x" * 10_000

    sending = asyncio.create_task(link.send(endless()))
    await eventually(lambda: len(backend.links) == 2)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await teller.online()
    await teller.session()
    await teller.compare()
    await teller.charger.close()
