"""A reason given on a page, or with a write over the API, stands in what is written down for it, and nowhere else."""

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.urls import reverse

from accounts.models import AuditEntry, User
from installations.models import Grant, Installation
from tests.db.pages.scene import client_of, populate

pytestmark = pytest.mark.django_db


def reasons(action: str) -> list[str]:
    return list(AuditEntry.objects.filter(action=action).order_by("pk").values_list("reason", flat=True))


def test_what_is_typed_reaches_the_trail_and_stays_with_its_request(
    site: Installation, people: dict[str, User]
) -> None:
    rollout = populate(site, 1, 2)
    owner = client_of(people["owner"])
    for role in ("viewer", "service"):
        grant = Grant.objects.get(installation=site, user=people[role])
        sent = {"reason": f" Left the firm\0{'!' * 600}"} if role == "viewer" else {}
        assert owner.post(reverse("access_revoke", args=[site.pk, grant.pk]), sent).status_code == 302
    first, second = reasons("access_revoked")
    assert (first[:14], len(first), second) == ("Left the firm!", 500, "")
    owner.post(reverse("rollout_cancel", args=[rollout.pk]), {"reason": "Wrong URL"})
    assert reasons("rollout_cancelled") == ["Wrong URL"]
    assert "Wrong URL" in owner.get(reverse("installation_audit", args=[site.pk])).content.decode()


def test_it_reaches_the_trail_under_asgi_too(site: Installation, people: dict[str, User]) -> None:
    grant = Grant.objects.get(installation=site, user=people["viewer"])
    client = AsyncClient()
    client.cookies = client_of(people["owner"]).cookies
    address = reverse("access_revoke", args=[site.pk, grant.pk])
    assert async_to_sync(client.post)(address, {"reason": "Asked for"}).status_code == 302
    assert reasons("access_revoked") == ["Asked for"]
