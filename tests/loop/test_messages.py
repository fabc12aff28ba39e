"""What chargers say is stored once, whatever they repeat; nothing they say ends the node or breaks the database."""

import json

import pytest

from chargers.models import Charger, ChargerLink, Connector, MeterValue, RefusedTag, Transaction
from gateway.server import Gateway
from installations.models import IdTag, Installation
from tests.loop.gateway_world import ScriptedCharger, db, dial, eventually, make_charger

START = {"connectorId": 1, "idTag": "TAG", "meterStart": 100, "timestamp": "2026-01-01T10:00:00Z"}


async def booted(gateway: Gateway, *, required: bool = False) -> tuple[Charger, ScriptedCharger]:
    row = await db(lambda: make_charger(required=required))
    await eventually(lambda: gateway.directory.find("ZCS000001"))
    return row, await ScriptedCharger.booted(gateway)


async def test_boot_and_statuses_are_stored(gateway: Gateway) -> None:
    row, charger = await booted(gateway)
    await eventually(lambda: Connector.objects.filter(charger=row).count() == 2)
    link = await db(lambda: ChargerLink.objects.get(charger=row))
    assert (link.boot_accepted, link.boot_number, link.connector_count) == (True, 1, 1)
    assert await db(lambda: Charger.objects.get(pk=row.pk).vendor) == "Portal Simulator"
    await charger.close()


async def test_a_repeated_start_gets_the_same_id_and_one_session_is_stored(gateway: Gateway) -> None:
    row, charger = await booted(gateway)
    first = await charger.send("StartTransaction", START)
    again = await charger.send("StartTransaction", START)
    assert first["transactionId"] == again["transactionId"] > 0
    stop = {"transactionId": first["transactionId"], "meterStop": 900, "timestamp": "2026-01-01T11:00:00Z"}
    for _time in range(2):
        assert "error" not in await charger.send("StopTransaction", stop)
    sessions = await db(lambda: list(Transaction.objects.filter(charger=row)))
    assert [(one.meter_start, one.meter_stop, one.orphan) for one in sessions] == [(100, 900, False)]
    await charger.close()


@pytest.mark.parametrize("foreign", [-1, 987654])
async def test_a_stop_of_a_foreign_session_is_answered_and_kept_as_orphan(gateway: Gateway, foreign: int) -> None:
    row, charger = await booted(gateway)
    stop = {"transactionId": foreign, "meterStop": 5, "timestamp": "2026-01-01T11:00:00Z"}
    for _time in range(2):
        assert "error" not in await charger.send("StopTransaction", stop)
    orphans = await db(lambda: list(Transaction.objects.filter(charger=row)))
    assert [(one.foreign_id, one.orphan) for one in orphans] == [(foreign, True)]
    await charger.close()


async def test_meter_values_are_stored_once(gateway: Gateway) -> None:
    row, charger = await booted(gateway)
    started = await charger.send("StartTransaction", START)
    value = {"timestamp": "2026-01-01T10:05:00Z", "sampledValue": [{"value": "150", "unit": "Wh"}]}
    message = {"connectorId": 1, "transactionId": started["transactionId"], "meterValue": [value]}
    for _time in range(3):
        assert await charger.send("MeterValues", message) == {}
    stored = await db(lambda: list(MeterValue.objects.filter(charger=row)))
    assert [(one.transaction_id, one.sampled_values) for one in stored] == [
        (started["transactionId"], [{"value": "150", "unit": "Wh"}])
    ]
    await charger.close()


async def test_a_new_session_on_a_connector_ends_one_whose_stop_was_lost(gateway: Gateway) -> None:
    row, charger = await booted(gateway)
    first = await charger.send("StartTransaction", START)
    second = await charger.send("StartTransaction", {**START, "meterStart": 200, "timestamp": "2026-01-02T10:00:00Z"})
    rows = await db(lambda: {one.pk: one for one in Transaction.objects.filter(charger=row)})
    assert rows[first["transactionId"]].stop_received_at is not None
    assert rows[first["transactionId"]].flags == ["stop_lost"]
    assert rows[second["transactionId"]].stop_received_at is None
    await charger.close()


async def test_cards_decide_where_authorisation_is_required(gateway: Gateway) -> None:
    row, charger = await booted(gateway, required=True)

    def cards() -> None:
        site = Installation.objects.get(pk=row.installation_id)
        IdTag.objects.create(installation=site, id_tag="GOOD")
        IdTag.objects.create(installation=site, id_tag="STOLEN", blocked=True)

    await db(cards)
    wanted = {"GOOD": "Accepted", "good": "Accepted", "STOLEN": "Blocked", "NOBODY": "Invalid"}
    for tag, status in wanted.items():
        assert (await charger.send("Authorize", {"idTag": tag}))["idTagInfo"]["status"] == status, tag
    refused = await db(lambda: dict(RefusedTag.objects.filter(charger=row).values_list("id_tag", "status")))
    assert refused == {"STOLEN": "Blocked", "NOBODY": "Invalid"}
    await charger.close()


async def test_everybody_may_charge_where_it_is_not_required(gateway: Gateway) -> None:
    _row, charger = await booted(gateway)
    assert (await charger.send("Authorize", {"idTag": "ANY"}))["idTagInfo"]["status"] == "Accepted"
    await charger.close()


async def test_before_its_boot_a_charger_may_say_nothing_else(gateway: Gateway) -> None:
    await db(make_charger)
    await eventually(lambda: gateway.directory.find("ZCS000001"))
    charger = ScriptedCharger(await dial(gateway))
    assert await charger.send("Heartbeat", {}) == {"error": "SecurityError"}
    await charger.close()


SURROGATE = {"value": "\ud800"}
GARBAGE = [
    "",
    "{}",
    "[]",
    "[2]",
    "nonsense",
    '[2,"x"]',
    '[9,"a","b",{}]',
    "[2,1,2,3]",
    "[[[[[[[[[[[[]]]]]]]]]]]]",
    "null",
]


async def test_garbage_is_survived_nine_times_a_minute(gateway: Gateway) -> None:
    _row, charger = await booted(gateway)
    for text in GARBAGE[:9]:
        await charger.link.send(text)
    assert "currentTime" in await charger.send("Heartbeat", {})
    await charger.link.send(GARBAGE[9])
    await charger.link.wait_closed()
    assert charger.link.close_code == 1008
    await charger.close()


async def test_a_binary_frame_closes_with_1003(gateway: Gateway) -> None:
    await db(make_charger)
    await eventually(lambda: gateway.directory.find("ZCS000001"))
    link = await dial(gateway)
    await link.send(b"\x00\x01")
    await link.wait_closed()
    assert link.close_code == 1003


@pytest.mark.parametrize(
    "frame",
    [
        [2, "1", "StatusNotification", {"connectorId": 1634030126, "errorCode": "NoError", "status": "Available"}],
        [2, "2", "StatusNotification", {"connectorId": 1, "errorCode": "x\u0000y", "status": "Available"}],
        [2, "3", "StartTransaction", {**START, "idTag": "a\u0000b"}],
        [2, "4", "StartTransaction", {**START, "meterStart": 10**30}],
        [2, "5", "StartTransaction", {**START, "timestamp": "0000-99-99"}],
        [
            2,
            "6",
            "MeterValues",
            {"connectorId": -5, "meterValue": [{"timestamp": "x", "sampledValue": [{"value": "\ud800"}]}]},
        ],
        [2, "7", "BootNotification", {"chargePointVendor": "v" * 5000, "chargePointModel": "\u0000"}],
    ],
    ids=lambda frame: f"{frame[2]}-{frame[1]}",
)
async def test_absurd_claims_reach_the_database_as_no_error(gateway: Gateway, frame: list[object]) -> None:
    _row, charger = await booted(gateway)
    before = gateway.store.failures
    await charger.link.send(json.dumps(frame))
    assert "currentTime" in await charger.send("Heartbeat", {})
    await charger.send("StartTransaction", {**START, "meterStart": 7})  # waits for everything before it
    assert gateway.store.failures == before
    await charger.close()
