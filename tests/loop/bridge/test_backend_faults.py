"""Whatever a backend does, its record is the charger's in the end; and the charger is answered all the time."""

import asyncio
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chargers.models import UpstreamLink, UpstreamMessage
from gateway.bridge import bridges, delivering, dial
from gateway.server import Gateway
from gateway.store import upstream_reading
from installations.models import Installation
from tests.certificates import Authority
from tests.faults.backends import misbehaving
from tests.loop.bridge.backend import Answer, Backend
from tests.loop.bridge.telling import DEVICE, Teller, meter
from tests.loop.gateway_world import db, eventually

pytestmark = pytest.mark.core


async def accept_offline() -> None:
    await db(lambda: Installation.objects.update(offline_authorization="accept"))


async def test_down_at_the_first_connection(gateway: Gateway, backend: Backend) -> None:
    await backend.vanish()
    teller = await Teller.bridged(gateway, backend)
    await accept_offline()
    await eventually(lambda: UpstreamLink.objects.filter(state="waiting", fault="connection_refused").first())
    await teller.session()
    await backend.listen()
    assert (await teller.compare()).starts == 1
    await teller.charger.close()


async def test_dropped_two_seconds_in_the_middle_of_a_session(gateway: Gateway, backend: Backend) -> None:
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    number = await teller.start()
    await backend.vanish()
    for minute in range(1, 5):
        await teller.measure(number, minute)
        await asyncio.sleep(0.5)
    await backend.listen()
    await teller.end(number)
    assert (await teller.compare()).messages == 6
    await teller.charger.close()


@pytest.mark.parametrize("action", ["StartTransaction", "MeterValues", "StopTransaction"])
async def test_dies_with_a_message_in_its_hands(gateway: Gateway, backend: Backend, action: str) -> None:
    """It had the message, nobody had its answer: the same words come again, and then everything behind them."""
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    answer = backend.answers.get(action, lambda _payload: {})

    def die(payload: dict[str, Any]) -> None:
        backend.answers[action] = answer
        backend.links[-1].transport.abort()

    backend.answers[action] = die
    await teller.session()
    await teller.session()
    verdict = await teller.compare()
    assert (verdict.starts, verdict.repeated) == (2, 1)
    await teller.charger.close()


async def test_hangs_without_closing(gateway: Gateway, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """The charger is answered at once; the connection that says nothing is given up, and another one carries on."""
    monkeypatch.setattr(delivering, "ANSWER_SECONDS", 0.5)
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    backend.answers["MeterValues"] = lambda _payload: None
    begun = time.monotonic()
    await teller.session()
    assert time.monotonic() - begun < 5
    await asyncio.sleep(1)
    del backend.answers["MeterValues"]
    assert (await teller.compare()).messages == 4
    await teller.charger.close()


async def test_hangs_with_nothing_to_say_is_found_by_pings(
    gateway: Gateway, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridges, "PONG_SECONDS", 1.0)
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    answer = await backend.ask("ChangeConfiguration", {"key": "WebSocketPingInterval", "value": "1"})
    assert answer == {"status": "Accepted"}
    await asyncio.sleep(3)
    assert len(backend.links) == 1, "a backend that answers pings keeps its connection"
    backend.links[-1].transport.pause_reading()
    await teller.away()
    await teller.online()
    await teller.session()
    await teller.compare()
    await teller.charger.close()


async def test_answers_late_but_answers(gateway: Gateway, backend: Backend) -> None:
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    backend.rest = 0.4
    begun = time.monotonic()
    await teller.session(meters=5)
    assert time.monotonic() - begun < 2, "the charger does not wait for the backend"
    assert (await teller.compare()).repeated == 0
    await teller.charger.close()


async def test_an_answer_to_nothing_changes_nothing(gateway: Gateway, backend: Backend) -> None:
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    for text in ('[3,"never-asked",{}]', '[4,"never-asked","InternalError","",{}]', "[3", "[]", "[3,null,{}]"):
        await backend.links[-1].send(text)
    await teller.session()
    assert (await teller.compare()).repeated == 0
    await teller.charger.close()


async def test_answers_errors_and_thinks_better_of_it(
    gateway: Gateway, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was answered with an error was not taken; it comes again before anything else does."""
    monkeypatch.setattr(delivering, "REFUSED_PAUSE_SECONDS", 0.05)
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    taken: list[tuple[str, dict[str, Any]]] = []
    errors: dict[str, int] = {}

    def moody(action: str) -> Answer:
        usual: Answer = backend.answers.get(action, lambda _payload: {})

        def answer(payload: dict[str, Any]) -> dict[str, Any] | str | None:
            errors[action] = errors.get(action, 0) + 1
            if errors[action] % 3:
                return "InternalError"
            taken.append((action, payload))
            return usual(payload)

        return answer

    for action in ("StartTransaction", "MeterValues", "StopTransaction"):
        backend.answers[action] = moody(action)
    await teller.session()
    await eventually(lambda: not UpstreamMessage.objects.filter(ended_at=None).exists())
    assert [action for action, _payload in taken] == [action for action, _payload in teller.told]
    assert {payload.get("transactionId") for _action, payload in taken[1:]} == {4712}
    await teller.charger.close()


async def test_a_start_that_is_never_taken_lets_the_others_pass(
    gateway: Gateway, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its dependents wait while there is hope; after the last attempt they go by -1. The next session is as usual."""
    monkeypatch.setattr(delivering, "REFUSED_PAUSE_SECONDS", 0.05)
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    usual = backend.answers["StartTransaction"]
    backend.answers["StartTransaction"] = lambda _payload: "InternalError"
    await teller.session(meters=1)
    await backend.hears("StopTransaction")
    backend.answers["StartTransaction"] = usual
    await teller.session(meters=1)
    await eventually(lambda: not UpstreamMessage.objects.filter(ended_at=None).exists())
    ids = [payload.get("transactionId") for _action, payload in backend.calls if "meterStop" in payload]
    assert ids == [-1, 4712]
    order = [action for action, _payload in backend.calls if action in {"StartTransaction", "StopTransaction"}]
    assert order == ["StartTransaction"] * 3 + ["StopTransaction", "StartTransaction", "StopTransaction"]
    assert await db(lambda: UpstreamMessage.objects.filter(outcome="refused").count()) == 1
    await teller.charger.close()


async def test_the_database_refuses_to_note_an_answer_for_a_while(
    gateway: Gateway, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backend has the message, so it must not get it again, however long it takes to write that down."""
    from gateway.ocpp16.records import StoreFailed

    monkeypatch.setattr(bridges, "AGAIN_SECONDS", 0.1)
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    put, refusals = gateway.store.put, {"EndMessages": 3, "MapTransaction": 3}

    def away(job: Any, tag: Any = None) -> bool:
        if refusals.get(type(job).__name__, 0):
            refusals[type(job).__name__] -= 1
            asyncio.get_running_loop().call_soon(tag.set_result, StoreFailed("away"))
            return True
        return put(job, tag)

    monkeypatch.setattr(gateway.store, "put", away)
    await teller.session()
    verdict = await teller.compare()
    assert (verdict.repeated, set(refusals.values())) == (0, {0})
    await teller.charger.close()


async def test_rows_that_cannot_be_read_for_a_while_do_not_end_the_connection(
    gateway: Gateway, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridges, "AGAIN_SECONDS", 0.1)
    await backend.vanish()
    teller = await Teller.bridged(gateway, backend)
    await accept_offline()
    await teller.session()
    load, times = upstream_reading.load, iter(range(3))

    def away(*arguments: Any) -> Any:
        if next(times, None) is not None:
            raise ConnectionError("the database is away")
        return load(*arguments)

    monkeypatch.setattr(upstream_reading, "load", away)
    await backend.listen()
    await teller.compare()
    assert len(backend.links) == 1
    await teller.charger.close()


@pytest.mark.parametrize(("fault", "status"), [("unauthorized", 401), ("forbidden", 403), ("not_found", 404)])
async def test_turned_away_and_let_in_later(gateway: Gateway, backend: Backend, fault: str, status: int) -> None:
    backend.passwords, backend.refusal = {b"another"}, status
    teller = await Teller.bridged(gateway, backend)
    await accept_offline()
    link = await eventually(lambda: UpstreamLink.objects.filter(state="waiting", fault=fault).first())
    assert link.http_status == status
    await teller.session()
    backend.passwords = set()
    teller.upstream.reconnect()
    assert (await teller.compare()).stops == 1
    await teller.charger.close()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("redirects", "redirected"), ("hangs", "no_answer"), ("bad_certificate", "tls_untrusted")],
)
async def test_an_address_where_no_backend_is(
    gateway: Gateway, backend: Backend, fault: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the session leaves this portal until people have named the right address."""
    monkeypatch.setattr(dial, "HANDSHAKE_SECONDS", 0.5)
    with misbehaving(fault, tmp_path) as origin:
        await _elsewhere_first(gateway, backend, f"{origin}/ocpp/{{deviceId}}", expected)


async def test_a_name_of_a_private_address(gateway: Gateway, backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.7"]

    monkeypatch.setitem(dial.dial.__kwdefaults__, "resolver", resolve)  # type: ignore[arg-type]
    await _elsewhere_first(gateway, backend, "wss://inside.example.com/{deviceId}", "address_refused")


async def test_a_certificate_that_is_over(
    gateway: Gateway, backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    context = authority.server("127.0.0.1", ends=timedelta(days=-1))
    monkeypatch.setattr(dial, "trusted", authority.context)
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    try:
        await _elsewhere_first(gateway, backend, f"wss://127.0.0.1:{port}/{{deviceId}}", "tls_expired")
    finally:
        server.close()


async def _elsewhere_first(gateway: Gateway, backend: Backend, url: str, fault: str) -> None:
    """The chargers' setting leads to ``url``; then to the backend."""
    from tests.loop.bridge.scene import bridged_charger, put_in_cloud
    from tests.loop.gateway_world import ScriptedCharger

    gateway.bridges.patience_seconds = 0.5
    teller = Teller(gateway, backend)
    await db(lambda: bridged_charger(url))
    await accept_offline()
    await eventually(lambda: (found := gateway.directory.find(DEVICE)) and found.backend)
    teller.charger = await ScriptedCharger.booted(gateway)
    await eventually(lambda: UpstreamLink.objects.filter(state="waiting", fault=fault).first())
    await teller.charger.send("Heartbeat", {})
    await db(lambda: put_in_cloud(backend.url, number=3))
    await backend.hears("BootNotification")
    await teller.online()
    await teller.session()
    assert (await teller.compare()).starts == 1
    await teller.charger.close()


async def test_a_message_the_backend_always_hangs_up_on_does_not_hold_up_the_rest(
    gateway: Gateway, backend: Backend
) -> None:
    """Meter values are given up after so many connections, a stop goes without what it carries."""
    teller = await Teller.bridged(gateway, backend)
    await teller.online()

    def hang_up(payload: dict[str, Any]) -> dict[str, Any] | None:
        if "transactionData" in payload or payload.get("meterValue", [{}])[0].get("sampledValue") == [{"value": "bad"}]:
            backend.links[-1].transport.abort()
            return None
        return {}

    backend.answers["MeterValues"] = backend.answers["StopTransaction"] = hang_up
    number = await teller.start()
    bad = meter(number)
    bad["meterValue"][0]["sampledValue"] = [{"value": "bad"}]
    await teller.charger.send("MeterValues", bad)
    await teller.charger.send("StopTransaction", {
        "transactionId": number, "meterStop": 190, "timestamp": "2026-01-01T11:00:00Z",
        "transactionData": bad["meterValue"],
    })  # fmt: skip
    await eventually(lambda: not UpstreamMessage.objects.filter(ended_at=None).exists(), seconds=30)
    assert "transactionData" not in backend.heard("StopTransaction")[-1]
    outcomes = await db(lambda: list(UpstreamMessage.objects.values_list("action", "outcome").order_by("id")))
    assert outcomes == [("StartTransaction", "delivered"), ("MeterValues", "refused"), ("StopTransaction", "delivered")]
    await teller.charger.close()


async def test_a_message_as_large_as_a_charger_may_send_goes_up(gateway: Gateway, backend: Backend) -> None:
    """Our own id is longer than the charger's was."""
    teller = await Teller.bridged(gateway, backend)
    await teller.online()
    number = await teller.start()
    room = 65_536 - len(json.dumps([2, "m", "MeterValues", meter(number, context="")]))
    large = meter(number, context="x" * room)
    assert "error" not in await teller.charger.send("MeterValues", large, "m")
    teller.told.append(("MeterValues", large))
    await teller.end(number)
    assert (await teller.compare()).messages == 3
    await teller.charger.close()
