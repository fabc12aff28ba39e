"""A save is refused with its reasons or makes exactly one revision and one rollout; a restore passes the same gates."""

from decimal import Decimal

import pytest

from chargers.models import Rollout
from chargers.services.authentication import Refused, StaleRevision, UnknownRevision, preview, restore, save
from installations.authentication import ClearPassword, Draft, NewPassword
from installations.models import AuthenticationRevision, Installation
from tests.db.chargers import scene

pytestmark = pytest.mark.django_db


def save_all(site: Installation, draft: Draft) -> AuthenticationRevision:
    """Saves with every warning acknowledged."""
    site = Installation.objects.get(pk=site.pk)
    assert site.revision is not None
    codes = {finding.code for finding in preview(installation=site, draft=draft).warnings}
    return save(
        installation=site, draft=draft, actor=scene.person(), expected_number=site.revision.number, acknowledged=codes
    )


def test_a_save_makes_a_normalised_revision_and_its_rollout() -> None:
    site = scene.site()
    scene.charger(site, "ZCS1")

    made = save_all(site, scene.direct(url="WSS://OCPP.Example.com:443/devices/<deviceId>/"))

    assert made.number == 2
    assert made.server_url == "wss://ocpp.example.com/devices/{deviceId}"
    assert Rollout.objects.get(revision=made).installation == site


def test_a_warning_that_was_not_acknowledged_stops_the_save() -> None:
    site = scene.site()
    site.main_fuse_current = Decimal(63)
    site.save()
    scene.charger(site, "ZCS1")

    with pytest.raises(Refused) as refused:
        save(installation=site, draft=scene.direct(), actor=scene.person(), expected_number=1)

    assert refused.value.code == "not_acknowledged"
    assert [finding.code for finding in refused.value.findings] == ["balancing_stops"]
    assert AuthenticationRevision.objects.filter(installation=site).count() == 1


def test_a_problem_stops_the_save_whatever_is_acknowledged() -> None:
    site = scene.site()

    with pytest.raises(Refused) as refused:
        save(
            installation=site,
            draft=scene.direct(url="ftp://x.example.com"),
            actor=scene.person(),
            expected_number=1,
            acknowledged=["scheme"],
        )

    assert refused.value.code == "problems"
    assert refused.value.faults[0].pointer == "/server_url"


def test_the_second_of_two_editors_is_told_the_number_in_force() -> None:
    site = scene.site()
    save_all(site, scene.direct())

    with pytest.raises(StaleRevision) as stale:
        save(installation=site, draft=scene.direct(url="http://wrong"), actor=scene.person(), expected_number=1)

    assert stale.value.current == 2


def test_a_restored_revision_brings_its_own_password_back() -> None:
    site = scene.site()
    first = save_all(site, scene.direct(password=NewPassword(scene.PASSWORD)))
    save_all(site, scene.direct(password=ClearPassword()))

    again = restore(
        installation=Installation.objects.get(pk=site.pk), number=first.number, actor=scene.person(), expected_number=3
    )

    assert (again.number, again.restored_from) == (4, first.number)
    assert again.secret_id == first.secret_id
    assert again.digest == first.digest


def test_restoring_passes_the_same_gates_as_saving() -> None:
    site = scene.site(cards=0)
    scene.charger(site, "ZCS1")
    save_all(site, scene.direct())
    site = Installation.objects.get(pk=site.pk)

    with pytest.raises(Refused) as refused:
        restore(installation=site, number=1, actor=scene.person(), expected_number=2)
    assert "no_charge_card" in {finding.code for finding in refused.value.findings}
    with pytest.raises(UnknownRevision):
        restore(installation=site, number=9, actor=scene.person(), expected_number=2)


def test_a_password_entered_again_unchanged_is_the_same_secret() -> None:
    site = scene.site()
    first = save_all(site, scene.direct(password=NewPassword(scene.PASSWORD)))
    second = save_all(site, scene.direct(url="wss://b.example.com/{deviceId}", password=NewPassword(scene.PASSWORD)))

    assert second.secret_id == first.secret_id
