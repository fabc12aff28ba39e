"""Find: pages by their names in the reader's language, those of the installation one looks at first."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from installations.models import Installation
from tests.db.pages.scene import client_of

pytestmark = pytest.mark.django_db


def found(client: Client, search: str, at: str = "", **headers: str) -> str:
    asked = {"HX-Request": "true", "HX-Current-URL": f"https://portal.example{at}", **headers}
    return client.get("/find/", {"q": search}, headers=asked).content.decode()


def test_a_page_is_found_by_its_name_in_the_reader_s_language(people: dict[str, User]) -> None:
    client = client_of(people["owner"])
    assert 'href="/rollouts/"' in found(client, "roll")
    assert 'href="/rollouts/"' in found(client, "utrull", **{"Accept-Language": "nb"})
    assert "Nothing fits" in found(client, "no such page")


def test_the_pages_of_the_installation_one_looks_at_come_with_its_name(
    people: dict[str, User], site: Installation
) -> None:
    at = reverse("installation_history", args=[site.pk])
    page = found(client_of(people["owner"]), "authentication garage", at)
    assert page.count("<li>") == 1
    assert reverse("installation_authentication", args=[site.pk]) in page
    assert "Authentication" not in found(client_of(people["owner"]), "authentication garage", "/account/")


def test_only_pages_one_may_open_are_offered(people: dict[str, User], site: Installation) -> None:
    at = reverse("installation", args=[site.pk])
    assert reverse("installation_edit", args=[site.pk]) not in found(client_of(people["viewer"]), "", at)
    assert reverse("installation_edit", args=[site.pk]) in found(client_of(people["owner"]), "", at)
    assert "Garage" not in found(client_of(people["stranger"]), "", at)
