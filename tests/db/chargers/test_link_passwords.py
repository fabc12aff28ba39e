"""When a new link password may be asked for, and who sees it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.refusals import Conflict
from chargers.link_key import matches
from chargers.models import Charger, ChargerLink, LinkPasswordChange
from chargers.services.link_passwords import (
    cancel_rotation,
    hand_out_link_password,
    newest_change,
    rotate_link_password,
)
from tests.db.chargers import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def charger() -> Charger:
    return scene.charger(scene.site(), "ZCS000001")


def refused(charger: Charger) -> str:
    with pytest.raises(Conflict) as caught:
        rotate_link_password(charger=charger, actor=scene.person())
    return caught.value.code


def test_one_is_on_its_way_at_a_time_and_may_be_taken_back(charger: Charger) -> None:
    rotate_link_password(charger=charger, actor=scene.person())
    assert refused(charger) == "link_password_on_its_way"
    cancel_rotation(charger=charger, actor=scene.person())
    with pytest.raises(Conflict):
        cancel_rotation(charger=charger, actor=scene.person())
    assert rotate_link_password(charger=charger, actor=scene.person()).state == "waiting"


@pytest.mark.parametrize("state", ["accepted", "unknown"])
def test_until_the_charger_signs_in_nobody_knows_which_it_has(charger: Charger, state: str) -> None:
    change = rotate_link_password(charger=charger, actor=scene.person())
    now = timezone.now()
    LinkPasswordChange.objects.filter(pk=change.pk).update(state=state, sent_at=now, ended_at=now)
    assert refused(charger) == "link_password_unproven"
    later = now + timedelta(seconds=5)
    ChargerLink.objects.filter(charger=charger).update(connected_at=later, authenticated_with="current")
    assert rotate_link_password(charger=charger, actor=scene.person()).state == "waiting"


def test_a_change_whose_gateway_was_killed_reads_as_unknown(charger: Charger) -> None:
    change = rotate_link_password(charger=charger, actor=scene.person())
    long_ago = timezone.now() - timedelta(minutes=5)
    LinkPasswordChange.objects.filter(pk=change.pk).update(state="sent", sent_at=long_ago)
    assert getattr(newest_change(charger), "state", "") == "unknown"
    assert refused(charger) == "link_password_unproven"
    assert hand_out_link_password(charger=charger, actor=scene.person())[0].state == "handed_out"


def kept(charger: Charger) -> tuple[bytes, bytes]:
    row = Charger.objects.get(pk=charger.pk)
    return bytes(row.key_digest or b""), bytes(row.candidate_key_digest or b"")


def test_a_handed_out_password_is_kept_as_a_digest_beside_the_old_one(charger: Charger, settings: Any) -> None:
    pepper = settings.CHARGER_KEY_PEPPER.encode()
    _change, first = hand_out_link_password(charger=charger, actor=scene.person(), revoke_old=True)
    _change, second = hand_out_link_password(charger=charger, actor=scene.person())
    current, candidate = kept(charger)
    assert matches(first.password.encode(), current, pepper)
    assert matches(second.password.encode(), candidate, pepper)
    _change, third = hand_out_link_password(charger=charger, actor=scene.person(), revoke_old=True)
    current, candidate = kept(charger)
    assert matches(third.password.encode(), current, pepper)
    assert candidate == b""
    told = str(list(AuditEntry.objects.values()))
    assert not any(one.password in told for one in (first, second, third))


def test_in_direct_mode_the_password_is_the_backends(charger: Charger) -> None:
    site = charger.installation
    assert site.revision is not None
    type(site.revision).objects.filter(pk=site.revision.pk).update(mode="ocpp_direct")
    assert refused(charger) == "link_password_direct"


def test_by_the_page(client: Client, charger: Charger) -> None:
    person = scene.person()
    client.force_login(person)
    address = reverse("charger_link_password", args=["ZCS000001"])
    page = client.post(address, {"by_hand": "1"})
    assert page["Cache-Control"].startswith("max-age=0")
    shown = page.content.decode().split('id="new-password">')[1].split("<")[0]
    assert len(shown) == 20
    assert shown not in client.get(address).content.decode()
    assert client.post(address).status_code == 302
    assert client.post(address).status_code == 409
    assert "as soon as the charger is online" in client.get(address).content.decode()
    assert client.post(reverse("charger_link_password_cancel", args=["ZCS000001"])).status_code == 302
    assert getattr(newest_change(charger), "state", "") == "cancelled"
