"""A site with an owner, a service partner and a viewer, and a stranger beside it."""

import pytest

from accounts.models import User
from installations.models import Grant, Installation
from installations.services.grants import grant_access
from installations.services.installations import create_installation


@pytest.fixture
def people() -> dict[str, User]:
    return {
        role: User.objects.create_user(f"{role}@example.org", "a-password-for-tests")
        for role in ("owner", "service", "viewer", "stranger")
    }


@pytest.fixture
def site(people: dict[str, User]) -> Installation:
    place = create_installation(actor=people["owner"], name="Garage")
    Grant.objects.filter(installation=place, role="service").delete()
    grant_access(installation=place, actor=people["owner"], role="service", email=people["service"].email)
    grant_access(installation=place, actor=people["owner"], role="viewer", email=people["viewer"].email)
    return place
