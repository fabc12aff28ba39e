"""Changing many installations on pages: chosen by boxes or by filter, looked at, applied after the number is typed."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from chargers.models import AuthenticationChange, Charger, Rollout
from chargers.services.changes import work_on
from installations.models import Installation
from installations.services.installations import create_installation
from tests.db.pages.scene import client_of

pytestmark = pytest.mark.django_db
NEW = "/installations/changes/new/"
DIRECT = {"mode": "ocpp_direct", "server_url": "ws://ocpp.example.com/{deviceId}", "authorization_required": "on"}


@pytest.fixture
def owner(people: dict[str, User], site: Installation) -> Client:
    create_installation(actor=people["owner"], name="Quiet place")
    Charger.objects.create(installation=site, device_id="ZCS000001", vendor="Portal Simulator", model="Keep")
    return client_of(people["owner"])


def ask(client: Client, values: dict[str, Any]) -> AuthenticationChange:
    answer = client.post(NEW, {**DIRECT, **values})
    assert answer.status_code == 302, answer.content.decode()
    change = AuthenticationChange.objects.get()
    assert answer["Location"] == reverse("change", args=[change.pk])
    while work_on(change.pk):
        pass
    return change


def test_all_that_fit_a_filter_whose_mode_has_a_name_of_its_own_in_the_form(owner: Client) -> None:
    page = owner.get(f"{NEW}?q=quiet&mode=native&all=1").content.decode()
    assert "1 installation is judged" in page
    assert 'name="with_mode" value="native"' in page
    change = ask(owner, {"all": "1", "q": "quiet", "with_mode": "native"})
    assert [item.installation.name for item in change.items.all()] == ["Quiet place"]


def test_it_is_applied_when_every_point_is_confirmed_and_the_number_typed(owner: Client, site: Installation) -> None:
    change = ask(owner, {"id": str(site.pk)})
    address = reverse("change", args=[change.pk])
    assert "cleartext" in owner.get(address).content.decode()
    in_norwegian = owner.get(f"{address}?state=ready", headers={"Accept-Language": "nb"}).content.decode()
    assert "ws:// er ikke kryptert" in in_norwegian
    assert "ws:// is not encrypted" not in in_norwegian
    codes = ["cleartext", "balancing_stops", "chargers_cannot"]
    for sent, said in (
        ({"acknowledge": codes, "count": "2"}, "Type the number that stands above."),
        ({"count": "1"}, "please confirm every point above"),
    ):
        answer = owner.post(address, sent)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert not Rollout.objects.exists()
    assert owner.post(address, {"acknowledge": codes, "count": "1"}).status_code == 302
    while work_on(change.pk):
        pass
    assert reverse("rollout", args=[Rollout.objects.get(installation=site).pk]) in owner.get(address).content.decode()


def test_what_is_wrong_everywhere_is_told_at_the_field(owner: Client, site: Installation) -> None:
    answer = owner.post(NEW, {**DIRECT, "server_url": "http://ocpp.example.com/", "id": str(site.pk)})
    assert answer.status_code == 422
    assert "must start with wss://" in answer.content.decode()
    assert not AuthenticationChange.objects.exists()


def test_how_to_go_about_it_is_asked_as_for_one_and_reaches_each_rollout(owner: Client, site: Installation) -> None:
    form = owner.get(f"{NEW}?id={site.pk}").content.decode()
    for name in ("start", "waves", "window_days", "window_from", "window_to", "per_minute"):
        assert f'name="{name}"' in form
    half = owner.post(NEW, {**DIRECT, "id": str(site.pk), "window_days": "mon"})
    assert half.status_code == 422
    assert "fill in all three, or none" in half.content.decode()
    asked = {"start": "together", "window_days": ["mon", "tue"], "window_from": "22:00", "window_to": "05:00",
             "per_minute": "5", "id": str(site.pk)}  # fmt: skip
    change = ask(owner, asked)
    address = reverse("change", args=[change.pk])
    shown = owner.get(address).content.decode()
    assert "Only Mon, Tue from 22:00 to 05:00 (each site&#x27;s own clocks)." in shown
    assert "At most 5 chargers per minute." in shown
    codes = ["cleartext", "balancing_stops", "chargers_cannot"]
    assert owner.post(address, {"acknowledge": codes, "count": "1"}).status_code == 302
    while work_on(change.pk):
        pass
    policy = Rollout.objects.get(installation=site).policy
    assert (policy["start"], policy["per_minute"]) == ("together", 5)
    assert policy["windows"] == [{"days": ["mon", "tue"], "from": "22:00", "to": "05:00"}]


def test_who_may_only_look_is_told_and_foreign_ones_do_not_show(people: dict[str, User], site: Installation) -> None:
    viewer = client_of(people["viewer"]).get(f"{NEW}?all=1").content.decode()
    assert "Choose installations in the list first" in viewer
    stranger = client_of(people["stranger"]).get(f"{NEW}?id={site.pk}").content.decode()
    assert "Garage" not in stranger


def test_a_change_is_its_asker_s_alone_and_answers_304_while_it_stands_still(
    owner: Client, people: dict[str, User], site: Installation
) -> None:
    address = reverse("change", args=[ask(owner, {"id": str(site.pk)}).pk])
    assert Client().get(address).status_code == 302
    assert client_of(people["service"]).get(address).status_code == 404
    first = owner.get(address)
    assert owner.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_a_change_of_forty_costs_the_queries_of_a_change_of_two(owner: Client, people: dict[str, User]) -> None:
    counts = []
    for wanted in (2, 40):
        for number in range(wanted - Installation.objects.count()):
            create_installation(actor=people["owner"], name=f"More {wanted} {number}")
        AuthenticationChange.objects.all().delete()
        address = reverse("change", args=[ask(owner, {"all": "1"}).pk])
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(address).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= 12
