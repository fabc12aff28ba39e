"""The critical section over real sockets: the charger's own record says what it was sent."""

from typing import Any

from django.utils import timezone

from chargers.links.base import KeyWrite, PushOrder, PushResult, Reopen
from chargers.models import Charger, ChargerLink, Delivery, PushRecord, ReportedSetting, Rollout
from gateway.server import Gateway
from installations.services.secrets import store_secret
from tests.loop.gateway_world import ScriptedCharger, db, dial, eventually, make_charger

URL = KeyWrite("CentralSystemURL", "wss://b.example.com/ZCS000001")
VEND = KeyWrite("FreeVendActive", "false")


def order_for(row: Charger, **options: Any) -> PushOrder:
    """A claimed delivery, as a worker would have left it, and its order."""
    revision = row.installation.revision
    assert revision is not None
    rollout, _created = Rollout.objects.get_or_create(revision=revision, installation=row.installation)
    delivery = Delivery.objects.create(
        rollout=rollout, charger=row, revision=revision, state="pushing", fencing=7,
        lease_until=timezone.now() + timezone.timedelta(seconds=45), pushed_at=timezone.now(),  # type: ignore[attr-defined]
    )  # fmt: skip
    link = ChargerLink.objects.get(charger=row)
    fields = {"writes": (VEND, URL), "read_keys": ("FreeVendActive", "CentralSystemURL"), **options}
    return PushOrder(delivery.pk, 7, row.pk, row.device_id, "test", link.epoch, **fields)


async def ready(gateway: Gateway) -> tuple[Charger, ScriptedCharger]:
    row = await db(make_charger)
    await eventually(lambda: gateway.directory.find("ZCS000001"))
    charger = await ScriptedCharger.booted(gateway)
    charger.configuration = {"FreeVendActive": "true", "CentralSystemURL": ""}
    await eventually(lambda: gateway.connections["ZCS000001"].is_idle())
    row = await db(lambda: Charger.objects.select_related("installation__revision").get(pk=row.pk))
    return row, charger


def fences(charger: ScriptedCharger) -> list[str]:
    return [body["type"] for action, body in charger.calls if action == "ChangeAvailability"]


async def test_only_what_differs_is_written_and_the_fence_is_opened(gateway: Gateway) -> None:
    row, charger = await ready(gateway)
    charger.configuration["FreeVendActive"] = "False"
    outcome = await gateway.push(await db(lambda: order_for(row)))
    assert outcome.result is PushResult.DONE
    assert charger.written() == [("CentralSystemURL", "wss://b.example.com/ZCS000001")]
    assert {write.key: write.status for write in outcome.writes} == {
        "FreeVendActive": "Unchanged", "CentralSystemURL": "Accepted",
    }  # fmt: skip
    assert fences(charger) == ["Inoperative", "Operative"]
    assert await db(lambda: ChargerLink.objects.get(charger=row).fence_closed_at) is None
    record = await db(lambda: PushRecord.objects.get())
    assert record.result == "done"
    assert record.ended_at is not None
    assert await db(lambda: ReportedSetting.objects.get(key="CentralSystemURL").value) == URL.value
    await charger.close()


async def test_a_charger_that_somebody_took_out_of_service_is_told_and_stays_out(gateway: Gateway) -> None:
    row, charger = await ready(gateway)
    await charger.status(1, "Unavailable")
    outcome = await gateway.push(await db(lambda: order_for(row)))
    assert outcome.result is PushResult.DONE
    assert [key for key, _value in charger.written()] == ["FreeVendActive", "CentralSystemURL"]
    assert fences(charger) == []
    await charger.close()


async def test_a_charger_that_holds_everything_is_not_touched(gateway: Gateway) -> None:
    row, charger = await ready(gateway)
    charger.configuration = {"FreeVendActive": "false", "CentralSystemURL": URL.value or ""}
    outcome = await gateway.push(await db(lambda: order_for(row)))
    assert outcome.result is PushResult.DONE
    assert {action for action, _body in charger.calls} <= {"GetConfiguration", "TriggerMessage"}
    await charger.close()


async def test_a_busy_charger_is_not_written_to(gateway: Gateway) -> None:
    row, charger = await ready(gateway)
    await charger.status(1, "Preparing")
    outcome = await gateway.push(await db(lambda: order_for(row)))
    assert (outcome.result, outcome.detail) == (PushResult.BUSY, "connector")
    assert charger.written() == []
    assert fences(charger) == []
    await charger.close()


async def test_a_fence_that_meets_a_session_is_undone(gateway: Gateway) -> None:
    row, charger = await ready(gateway)
    charger.answers["ChangeAvailability"] = lambda body: {
        "status": "Scheduled" if body["type"] == "Inoperative" else "Accepted"
    }
    outcome = await gateway.push(await db(lambda: order_for(row)))
    assert outcome.result is PushResult.BUSY
    assert fences(charger) == ["Inoperative", "Operative"]
    assert charger.written() == []
    await charger.close()


async def test_what_was_written_before_a_refusal_is_written_back(gateway: Gateway) -> None:
    row, charger = await ready(gateway)
    accept = charger.answers["ChangeConfiguration"]
    charger.answers["ChangeConfiguration"] = lambda body: (
        {"status": "Rejected"} if body["key"] == "CentralSystemURL" else accept(body)
    )
    outcome = await gateway.push(await db(lambda: order_for(row)))
    assert (outcome.result, outcome.failed_key) == (PushResult.REJECTED, "CentralSystemURL")
    assert outcome.restored == ("FreeVendActive",)
    assert outcome.kept == ()
    assert charger.configuration["FreeVendActive"] == "true"
    assert fences(charger) == ["Inoperative", "Operative"]
    await charger.close()


async def test_another_name_of_a_key_is_tried_when_the_first_is_not_known(gateway: Gateway) -> None:
    row, charger = await ready(gateway)
    accept = charger.answers["ChangeConfiguration"]
    charger.answers["ChangeConfiguration"] = lambda body: (
        {"status": "NotSupported"} if body["key"] == "Cst_BackendUrl" else accept(body)
    )
    write = KeyWrite("Cst_BackendUrl", "wss://b.example.com", alternatives=("AO_BackendUrl",))
    outcome = await gateway.push(await db(lambda: order_for(row, writes=(write,), read_keys=("Cst_BackendUrl",))))
    assert [key for key, _value in charger.written()] == ["Cst_BackendUrl", "AO_BackendUrl"]
    assert outcome.result is PushResult.DONE
    await charger.close()


async def test_a_charger_that_accepts_and_does_nothing_is_found_out(gateway: Gateway) -> None:
    row, charger = await ready(gateway)
    charger.answers["ChangeConfiguration"] = lambda _body: {"status": "Accepted"}
    outcome = await gateway.push(await db(lambda: order_for(row)))
    assert outcome.result is PushResult.MISMATCH
    assert "CentralSystemURL" in outcome.detail
    await charger.close()


async def test_a_claim_that_is_past_sends_nothing(gateway: Gateway) -> None:
    row, charger = await ready(gateway)
    order = await db(lambda: order_for(row))
    await db(lambda: Delivery.objects.update(fencing=8))
    before = len(charger.calls)
    assert (await gateway.push(order)).result is PushResult.STALE
    assert len(charger.calls) == before
    await charger.close()


async def test_a_lost_answer_is_unknown_and_the_step_before_is_kept(gateway: Gateway) -> None:
    row, charger = await ready(gateway)
    accept = charger.answers["ChangeConfiguration"]

    def hang_up(body: dict[str, Any]) -> dict[str, Any]:
        if body["key"] == "FreeVendActive":
            return accept(body)
        charger.link.transport.abort()
        return {"silent": True}

    charger.answers["ChangeConfiguration"] = hang_up
    outcome = await gateway.push(await db(lambda: order_for(row)))
    assert outcome.result is PushResult.NO_ANSWER
    record = await db(lambda: PushRecord.objects.get())
    assert {"key": "FreeVendActive", "status": "Accepted"} in record.steps
    assert await db(lambda: ChargerLink.objects.get(charger=row).fence_closed_at) is not None

    again = ScriptedCharger(await dial(gateway))
    await eventually(lambda: ChargerLink.objects.get(charger=row).fence_closed_at is None)
    assert "Operative" in fences(again)
    await again.close()
    await charger.close()


async def test_a_charger_is_opened_and_then_sent_away_by_one_soft_reset(gateway: Gateway) -> None:
    row, charger = await ready(gateway)
    outcome = await gateway.push(await db(lambda: order_for(row, reset=True, reopen=Reopen.BEFORE_RESET)))
    assert (outcome.result, outcome.reset_status) == (PushResult.DONE, "Accepted")
    told = [(action, body.get("type")) for action, body in charger.calls if action in {"ChangeAvailability", "Reset"}]
    assert told == [("ChangeAvailability", "Inoperative"), ("ChangeAvailability", "Operative"), ("Reset", "Soft")]
    record = await db(lambda: PushRecord.objects.get())
    assert {"action": "Reset"} in record.steps
    await charger.close()


async def test_a_secret_reaches_the_charger_and_nothing_else(gateway: Gateway) -> None:
    row, charger = await ready(gateway)
    password = "Backend0Password0123"
    secret = await db(lambda: store_secret(password))
    charger.configuration["AuthorizationKey"] = "told-in-clear-by-a-careless-charger"
    write = KeyWrite("AuthorizationKey", secret_id=secret.pk, candidate_login=True)
    outcome = await gateway.push(
        await db(lambda: order_for(row, writes=(write, URL), read_keys=("AuthorizationKey", "CentralSystemURL")))
    )
    assert charger.configuration["AuthorizationKey"] == password
    assert await db(lambda: Charger.objects.get(pk=row.pk).candidate_key_digest) is not None
    record = await db(lambda: PushRecord.objects.get())
    stored = await db(lambda: list(ReportedSetting.objects.values_list("key", "value")))
    for text in (repr(outcome), repr(record.steps), repr(record.outcome), repr(stored)):
        assert password not in text
        assert "careless" not in text
    await charger.close()
