"""The chosen language goes with the person, into every browser."""

import pytest
from django.test import Client

from accounts.models import User
from tests.db.pages.scene import client_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("code", "word"), [("de", "Sprache"), ("nb", "Språk")])
def test_the_language_is_kept_with_the_person_and_comes_along_on_signing_in(
    people: dict[str, User], code: str, word: str
) -> None:
    client, owner = client_of(people["owner"]), people["owner"]
    assert client.post("/account/language/", {"language": code}).status_code == 302
    assert word in client.get("/account/").content.decode()
    owner.refresh_from_db()
    assert owner.language == code
    elsewhere = Client()
    answer = elsewhere.post("/sign-in/", {"username": owner.email, "password": "a-password-for-tests"})
    assert answer.status_code == 302
    assert word in elsewhere.get("/account/").content.decode()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("nb-NO,nb;q=0.9,en;q=0.8", "nb"),
        ("nn-NO,nn;q=0.9,en;q=0.8", "nb"),
        ("no", "nb"),
        ("de-AT", "de"),
        ("en-US,en;q=0.9,no;q=0.5", "en"),
        ("x-nn;q=0.5, fr", "en"),
    ],
)
def test_the_browser_s_languages_are_met_by_the_nearest_that_is_offered(header: str, language: str) -> None:
    answer = Client().get("/sign-in/", headers={"Accept-Language": header})
    assert f'<html lang="{language}"' in answer.content.decode()


def test_only_languages_that_are_offered_are_taken(people: dict[str, User]) -> None:
    assert client_of(people["owner"]).post("/account/language/", {"language": "xx"}).status_code == 404
    assert client_of(people["owner"]).get("/account/language/").status_code == 405
    assert Client().post("/account/language/", {"language": "de"}).status_code == 302
    assert set(User.objects.values_list("language", flat=True)) == {""}
