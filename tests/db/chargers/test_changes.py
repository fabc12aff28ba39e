"""One setting for many installations: each judged and saved by itself, followed as one, nothing done twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User
from accounts.refusals import Conflict, Invalid
from accounts.tokens import issue_token
from chargers.change_rows import find_change, tally_of
from chargers.models import AuthenticationChange, ChangeItem, ItemState, Rollout
from chargers.services import changes
from chargers.services.changes import apply_change, start_change, work_on
from chargers.services.preview import preview
from chargers.tasks import sweep, work_on_change
from installations.authentication import Draft, NewPassword
from installations.models import Grant, IdTag, Installation, Secret
from installations.selectors import list_installations
from installations.services.authentication import publish_revision
from installations.services.installations import create_installation
from tests.db.chargers import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return scene.person()


def sites(person: User, count: int) -> list[Installation]:
    made = [create_installation(actor=person, name=f"Site {number}") for number in range(count)]
    for number, site in enumerate(made):
        scene.charger(site, f"ZCS{number:06}")
    return made


def scene_save(site: Installation, person: User) -> None:
    publish_revision(installation=site, draft=scene.direct(), actor=person, expected_number=1)


def start(person: User, draft: Draft) -> AuthenticationChange:
    return start_change(actor=person, rows=list_installations(person), draft=draft)


def finish(change: AuthenticationChange) -> AuthenticationChange:
    """As a worker does, ring after ring."""
    while work_on(change.pk):
        pass
    change.refresh_from_db()
    return change


def states(change: AuthenticationChange) -> dict[str, str]:
    return {item.installation.name: item.state for item in change.items.select_related("installation")}


def acknowledge_all(change: AuthenticationChange) -> list[str]:
    return [warning["code"] for warning in changes.warnings_of(change)]


def test_each_installation_gets_a_revision_and_a_rollout_of_its_own(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "BATCH", 2)
    made = sites(person, 5)
    change = finish(start(person, scene.direct()))
    assert change.state == "ready"
    assert Rollout.objects.count() == 0
    tally = tally_of(change)
    assert (tally.ready, tally.chargers, tally.changing) == (5, 5, 5)

    apply_change(change=change, actor=person, acknowledged=acknowledge_all(change))
    finish(change)

    assert change.state == "finished"
    assert set(states(change).values()) == {ItemState.SAVED}
    assert Rollout.objects.count() == 5
    for site in made:
        site.refresh_from_db()
        assert site.revision is not None
        assert (site.revision.number, site.revision.mode) == (2, "ocpp_direct")
        assert site.revision.author == person


def test_warnings_of_all_are_acknowledged_once_and_counted(person: User) -> None:
    sites(person, 3)
    change = finish(start(person, scene.direct("ws://ocpp.example.com/{deviceId}")))
    warnings = {warning["code"]: warning for warning in changes.warnings_of(change)}
    assert warnings["cleartext"]["installations"] == 3
    assert "not encrypted" in warnings["cleartext"]["detail"]
    with pytest.raises(Invalid) as refused:
        apply_change(change=change, actor=person, acknowledged=["balancing_stops"])
    assert refused.value.code == "not_acknowledged"
    assert "cleartext" in {fault.code for fault in refused.value.faults}
    assert Rollout.objects.count() == 0


def test_one_that_is_refused_keeps_nobody_back_and_one_that_has_it_already_is_left_alone(person: User) -> None:
    with_card, without, there = sites(person, 3)
    IdTag.objects.create(installation=with_card, id_tag="CARD1")
    for site in (with_card, without):
        scene_save(site, person)
    change = finish(start(person, Draft("native")))
    assert states(change) == {"Site 0": "ready", "Site 1": "refused", "Site 2": "same"}
    refused = change.items.get(installation=without)
    assert refused.told[0]["code"] == "no_charge_card"
    assert "No charge card" in refused.told[0]["detail"]
    apply_change(change=change, actor=person, acknowledged=acknowledge_all(change))
    finish(change)
    assert states(change) == {"Site 0": "saved", "Site 1": "refused", "Site 2": "same"}
    there.refresh_from_db()
    assert there.revision is not None
    assert there.revision.number == 1


def test_what_changed_since_it_was_judged_and_who_lost_the_right_are_refused_at_the_save(person: User) -> None:
    changed, lost, fine = sites(person, 3)
    change = finish(start(person, scene.direct()))
    codes = acknowledge_all(change)
    scene_save(changed, person)
    Grant.objects.filter(installation=lost).delete()
    apply_change(change=change, actor=person, acknowledged=codes)
    finish(change)
    assert states(change) == {"Site 0": "refused", "Site 1": "refused", "Site 2": "saved"}
    reasons = {item.installation_id: item.findings[0]["code"] for item in change.items.filter(state="refused")}
    assert reasons == {changed.pk: "stale", lost.pk: "no_right"}
    assert Rollout.objects.filter(installation=fine).count() == 1


def test_a_fault_of_our_own_at_one_installation_stays_there(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    sites(person, 2)

    def broken(*, installation: Installation, **rest: object) -> object:
        if installation.name == "Site 0":
            raise ValueError("boom")
        return preview(installation=installation, **rest)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(changes, "preview", broken)
    change = finish(start(person, scene.direct()))
    assert states(change) == {"Site 0": "refused", "Site 1": "ready"}


def test_the_password_is_kept_encrypted_and_only_until_the_end(person: User) -> None:
    sites(person, 2)
    change = finish(start(person, scene.direct(password=NewPassword(scene.PASSWORD))))
    assert change.secret is not None
    assert scene.PASSWORD.encode() not in bytes(change.secret.ciphertext)
    held = change.secret.pk
    apply_change(change=change, actor=person, acknowledged=acknowledge_all(change))
    assert finish(AuthenticationChange.objects.get(pk=change.pk)).secret is None
    assert not Secret.objects.filter(pk=held).exists()
    assert Secret.objects.count() == 2


def test_it_is_applied_once_and_only_when_it_is_ready(person: User) -> None:
    sites(person, 1)
    change = start(person, scene.direct())
    with pytest.raises(Conflict):
        apply_change(change=change, actor=person, acknowledged=[])
    finish(change)
    codes = acknowledge_all(change)
    apply_change(change=change, actor=person, acknowledged=codes)
    with pytest.raises(Conflict):
        apply_change(change=change, actor=person, acknowledged=codes)
    finish(change)
    assert work_on(change.pk) is False
    assert Rollout.objects.count() == 1


def test_lost_rings_are_found_and_what_nobody_applied_is_forgotten_with_its_password(person: User) -> None:
    sites(person, 1)
    waiting = start(person, scene.direct(password=NewPassword(scene.PASSWORD)))
    assert changes.left_alone() == [waiting.pk]
    work_on_change(waiting.pk)
    assert changes.left_alone() == []
    AuthenticationChange.objects.update(created_at=timezone.now() - timedelta(hours=25))
    sweep()
    assert not AuthenticationChange.objects.exists()
    assert not Secret.objects.exists()


def test_where_nothing_fits_nothing_is_started(person: User) -> None:
    with pytest.raises(Invalid) as refused:
        start(person, scene.direct())
    assert refused.value.code == "no_installations"
    assert not AuthenticationChange.objects.exists()


def test_a_change_is_seen_by_who_asked_and_by_the_token_that_asked(person: User) -> None:
    (site,) = sites(person, 1)
    ends = timezone.now() + timedelta(days=1)
    one, _text = issue_token(user=person, name="one", scopes=["read", "authentication:write"], expires_at=ends)
    other, _text = issue_token(
        user=person, name="other", scopes=["read", "authentication:write"], expires_at=ends, installation_ids=[site.pk]
    )
    by_page = start(person, scene.direct())
    by_token = start_change(actor=Actor(person, one), rows=list_installations(person), draft=scene.direct())
    assert find_change(person, by_page.pk)
    assert find_change(person, by_token.pk)
    assert find_change(Actor(person, one), by_token.pk)
    assert find_change(Actor(person, one), by_page.pk) is None
    assert find_change(Actor(person, other), by_token.pk) is None
    assert find_change(User.objects.create_user("x@example.org"), by_page.pk) is None
    assert ChangeItem.objects.count() == 2
