"""Who gets in: decided before the upgrade, in the standard's own status codes."""

import pytest
from websockets.exceptions import InvalidStatus

from chargers.link_key import digest_link_key
from chargers.models import Charger, ChargerLink
from gateway.server import Gateway
from tests.loop.gateway_world import PASSWORD, PEPPER, ScriptedCharger, db, dial, eventually, make_charger, running


async def refused(gateway: Gateway, *arguments: object, **options: object) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as caught:
        await dial(gateway, *arguments, **options)  # type: ignore[arg-type]
    return caught.value


async def known(gateway: Gateway, device_id: str = "ZCS000001") -> Charger:
    charger = await db(lambda: make_charger(device_id))
    await eventually(lambda: gateway.directory.find(device_id))
    return charger


async def test_an_unknown_charger_is_404(gateway: Gateway) -> None:
    assert (await refused(gateway, "NOBODY")).response.status_code == 404


async def test_a_wrong_or_missing_password_is_401_and_says_how_to_authenticate(gateway: Gateway) -> None:
    await known(gateway)
    for password in ("wrong", None):
        answer = (await refused(gateway, "ZCS000001", password)).response
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


async def test_without_our_subprotocol_it_is_400(gateway: Gateway) -> None:
    await known(gateway)
    assert (await refused(gateway, subprotocols=["ocpp2.0.1"])).response.status_code == 400
    assert (await refused(gateway, subprotocols=None)).response.status_code == 400


async def test_ocpp16_is_chosen_among_several_and_capitals_do_not_matter(gateway: Gateway) -> None:
    await known(gateway)
    link = await dial(gateway, "zcs000001", subprotocols=["ocpp0.1", "ocpp1.6"])
    assert link.subprotocol == "ocpp1.6"
    await link.close()


async def test_guessing_runs_into_429(gateway: Gateway) -> None:
    await known(gateway)
    codes = [(await refused(gateway, "ZCS000001", "wrong")).response.status_code for _attempt in range(12)]
    assert codes[0] == 401
    assert codes[-1] == 429


async def test_a_second_device_under_one_identity_is_409_and_raises_an_alarm(gateway: Gateway) -> None:
    charger = await known(gateway)
    first = await ScriptedCharger.booted(gateway)
    assert (await refused(gateway)).response.status_code == 409
    await eventually(lambda: ChargerLink.objects.filter(charger=charger, alarm="duplicate_identity").exists())
    assert await first.send("Heartbeat", {})
    await first.close()


async def test_every_connection_has_a_higher_epoch_and_a_gone_one_is_told(gateway: Gateway) -> None:
    charger = await known(gateway)
    first = await ScriptedCharger.booted(gateway)
    before = await db(lambda: ChargerLink.objects.get(charger=charger))
    await first.close()
    await eventually(lambda: ChargerLink.objects.get(charger=charger).disconnected_at)
    second = ScriptedCharger(await dial(gateway))
    await eventually(lambda: ChargerLink.objects.get(charger=charger).epoch > before.epoch)
    after = await db(lambda: ChargerLink.objects.get(charger=charger))
    assert after.disconnected_at is None
    assert after.boot_accepted  # a mere reconnect does not boot again
    await second.close()


async def test_a_charger_registered_just_now_gets_in_at_its_second_attempt(gateway: Gateway) -> None:
    assert (await refused(gateway)).response.status_code == 404
    await db(make_charger)
    await eventually(lambda: gateway.directory.find("ZCS000001"), seconds=5)
    link = await dial(gateway)
    await link.close()


async def test_a_candidate_password_is_proved_by_the_login_that_shows_it(gateway: Gateway) -> None:
    charger = await known(gateway)
    fresh = digest_link_key(PEPPER, b"Candidate0Password00")
    await db(lambda: Charger.objects.filter(pk=charger.pk).update(candidate_key_digest=fresh, directory_at=_now()))
    await eventually(lambda: (e := gateway.directory.find("ZCS000001")) and e.known.candidate)
    old = await dial(gateway)
    await old.close()
    await eventually(lambda: ChargerLink.objects.get(charger=charger).disconnected_at)
    new = await dial(gateway, "ZCS000001", "Candidate0Password00")
    await eventually(lambda: ChargerLink.objects.get(charger=charger).authenticated_with == "candidate")
    row = await db(lambda: Charger.objects.get(pk=charger.pk))
    assert bytes(row.key_digest or b"") == fresh
    assert row.candidate_key_digest is None
    await new.close()


def _now() -> object:
    from django.utils import timezone

    return timezone.now()


@pytest.mark.django_db(transaction=True)
async def test_links_left_behind_by_a_killed_node_are_gone_when_it_starts_again() -> None:
    charger = await db(make_charger)
    async with running("picows") as first:
        left = await ScriptedCharger.booted(first)
        await db(lambda: ChargerLink.objects.filter(charger=charger).update(node="killed"))
        async with running("picows", "killed"):
            pass
        async with running("picows", "killed"):
            assert await db(lambda: ChargerLink.objects.get(charger=charger).disconnected_at)
        await left.close()


@pytest.mark.django_db(transaction=True)
async def test_a_stopping_node_says_that_its_chargers_are_gone() -> None:
    charger = await db(make_charger)
    async with running("picows") as node:
        link = await dial(node, "ZCS000001", PASSWORD)
        await eventually(lambda: ChargerLink.objects.filter(charger=charger, disconnected_at=None).exists())
    assert await db(lambda: ChargerLink.objects.get(charger=charger).disconnected_at)
    await link.close()
