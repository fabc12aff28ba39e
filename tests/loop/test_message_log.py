"""What goes over a charger's socket stands in the log, paired, without secrets; the gateway never waits for it."""

import json
from typing import Any

import pytest

from chargers.models import Message
from gateway.server import Gateway
from gateway.store import message_log
from gateway.store.message_log import MessageLog
from tests.loop.gateway_world import ScriptedCharger, db, eventually, make_charger

START = {"connectorId": 1, "idTag": "TAG", "meterStart": 100, "timestamp": "2026-01-01T10:00:00Z"}


def logged(**fields: Any) -> Message | None:
    return Message.objects.filter(**fields).first()


async def booted(gateway: Gateway) -> ScriptedCharger:
    await db(make_charger)
    await eventually(lambda: gateway.directory.find("ZCS000001"))
    return await ScriptedCharger.booted(gateway)


async def test_calls_of_both_sides_stand_beside_their_answers(gateway: Gateway) -> None:
    charger = await booted(gateway)
    await charger.send("StartTransaction", START)
    connection = gateway.connections["ZCS000001"]
    await connection.call("Reset", {"type": "Soft"})
    assert "error" in await charger.send("Nonsense", {"a": 1})
    await charger.link.send("not a frame")
    start = await eventually(lambda: logged(action="StartTransaction"))
    assert (start.direction, start.outcome, start.status) == ("from_charger", "answered", "Accepted")
    assert json.loads(start.payload) == START
    assert json.loads(start.answer)["transactionId"] > 0
    assert 0 <= start.latency_seconds < 10
    reset = await eventually(lambda: logged(action="Reset"))
    assert (reset.direction, reset.status, reset.payload) == ("to_charger", "Accepted", '{"type":"Soft"}')
    refused = await eventually(lambda: logged(action="Nonsense"))
    assert (refused.outcome, refused.status) == ("error", "NotImplemented")
    stray = await eventually(lambda: logged(outcome="malformed"))
    assert stray.payload == "not a frame"
    charger.answers["ClearCache"] = lambda _payload: {"silent": True}
    gateway.spawn(connection.call("ClearCache", {}))
    await eventually(lambda: any(action == "ClearCache" for action, _payload in charger.calls))
    await charger.close()
    given_up = await eventually(lambda: logged(action="ClearCache"))
    assert (given_up.outcome, given_up.latency_seconds) == ("unanswered", None)


async def test_no_secret_reaches_the_database(gateway: Gateway) -> None:
    charger = await booted(gateway)
    charger.configuration = {"WifiPassword": "Canary0Zq7-wifi", "HeartbeatInterval": "300"}
    connection = gateway.connections["ZCS000001"]
    await connection.call("ChangeConfiguration", {"key": "AuthorizationKey", "value": "Canary0Zq7-key-0123"})
    await connection.call("GetConfiguration", {})
    await charger.send("DataTransfer", {"vendorId": "v", "data": '{"adminPassword":"Canary0Zq7-data"}'})
    await eventually(lambda: logged(action="DataTransfer"))
    rows = await db(lambda: list(Message.objects.values_list("payload", "answer")))
    assert "Canary0Zq7" not in str(rows)
    assert "HeartbeatInterval" in str(rows)
    await charger.close()


class Loop:
    """The log alone, turned by hand."""

    def __init__(self, charger_id: int) -> None:
        self.log = MessageLog()
        self.channel = self.log.channel(charger_id)

    def hear(self, number: int, at: float = 1_800_000_000.0) -> None:
        self.channel.note(False, f'[2,"{number}","Heartbeat",{{}}]', at)
        self.channel.note(True, f'[3,"{number}",{{}}]', at)


@pytest.mark.django_db(transaction=True)
def test_what_came_while_the_database_was_slow_is_counted_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    charger = make_charger()
    monkeypatch.setattr(message_log, "MOST_WAITING", 10)
    alone = Loop(charger.pk)
    for number in range(20):
        alone.hear(number)
    alone.log.turn()
    assert Message.objects.filter(outcome="answered").count() == 5
    assert Message.objects.get(outcome="not_kept").missing == 30
    alone.hear(99)
    alone.log.turn()
    assert Message.objects.filter(outcome="answered").count() == 6


@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_is_given_up_and_the_next_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    charger = make_charger()
    monkeypatch.setattr(message_log, "RETRY_SECONDS", 0.0)
    alone = Loop(charger.pk)
    monkeypatch.setattr(message_log, "COPY", "COPY nowhere FROM STDIN")
    alone.hear(1)
    alone.log.turn()
    monkeypatch.undo()
    alone.hear(2)
    alone.log.turn()
    assert [row.message_id for row in Message.objects.filter(outcome="answered")] == ["2"]
    assert Message.objects.get(outcome="not_kept").missing == 1


@pytest.mark.django_db(transaction=True)
def test_whatever_a_charger_writes_can_be_kept() -> None:
    charger = make_charger()
    alone = Loop(charger.pk)
    odd = [
        "\t\\N\\.\n",
        "\0",
        "\ud800",
        '[2,"\t\\\\","\\u0000\n",{}',
        '[2,"1","' + "x" * 300 + '",{"a":"\\\\t"}]',
        "äöü€😀",
    ]
    for text in odd:
        alone.channel.note(False, text, 1_800_000_000.0)
    alone.channel.note(False, None, 1_800_000_001.0)
    alone.log.turn()
    assert alone.log.failures == 0
    assert Message.objects.count() == len(odd)
    assert Message.objects.filter(payload='{"a":"\\\\t"}', action="x" * 64).exists()
    assert Message.objects.filter(payload="\t\\N\\.\n").exists()
