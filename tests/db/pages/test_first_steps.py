"""The way to the first charger, on the page of an installation: steps that tick themselves as facts arrive."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from chargers.models import Charger, ChargerLink
from installations.models import IdTag, Installation
from tests.db.chargers import scene
from tests.db.pages.scene import client_of

pytestmark = pytest.mark.django_db
LIVE = {"HX-Request": "true"}


@pytest.fixture
def page(people: dict[str, User], site: Installation) -> tuple[Client, str]:
    return client_of(people["service"]), reverse("installation", args=[site.pk])


def done(page: tuple[Client, str], **headers: str) -> int:
    client, address = page
    return client.get(address, headers=headers).content.decode().count("step-done")


def test_each_fact_ticks_its_step_and_the_list_goes_when_all_are_there(
    page: tuple[Client, str], site: Installation
) -> None:
    assert done(page) == 0
    charger = scene.charger(site, "ZCS000001", online=False)
    ChargerLink.objects.all().delete()
    assert done(page) == 1
    ChargerLink.objects.create(charger=charger, connected_at=charger.created_at)
    assert done(page) == 2
    ChargerLink.objects.update(boot_accepted=True)
    assert done(page) == 3
    IdTag.objects.create(installation=site, id_tag="CARD1")
    assert done(page) == 4
    Charger.objects.update(applied_revision=site.revision)
    assert "First steps" not in page[0].get(page[1]).content.decode()
    assert done(page, **LIVE) == 5


def test_it_asks_for_itself_until_the_end_and_hears_304_while_nothing_happens(
    page: tuple[Client, str], site: Installation
) -> None:
    client, address = page
    first = client.get(address, headers=LIVE)
    assert b"<html" not in first.content
    assert b"data-poll" in first.content
    assert client.get(address, headers={**LIVE, "If-None-Match": first["ETag"]}).status_code == 304
    charger = scene.charger(site, "ZCS000001")
    assert client.get(address, headers={**LIVE, "If-None-Match": first["ETag"]}).status_code == 200
    Charger.objects.filter(pk=charger.pk).update(applied_revision=site.revision)
    IdTag.objects.create(installation=site, id_tag="CARD1")
    last = client.get(address, headers=LIVE).content
    assert b"data-poll" not in last
    assert b"Everything is in place" in last


def test_a_card_is_no_step_where_none_is_required(page: tuple[Client, str], site: Installation) -> None:
    assert site.revision is not None
    type(site.revision).objects.filter(pk=site.revision.pk).update(authorization_required=False)
    assert done(page) == 1
