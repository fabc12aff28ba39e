"""New link passwords reach chargers when they are idle, lock nobody out, and are proved by a login."""

from typing import Any

import pytest
from django.utils import timezone
from websockets.exceptions import InvalidStatus

from accounts.models import User
from chargers.link_key import digest_link_key
from chargers.models import Charger, LinkPasswordChange, RefusedLogin
from chargers.services.link_passwords import hand_out_link_password, rotate_link_password
from gateway.server import Gateway
from installations.models import Grant
from tests.loop.gateway_world import PASSWORD, PEPPER, ScriptedCharger, db, dial, eventually, make_charger


def staff() -> User:
    return User.objects.create_user("service@example.com", "a long enough password", is_staff=True)


async def asked(gateway: Gateway) -> tuple[Charger, ScriptedCharger, LinkPasswordChange]:
    row = await db(make_charger)
    await eventually(lambda: gateway.directory.find("ZCS000001"))
    charger = await ScriptedCharger.booted(gateway)
    change = await db(lambda: rotate_link_password(charger=row, actor=staff()))
    return row, charger, change


async def ended(change: LinkPasswordChange, *states: str) -> LinkPasswordChange:
    await eventually(lambda: LinkPasswordChange.objects.filter(pk=change.pk, state__in=states).exists())
    return await db(lambda: LinkPasswordChange.objects.get(pk=change.pk))


async def test_a_charger_gets_a_new_password_and_proves_it(gateway: Gateway) -> None:
    row, charger, change = await asked(gateway)
    assert (await ended(change, "accepted")).answer == "Accepted"
    ((key, text),) = charger.written()
    assert (key, len(text)) == ("AuthorizationKey", 40)
    await charger.close()
    for shown in (PASSWORD, text):  # the old one works until the new one was shown, as hex text too
        again = await dial(gateway, "ZCS000001", shown)
        await again.close()
        await eventually(lambda: gateway.connections.get("ZCS000001") is None)
    assert (await ended(change, "proven")).proven_at is not None
    stored = await db(lambda: Charger.objects.get(pk=row.pk))
    assert bytes(stored.key_digest or b"") == digest_link_key(PEPPER, bytes.fromhex(text))
    await eventually(lambda: (e := gateway.directory.find("ZCS000001")) and e.known.candidate is None)
    with pytest.raises(InvalidStatus, match="401"):
        await dial(gateway, "ZCS000001", PASSWORD)


async def test_it_waits_while_a_car_charges(gateway: Gateway) -> None:
    row = await db(make_charger)
    await eventually(lambda: gateway.directory.find("ZCS000001"))
    charger = await ScriptedCharger.booted(gateway)
    await charger.status(1, "Charging")
    change = await db(lambda: rotate_link_password(charger=row, actor=staff()))
    line = gateway.connections["ZCS000001"]
    await gateway._rotation.rotate(change.pk, "ZCS000001")
    assert charger.written() == []
    await charger.status(1, "Available")
    line.pushing = True  # a setting is being pushed
    await gateway._rotation.rotate(change.pk, "ZCS000001")
    assert charger.written() == []
    line.pushing = False
    await ended(change, "accepted")
    assert len(charger.written()) == 1
    await charger.close()


@pytest.mark.parametrize(
    ("answer", "state"),
    [({"status": "Rejected"}, "refused"), ({"status": "NotSupported"}, "refused"), ({"status": "Nonsense"}, "unknown")],
)
async def test_a_refusal_leaves_the_old_password(gateway: Gateway, answer: dict[str, Any], state: str) -> None:
    row = await db(make_charger)
    await eventually(lambda: gateway.directory.find("ZCS000001"))
    charger = await ScriptedCharger.booted(gateway)
    charger.answers["ChangeConfiguration"] = lambda _payload: dict(answer)
    change = await db(lambda: rotate_link_password(charger=row, actor=staff()))
    await ended(change, state)
    stored = await db(lambda: Charger.objects.get(pk=row.pk))
    assert (stored.candidate_key_digest is None) is (state == "refused")
    await charger.close()
    again = await dial(gateway)
    await again.close()


async def test_who_may_no_longer_do_it_has_asked_for_nothing(gateway: Gateway) -> None:
    row = await db(make_charger)
    await eventually(lambda: gateway.directory.find("ZCS000001"))

    def ask() -> LinkPasswordChange:
        person = User.objects.create_user("gone@example.com", "a long enough password")
        Grant.objects.create(installation_id=row.installation_id, user=person, role="service")
        change = rotate_link_password(charger=row, actor=person)
        Grant.objects.all().delete()
        return change

    change = await db(ask)
    charger = await ScriptedCharger.booted(gateway)
    assert (await ended(change, "cancelled")).answer == "not_permitted"
    assert charger.written() == []
    await charger.close()


async def test_a_void_password_throws_out_who_is_connected_with_it(gateway: Gateway) -> None:
    row = await db(make_charger)
    await eventually(lambda: gateway.directory.find("ZCS000001"))
    thief = await ScriptedCharger.booted(gateway)
    _change, credentials = await db(lambda: hand_out_link_password(charger=row, actor=staff(), revoke_old=True))
    await thief.link.wait_closed()
    assert thief.link.close_code == 1008
    with pytest.raises(InvalidStatus, match="401"):
        await dial(gateway)
    owner = await dial(gateway, "ZCS000001", credentials.password)
    await owner.close()
    await thief.close()


async def test_wrong_passwords_are_counted_until_the_right_one_comes(gateway: Gateway) -> None:
    row = await db(make_charger)
    await eventually(lambda: gateway.directory.find("ZCS000001"))
    for _attempt in range(6):
        with pytest.raises(InvalidStatus, match="401"):
            await dial(gateway, "ZCS000001", "Wrong0Password012345")
    await eventually(lambda: RefusedLogin.objects.filter(charger=row, count=6, last_at__lte=timezone.now()).exists())
    right = await dial(gateway)
    await eventually(lambda: not RefusedLogin.objects.filter(charger=row).exists())
    await right.close()
