"""The list of installations: states by which it is narrowed, and filters that people keep."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import SavedFilter, User
from accounts.people import MOST_FILTERS
from chargers.models import Charger, Delivery
from chargers.services.rollouts import start_rollout
from installations.models import Installation
from installations.services.installations import create_installation
from tests.db.pages.scene import client_of

pytestmark = pytest.mark.django_db
LIST = "/installations/"


@pytest.fixture
def owner(people: dict[str, User], site: Installation) -> Client:
    create_installation(actor=people["owner"], name="Quiet place")
    return client_of(people["owner"])


def shown(client: Client, query: str) -> set[str]:
    return {name for name in ("Garage", "Quiet place") if name in client.get(f"{LIST}?{query}").content.decode()}


def test_a_charger_that_lost_its_setting_shows_at_its_installation(owner: Client, site: Installation) -> None:
    assert site.revision is not None
    charger = Charger.objects.create(installation=site, device_id="ZCS000001")
    rollout = start_rollout(site.revision, {})
    Delivery.objects.create(
        rollout=rollout, charger=charger, revision=site.revision, state="applied", reason="observed"
    )
    assert shown(owner, "state=drift") == set()
    Delivery.objects.update(reason="drift")
    assert shown(owner, "state=drift") == {"Garage"}
    assert "1 with another setting" in owner.get(LIST).content.decode()


def test_how_many_fit_is_told_and_what_is_unknown_narrows_nothing(owner: Client) -> None:
    assert "2 installations" in owner.get(LIST).content.decode()
    assert "1 installation<" in owner.get(f"{LIST}?q=quiet").content.decode()
    assert shown(owner, "mode=nonsense&state=nonsense") == {"Garage", "Quiet place"}


def test_a_filter_is_kept_by_name_and_belongs_to_its_person(owner: Client, people: dict[str, User]) -> None:
    answer = owner.post(
        reverse("filter_save"), {"name": " Quiet ", "q": "quiet", "mode": "native", "state": "nonsense"}
    )
    assert answer["Location"] == f"{LIST}?q=quiet&mode=native"
    page = owner.get(answer["Location"]).content.decode()
    assert "The filter “Quiet” is kept." in page
    assert '?q=quiet&amp;mode=native" aria-current="true">Quiet</a>' in page
    owner.post(reverse("filter_save"), {"name": "Quiet", "q": "place"})
    kept = SavedFilter.objects.get(user=people["owner"])
    assert kept.query == "q=place"
    assert "Quiet</a>" not in client_of(people["service"]).get(LIST).content.decode()
    assert client_of(people["service"]).post(reverse("filter_remove", args=[kept.pk])).status_code == 404
    assert owner.post(reverse("filter_remove", args=[kept.pk])).status_code == 302
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": " ", "q": "x"}, "Give the filter a name"),
        ({"name": "All", "q": " "}, "Choose what to filter by first"),
        ({"name": "x" * 61, "q": "x"}, "Give the filter a name"),
    ],
)
def test_a_filter_that_cannot_be_kept_says_why(owner: Client, sent: dict[str, str], said: str) -> None:
    assert said in owner.post(reverse("filter_save"), sent, follow=True).content.decode()
    assert not SavedFilter.objects.exists()


def test_nobody_keeps_filters_without_end(owner: Client, people: dict[str, User]) -> None:
    SavedFilter.objects.bulk_create(
        SavedFilter(user=people["owner"], page="installations", name=str(n), query="q=x") for n in range(MOST_FILTERS)
    )
    assert (
        "remove one first" in owner.post(reverse("filter_save"), {"name": "n", "q": "x"}, follow=True).content.decode()
    )
    owner.post(reverse("filter_save"), {"name": "1", "q": "y"})
    assert SavedFilter.objects.filter(query="q=y").count() == 1
