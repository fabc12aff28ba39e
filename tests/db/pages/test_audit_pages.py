"""The audit trail as pages: the tab of an installation, and everything for platform staff."""

import pytest
from django.urls import reverse

from accounts import audit
from accounts.models import User
from installations.models import Installation
from installations.services.installations import update_installation
from tests.db.pages.scene import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return User.objects.create_user("staff@example.org", is_staff=True)


def test_the_tab_tells_who_did_what_from_what_to_what_and_why(site: Installation, people: dict[str, User]) -> None:
    client = client_of(people["owner"])
    update_installation(installation=site, actor=people["owner"], changes={"name": "<b>New</b>"}, reason="sold <i>")
    shown = client.get(reverse("installation_audit", args=[site.pk])).content.decode().partition('id="list"')[2]
    for text in (
        "Installation changed",
        "owner@example.org",
        "&lt;b&gt;New&lt;/b&gt;",
        "sold &lt;i&gt;",
        "Access given",
    ):
        assert text in shown
    assert 'class="old">Garage<' in shown
    few = client.get(reverse("installation_audit", args=[site.pk]), {"action": "access_granted"}).content.decode()
    assert "Access given" in few
    assert "Installation changed" not in few.partition('id="list"')[2]
    none = client.get(reverse("installation_audit", args=[site.pk]), {"person": "nobody"}).content.decode()
    assert "Nothing fits this search" in none
    wrong = client.get(reverse("installation_audit", args=[site.pk]), {"since": "x"}).content.decode()
    assert "Enter a valid date/time" in wrong


def test_pages_of_fifty_lead_on_and_the_download_holds_all(site: Installation, people: dict[str, User]) -> None:
    audit.record_all(None, [audit.Happened("drift_found", site)] * 60, installation_id=site.pk)
    client = client_of(people["service"])
    address = reverse("installation_audit", args=[site.pk])
    first = client.get(address)
    assert len(first.context["lines"]) == 50
    second = client.get(address, {"cursor": first.context["page"].next})
    assert 10 < len(second.context["lines"]) < 50
    assert client.get(address, {"cursor": "x"}).status_code == 404
    file = client.get(reverse("installation_audit_download", args=[site.pk]), {"action": "drift_found"})
    assert len(file.getvalue().splitlines()) == 60
    partial = client.get(address, headers={"HX-Request": "true"})
    assert b"<html" not in partial.content


def test_everything_is_for_platform_staff_and_leaves_a_trace(
    site: Installation, people: dict[str, User], staff: User
) -> None:
    for name in ("audit", "audit_download"):
        for person in people.values():
            answer = client_of(person).get(reverse(name))
            assert answer.status_code == 403
            assert "platform staff only" in answer.content.decode()
    client = client_of(staff)
    shown = client.get(reverse("audit")).content.decode()
    assert site.name in shown
    assert reverse("installation_audit", args=[site.pk]) in shown
    assert b"installation_created" in client.get(reverse("audit_download")).getvalue()
    again = client.get(reverse("audit")).content.decode().partition('id="list"')[2]
    assert again.count("Looked at by platform staff") == 1
    assert reverse("audit") in client.get(reverse("account")).content.decode()
    assert reverse("audit") not in client_of(people["owner"]).get(reverse("account")).content.decode()
    assert "Audit trail" in client.get(reverse("find"), {"q": "audit"}).content.decode()
