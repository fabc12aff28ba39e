"""A charger, the gateway and a backend on real sockets: what goes up, what comes down, what is never lost."""

from typing import Any

import pytest

from chargers.models import Message, Transaction, UpstreamLink, UpstreamMessage
from gateway.server import Gateway
from installations.models import AuthenticationRevision, Installation
from tests.loop.bridge.backend import Backend
from tests.loop.bridge.scene import KEY, bridged_charger
from tests.loop.gateway_world import ScriptedCharger, db, eventually

START = {"connectorId": 1, "idTag": "CARD", "meterStart": 100, "timestamp": "2026-01-01T10:00:00Z"}
STOP = {"meterStop": 900, "timestamp": "2026-01-01T11:00:00Z", "idTag": "CARD"}


def meter(transaction_id: int | None, value: int = 100, minute: int = 0) -> dict[str, Any]:
    sample = {"value": str(value), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
    values = [{"timestamp": f"2026-01-01T10:{minute:02}:00Z", "sampledValue": [sample]}]
    return {"connectorId": 1, "meterValue": values} | ({"transactionId": transaction_id} if transaction_id else {})


async def bridged(gateway: Gateway, backend: Backend, **options: Any) -> ScriptedCharger:
    await db(lambda: bridged_charger(backend.url, **options))
    await eventually(lambda: (found := gateway.directory.find("ZCS000001")) and found.backend)
    return await ScriptedCharger.booted(gateway)


async def online(gateway: Gateway) -> None:
    upstream = gateway.bridges.upstreams["ZCS000001"]
    await eventually(lambda: upstream.connected)


async def test_the_backend_sees_its_charge_point(gateway: Gateway, backend: Backend) -> None:
    charger = await bridged(gateway, backend)
    boot = (await backend.hears("BootNotification"))[0]
    assert boot == {"chargePointVendor": "Portal Simulator", "chargePointModel": "Keep"}
    statuses = await backend.hears("StatusNotification", 2)
    assert {status["connectorId"] for status in statuses} == {0, 1}
    assert backend.logins == [("ZCS000001", KEY.encode())]
    link = await eventually(lambda: UpstreamLink.objects.filter(state="connected").first())
    assert link.holder.startswith("test:")
    await charger.close()


async def test_a_session_goes_up_in_order_under_the_backends_own_id(gateway: Gateway, backend: Backend) -> None:
    charger = await bridged(gateway, backend)
    await online(gateway)
    started = await charger.send("StartTransaction", START)
    ours = started["transactionId"]
    assert started["idTagInfo"]["status"] == "Accepted"
    await charger.send("MeterValues", meter(ours, 400, 1))
    await charger.send("StopTransaction", {**STOP, "transactionId": ours})
    await backend.hears("StopTransaction")
    sent = [(action, payload) for action, payload in backend.calls if action in {"StartTransaction", "MeterValues",
                                                                               "StopTransaction"}]  # fmt: skip
    assert [action for action, _payload in sent] == ["StartTransaction", "MeterValues", "StopTransaction"]
    theirs = 4712
    assert sent[0][1] == START
    assert sent[1][1] == {**meter(ours, 400, 1), "transactionId": theirs}
    assert sent[2][1] == {**STOP, "transactionId": theirs}
    assert ours != theirs
    await eventually(lambda: not UpstreamMessage.objects.filter(ended_at=None).exists())
    await charger.close()


async def test_what_happens_while_the_backend_is_away_arrives_once_and_in_order(
    gateway: Gateway, backend: Backend
) -> None:
    charger = await bridged(gateway, backend)
    await online(gateway)
    await db(lambda: Installation.objects.update(offline_authorization="accept"))
    await backend.vanish()
    ids = []
    for session in range(3):
        start = {**START, "meterStart": 100 * session, "timestamp": f"2026-01-0{session + 1}T10:00:00Z"}
        ids.append((await charger.send("StartTransaction", start))["transactionId"])
        for minute in range(3):
            await charger.send("MeterValues", meter(ids[-1], minute, minute))
        stop = {**STOP, "transactionId": ids[-1], "timestamp": f"2026-01-0{session + 1}T11:00:00Z"}
        for _repeated in range(2):
            await charger.send("StopTransaction", stop)
    await backend.listen()
    stops = await backend.hears("StopTransaction", 3, seconds=30)
    starts = backend.heard("StartTransaction")
    assert [start["meterStart"] for start in starts] == [0, 100, 200]
    assert [stop["transactionId"] for stop in stops] == [4712, 4713, 4714]
    assert len(backend.heard("MeterValues")) == 9
    actions = [action for action, _payload in backend.calls if action in {"StartTransaction", "StopTransaction"}]
    assert actions == ["StartTransaction", "StopTransaction"] * 3
    assert await db(lambda: Transaction.objects.count()) == 3
    await charger.close()


async def test_a_card_the_backend_refuses_later_ends_the_session(gateway: Gateway, backend: Backend) -> None:
    backend.answers["StartTransaction"] = lambda _p: {"transactionId": 5, "idTagInfo": {"status": "Blocked"}}
    charger = await bridged(gateway, backend)
    charger.answers["RemoteStopTransaction"] = lambda _payload: {"status": "Accepted"}
    await online(gateway)
    ours = (await charger.send("StartTransaction", START))["transactionId"]
    await eventually(lambda: ("RemoteStopTransaction", {"transactionId": ours}) in charger.calls)
    await charger.close()


async def test_cards_are_the_backends_to_judge(gateway: Gateway, backend: Backend) -> None:
    verdicts = {"GOOD": "Accepted", "BAD": "Invalid"}
    backend.answers["Authorize"] = lambda payload: {"idTagInfo": {"status": verdicts[payload["idTag"]]}}
    charger = await bridged(gateway, backend)
    await online(gateway)
    for tag, verdict in verdicts.items():
        assert (await charger.send("Authorize", {"idTag": tag}))["idTagInfo"]["status"] == verdict
    await db(lambda: AuthenticationRevision.objects.filter(mode="ocpp_cloud").update(default_id_tag="Site-7"))
    await backend.vanish()
    await eventually(lambda: not gateway.bridges.upstreams["ZCS000001"].connected)
    expected = {
        "known": {"GOOD": "Accepted", "BAD": "Invalid", "NEW": "Invalid", "site-7": "Accepted"},
        "accept": {"GOOD": "Accepted", "BAD": "Accepted", "NEW": "Accepted"},
        "reject": {"GOOD": "Invalid", "BAD": "Invalid", "NEW": "Invalid"},
    }
    for policy, answers in expected.items():
        await db(lambda policy=policy: Installation.objects.update(offline_authorization=policy))  # type: ignore[misc]
        for tag, verdict in answers.items():
            told = await charger.send("Authorize", {"idTag": tag})
            assert told["idTagInfo"]["status"] == verdict, (policy, tag)
    await charger.close()


async def test_a_start_that_the_backend_orders_undoes_its_older_refusal(gateway: Gateway, backend: Backend) -> None:
    backend.answers["Authorize"] = lambda _p: {"idTagInfo": {"status": "Blocked"}}
    charger = await bridged(gateway, backend)
    charger.answers["RemoteStartTransaction"] = lambda _payload: {"status": "Accepted"}
    await online(gateway)
    assert (await charger.send("Authorize", {"idTag": "CARD"}))["idTagInfo"]["status"] == "Blocked"
    assert await backend.ask("RemoteStartTransaction", {"idTag": "CARD"}) == {"status": "Accepted"}
    assert (await charger.send("StartTransaction", START))["idTagInfo"]["status"] == "Accepted"
    await charger.close()


async def test_calls_of_the_backend_reach_the_charger_under_our_ids(gateway: Gateway, backend: Backend) -> None:
    charger = await bridged(gateway, backend)
    charger.answers |= {
        "RemoteStopTransaction": lambda _payload: {"status": "Accepted"},
        "RemoteStartTransaction": lambda _payload: {"status": "Accepted"},
        "SendLocalList": lambda _payload: {"status": "Accepted"},
        "DataTransfer": lambda payload: {"status": "Accepted", "data": payload["data"].upper()},
    }
    await online(gateway)
    ours = (await charger.send("StartTransaction", START))["transactionId"]
    await eventually(lambda: gateway.bridges.upstreams["ZCS000001"].backend_ids)
    assert await backend.ask("RemoteStopTransaction", {"transactionId": 4712}) == {"status": "Accepted"}
    assert ("RemoteStopTransaction", {"transactionId": ours}) in charger.calls
    assert await backend.ask("RemoteStopTransaction", {"transactionId": 1}) == {"status": "Rejected"}
    local_list = {"listVersion": 3, "updateType": "Full", "localAuthorizationList": [{"idTag": "CARD"}]}
    assert await backend.ask("SendLocalList", local_list) == {"status": "Accepted"}
    assert ("SendLocalList", local_list) in charger.calls
    told = await backend.ask("DataTransfer", {"vendorId": "x", "data": "abc"})
    assert told == {"status": "Accepted", "data": "ABC"}
    start = {"idTag": "CARD", "chargingProfile": {"chargingProfileId": 1}}
    assert await backend.ask("RemoteStartTransaction", start) == {"status": "Accepted"}
    assert ("RemoteStartTransaction", {"idTag": "CARD"}) in charger.calls
    assert await charger.send("DataTransfer", {"vendorId": "x", "data": "abc"}) == {"status": "Accepted", "data": "cba"}
    await charger.close()


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("ChangeConfiguration", {"key": "SecurityProfile", "value": "0"}, {"status": "NotSupported"}),
        ("ChangeConfiguration", {"key": "CentralSystemURL", "value": "ws://x"}, {"status": "NotSupported"}),
        ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "short"}, {"status": "Rejected"}),
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}, {"status": "Accepted"}),
        ("Reset", {"type": "Hard"}, {"status": "Rejected"}),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}, {"status": "Accepted"}),
        ("GetDiagnostics", {"location": "ftp://x"}, "NotSupported"),
        ("UpdateFirmware", {"location": "http://x", "retrieveDate": "2026-01-01T00:00:00Z"}, "NotSupported"),
        ("SetChargingProfile", {}, "OccurenceConstraintViolation"),
        ("ClearChargingProfile", {}, {"status": "Unknown"}),
        ("Fly", {}, "NotImplemented"),
    ],
)
async def test_what_is_never_forwarded(
    gateway: Gateway, backend: Backend, action: str, payload: dict[str, Any], answer: Any
) -> None:
    charger = await bridged(gateway, backend)
    await online(gateway)
    before = len(charger.calls)
    assert await backend.ask(action, payload) == answer
    assert charger.calls[before:] == []
    await charger.close()


async def test_a_configuration_shows_the_backend_its_own_leg_and_no_secret(gateway: Gateway, backend: Backend) -> None:
    charger = await bridged(gateway, backend)
    charger.configuration = {
        "CentralSystemURL": "ws://portal", "AuthorizationKey": "secret", "HeartbeatInterval": "7",
        "MeterValueSampleInterval": "60",
    }  # fmt: skip
    await online(gateway)
    shown = await backend.ask("GetConfiguration", {})
    rows = {row["key"]: row["value"] for row in shown["configurationKey"]}
    assert rows == {"MeterValueSampleInterval": "60", "HeartbeatInterval": "300", "WebSocketPingInterval": "30"}
    await charger.close()


async def test_a_new_key_of_the_backend_is_kept_before_it_is_accepted_and_shown_next(
    gateway: Gateway, backend: Backend
) -> None:
    backend.passwords = {KEY.encode()}
    charger = await bridged(gateway, backend)
    await online(gateway)
    new = "0123456789abcdef0123456789abcdef01234567"
    assert await backend.ask("ChangeConfiguration", {"key": "AuthorizationKey", "value": new}) == {"status": "Accepted"}
    assert await db(lambda: UpstreamLink.objects.get().candidate_id is not None)
    backend.passwords = {bytes.fromhex(new)}
    await backend.hears("BootNotification", 2)
    await eventually(lambda: UpstreamLink.objects.filter(candidate=None, secret__isnull=False).exists())
    assert backend.logins[-1] == ("ZCS000001", bytes.fromhex(new))
    assert not any(action == "ChangeConfiguration" for action, _payload in charger.calls)
    await charger.close()


async def test_a_backend_that_forgot_the_new_key_still_takes_the_one_before(gateway: Gateway, backend: Backend) -> None:
    backend.passwords = {KEY.encode()}
    charger = await bridged(gateway, backend)
    await online(gateway)
    await backend.ask("ChangeConfiguration", {"key": "AuthorizationKey", "value": "Another-Key-0123456"})
    await backend.hears("BootNotification", 2)
    assert [login[1] for login in backend.logins[1:]] == [b"Another-Key-0123456", KEY.encode()]
    assert await db(lambda: UpstreamLink.objects.get().candidate_id is not None)
    await charger.close()


async def test_words_spoken_with_the_handshake_are_answered(gateway: Gateway, backend: Backend) -> None:
    backend.first_words = ['[2,"c1","GetConfiguration",{"key":["MeterValueSampleInterval"]}]']
    charger = await bridged(gateway, backend)
    await backend.hears("BootNotification")
    await online(gateway)
    assert any(action == "GetConfiguration" for action, _payload in charger.calls)
    await charger.close()


async def test_a_wrong_password_is_told_and_not_tried_all_the_time(gateway: Gateway, backend: Backend) -> None:
    backend.passwords = {b"something else"}
    charger = await bridged(gateway, backend)
    link = await eventually(lambda: UpstreamLink.objects.filter(state="waiting").first())
    assert (link.fault, link.http_status) == ("unauthorized", 401)
    assert (await charger.send("StartTransaction", START))["transactionId"] > 0
    assert len(backend.logins) == 1
    await charger.close()


async def test_until_the_backend_accepts_the_boot_nothing_else_goes_up(gateway: Gateway, backend: Backend) -> None:
    verdicts = iter(["Pending", "Rejected"])
    backend.answers["BootNotification"] = lambda _p: {
        "status": next(verdicts, "Accepted"), "interval": 1, "currentTime": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    charger = await bridged(gateway, backend)
    await charger.send("StartTransaction", START)
    await backend.hears("StartTransaction")
    order = [action for action, _payload in backend.calls]
    assert order[:3] == ["BootNotification"] * 3
    await charger.close()


async def test_the_message_log_tells_both_connections_apart(gateway: Gateway, backend: Backend) -> None:
    charger = await bridged(gateway, backend)
    await online(gateway)
    await charger.send("StartTransaction", START)
    row = await eventually(lambda: Message.objects.filter(action="StartTransaction", direction="to_backend").first())
    assert row.status == "Accepted"
    assert await db(lambda: Message.objects.filter(action="StartTransaction", direction="from_charger").count()) == 1
    await charger.close()
