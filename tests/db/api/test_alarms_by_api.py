"""Alarms over the API: with the charger, counted at the installation, and as a filter."""

from django.utils import timezone

from chargers.models import UpstreamLink
from tests.db.api.conftest import World


def refuse(world: World) -> None:
    UpstreamLink.objects.create(
        charger=world.charger, url="wss://b.example.com/ZCS000143", state="waiting", fault="unauthorized",
        http_status=401, since=timezone.now(),
    )  # fmt: skip


def test_a_charger_and_its_installation_tell_their_alarms(world: World) -> None:
    assert world["viewer"]("GET", "/chargers/ZCS000143/").json()["alarms"] == []
    refuse(world)
    (alarm,) = world["viewer"]("GET", "/chargers/ZCS000143/").json()["alarms"]
    assert alarm["code"] == "backend_refuses"
    assert "401" in alarm["detail"]
    site = world["viewer"]("GET", f"/installations/{world.site.pk}/").json()
    assert site["chargers"]["alarm"] == 1
    assert [(alarm["code"], alarm["chargers"]) for alarm in site["alarms"]] == [("backend_refuses", 1)]


def test_lists_can_be_narrowed_to_those_with_an_alarm(world: World) -> None:
    for path in ("/chargers/", "/installations/"):
        assert world["owner"]("GET", f"{path}?alarm=true").json()["results"] == []
        assert len(world["owner"]("GET", f"{path}?alarm=false").json()["results"]) == 1
    refuse(world)
    for path in ("/chargers/", "/installations/"):
        assert len(world["owner"]("GET", f"{path}?alarm=true").json()["results"]) == 1
        assert world["owner"]("GET", f"{path}?alarm=false").json()["results"] == []
        assert world["stranger"]("GET", f"{path}?alarm=true").json()["results"] == []
        assert world["owner"]("GET", f"{path}?alarm=maybe").status_code == 400
