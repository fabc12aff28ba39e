"""Cards that were refused are remembered for a day: few of each charger, and only what can be added."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from chargers.models import Charger, RefusedTag
from chargers.services.sweeping import sweep
from gateway.ocpp16.records import Authorize, Start
from gateway.store import apply
from gateway.store.jobs import Recorded
from gateway.store.refused_tags import MOST_OF_A_CHARGER
from installations.models import IdTag, Installation
from tests.db.chargers import scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Installation:
    return scene.site(cards=0)


@pytest.fixture
def charger(site: Installation) -> Charger:
    return scene.charger(site, "ZCS000001")


def ask(charger: Charger, *tags: str, at: datetime | None = None) -> None:
    when = at or timezone.now()
    apply.apply([Recorded(charger.pk, Authorize(when + timedelta(seconds=n), tag)) for n, tag in enumerate(tags)])


def kept(charger: Charger) -> list[tuple[str, str]]:
    return list(RefusedTag.objects.filter(charger=charger).order_by("pk").values_list("id_tag", "status"))


def test_an_unknown_card_is_remembered_once_in_capitals(charger: Charger) -> None:
    ask(charger, "abc1", "ABC1", " Abc1 ")
    assert kept(charger) == [("ABC1", "Invalid")]


def test_a_start_that_is_refused_counts_too(charger: Charger) -> None:
    now = timezone.now()
    apply.apply([Recorded(charger.pk, Start(now, 1, "NEW", 0, now, None, ()))])
    assert kept(charger) == [("NEW", "Invalid")]


def test_what_is_accepted_or_can_be_no_card_is_not_remembered(site: Installation, charger: Charger) -> None:
    IdTag.objects.create(installation=site, id_tag="GOOD")
    ask(charger, "good", "", "X" * 21, "Grüße", "A\tB", " ")
    assert kept(charger) == []


def test_blocked_and_expired_cards_say_so(site: Installation, charger: Charger) -> None:
    IdTag.objects.create(installation=site, id_tag="STOLEN", blocked=True)
    IdTag.objects.create(installation=site, id_tag="OLD", expires_at=timezone.now() - timedelta(days=1))
    ask(charger, "stolen", "old")
    assert kept(charger) == [("STOLEN", "Blocked"), ("OLD", "Expired")]


def test_only_the_newest_of_a_charger_are_kept(site: Installation, charger: Charger) -> None:
    other = scene.charger(site, "ZCS000002")
    ask(other, "THEIRS")
    ask(charger, *(f"T{number}" for number in range(MOST_OF_A_CHARGER + 5)))
    tags = {tag for tag, _status in kept(charger)}
    assert tags == {f"T{number}" for number in range(5, MOST_OF_A_CHARGER + 5)}
    assert kept(other) == [("THEIRS", "Invalid")]


def test_after_a_day_they_are_forgotten(site: Installation, charger: Charger) -> None:
    silent = scene.charger(site, "ZCS000002")
    yesterday = timezone.now() - timedelta(hours=25)
    for one in (charger, silent):
        RefusedTag.objects.create(charger=one, id_tag="OLD", status="Invalid", refused_at=yesterday)
    ask(charger, "NEW")
    assert kept(charger) == [("NEW", "Invalid")]
    assert kept(silent) == [("OLD", "Invalid")]
    sweep()
    assert kept(silent) == []
