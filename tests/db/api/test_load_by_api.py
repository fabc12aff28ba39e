"""How a site's load stands, and what a meter tells of its building, over the API."""

from typing import Any

import pytest

from chargers.models import SiteLoad
from installations.models import Grant, Installation
from tests.db.api.conftest import Caller, World, token_for
from tests.db.chargers import sharing

pytestmark = pytest.mark.django_db


def measure(world: World, site: Installation, currents: Any, token: str = "") -> Any:
    caller = Caller(token) if token else world["service"]
    return caller("POST", f"/installations/{site.pk}/load/measurement/", {"currents": currents})


@pytest.fixture
def quay(world: World) -> Installation:
    return sharing.quay(world.users["service"])


def test_the_load_tells_fuses_and_connectors(world: World, quay: Installation) -> None:
    load = world["service"]("GET", f"/installations/{quay.pk}/load/").json()
    assert (load["state"], load["base_load"]["currents"]) == ("balanced", [22.5, 14.0, 8.5])
    main, row_a, _row_b = load["fuses"]
    assert (main["circuit"], main["max_current"], main["exceeded"]) == (None, 80.0, False)
    assert main["lines"][0] == {"line": "L1", "chargers": 55.0, "building": 22.5, "free": 2.5}
    assert (row_a["name"], row_a["full"]) == ("Row A", True)
    by_id = {one["device_id"]: one for one in load["connectors"]}
    assert [by_id[f"QUA00000{number}"]["reason"] for number in (1, 2, 3)] == ["shared", "shared", "turn"]
    assert (by_id["QUA000001"]["may_take"], by_id["QUA000001"]["circuit"]) == (8.0, row_a["circuit"])
    assert by_id["QUA000003"]["waits_since"]
    assert (by_id["QUB000002"]["reason"], by_id["QUB000002"]["set_aside"]) == ("unreachable", 10.0)
    assert "session" in by_id["QUB000001"]


def test_a_site_that_is_not_balanced_says_why_and_takes_no_measurement(world: World) -> None:
    load = world["viewer"]("GET", f"/installations/{world.site.pk}/load/").json()
    assert load["state"] == "starting"  # it has a circuit, and a charger that never connected
    Installation.objects.filter(pk=world.site.pk).update(load_balancing=False)
    load = world["viewer"]("GET", f"/installations/{world.site.pk}/load/").json()
    assert (load["state"], load["connectors"]) == ("off", [])
    refused = measure(world, world.site, [1, 2, 3])
    assert (refused.status_code, refused.json()["code"]) == (409, "not_balanced")


def test_a_meter_needs_a_small_token_and_counts_at_once(world: World, quay: Installation) -> None:
    token = token_for(world.users["service"], scopes=["read", "load:write"], installations=[quay.pk])
    kept = measure(world, quay, [30, -4.2, 8.25], token)
    assert (kept.status_code, kept.json()["currents"], kept.json()["fresh"]) == (200, [30.0, 0.0, 8.2], True)
    assert SiteLoad.objects.get(pk=quay.pk).base_load == [30.0, -4.2, 8.2]
    assert Caller(token)("PATCH", f"/installations/{quay.pk}/", {"name": "Mine"}).json()["code"] == "scope_missing"
    assert Caller(token)("GET", f"/installations/{quay.pk}/load/").json()["fuses"][0]["lines"][0]["building"] == 30.0
    Grant.objects.filter(installation=quay, role="service").delete()
    assert measure(world, quay, [1, 2, 3], token).json()["missing_roles"] == ["service"]


@pytest.mark.parametrize(
    ("currents", "pointer", "code"),
    [
        ([1, 2], "/currents", "min_length"),
        ([1, 2, 3, 4], "/currents", "max_length"),
        ([1, 2, "3"], "/currents/2", "type"),
        ([1, 20_000, 3], "/currents/1", "range"),
        (None, "/currents", "null"),
    ],
)
def test_a_measurement_that_makes_no_sense_is_refused_by_name(
    world: World, currents: Any, pointer: str, code: str
) -> None:
    answer = measure(world, world.site, currents)
    assert answer.status_code == 422
    assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (pointer, code)
