"""Charging sessions through the API: filters, pages, energy, a file, and meter values in one unit each."""

import csv
import io
from typing import Any

import pytest

from chargers.models import Charger, MeterValue
from tests.db.api.conftest import World
from tests.db.chargers.sessions import HOUR, TEN, orphan, read, session


def ids(world: World, query: str = "") -> list[int]:
    answer = world["viewer"]("GET", f"/sessions/?{query}")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_a_session_is_told_whole(world: World) -> None:
    answer = world["viewer"]("GET", f"/sessions/{world.session.pk}/")
    body = {
        "id": world.session.pk,
        "installation": world.site.pk,
        "charger": "ZCS000143",
        "connector": 1,
        "state": "ended",
        "id_tag": "04a2b3",
        "id_tag_status": "Accepted",
        "holder": "Ann",
        "began_at": "2026-03-01T10:00:00Z",
        "ended_at": "2026-03-01T11:00:00Z",
        "started_at": "2026-03-01T10:00:00Z",
        "start_received_at": "2026-03-01T10:00:00Z",
        "stopped_at": "2026-03-01T11:00:00Z",
        "stop_received_at": "2026-03-01T11:00:00Z",
        "meter_start_wh": 1000,
        "meter_stop_wh": 6000,
        "energy_wh": 5000.0,
        "power_w": None,
        "stop_reason": "Local",
        "stop_id_tag": "",
        "foreign_id": None,
        "remarks": [],
    }
    assert answer.json() == {**body, "energy_from_readings_wh": None}
    assert world["viewer"]("GET", "/sessions/").json()["results"] == [body]


def test_filters(world: World) -> None:
    other = Charger.objects.create(device_id="ZCS000144", installation=world.site)
    running = session(other, TEN + HOUR, hours=None, id_tag="B")
    lone = orphan(world.charger, TEN + 2 * HOUR)
    assert ids(world) == [lone.pk, running.pk, world.session.pk]
    assert ids(world, "state=running") == [running.pk]
    assert ids(world, "state=ended") == [world.session.pk]
    assert ids(world, "state=orphan") == [lone.pk]
    assert ids(world, "flagged=true") == [lone.pk]
    assert ids(world, "charger=zcs000144") == [running.pk]
    assert ids(world, "charger=ZCS00014") == []
    assert ids(world, "id_tag=04A2B3") == [world.session.pk]
    assert ids(world, "id_tag=04A2") == []
    assert ids(world, "since=2026-03-01T11:00:00Z&until=2026-03-01T12:00:00Z") == [running.pk]
    assert ids(world, "since=2026-03-01T12:00:00%2B01:00") == [lone.pk, running.pk]


@pytest.mark.parametrize(
    "query", ["state=busy", "since=yesterday", "colour=red", "installation=0", "format=xml", "since=", "id_tag=%00"]
)
def test_a_wrong_filter_is_refused(world: World, query: str) -> None:
    answer = world["viewer"]("GET", f"/sessions/?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == query.split("=")[0]


def test_pages_hang_together_where_sessions_began_at_the_same_moment(world: World) -> None:
    rows = [session(world.charger, connector=number) for number in range(2, 7)]
    seen: list[int] = []
    path = "/sessions/?page_size=2"
    while path:
        page = world["viewer"]("GET", path.removeprefix("http://testserver")).json()
        seen += [row["id"] for row in page["results"]]
        path = page["next"]
    assert seen == [*(row.pk for row in reversed(rows)), world.session.pk]


def test_energy_that_cannot_be_is_unknown_and_the_readings_are_asked(world: World) -> None:
    row = session(world.charger, TEN + HOUR, wh=-500)
    for minutes, register in ((10, 2000), (20, 2400)):
        read(row, minutes, register)
    (first, _second) = world["viewer"]("GET", "/sessions/").json()["results"]
    assert (first["energy_wh"], first["remarks"]) == (None, ["register_falling"])
    one = world["viewer"]("GET", f"/sessions/{row.pk}/").json()
    assert (one["energy_wh"], one["energy_from_readings_wh"]) == (None, 1400)


def test_everything_that_fits_as_one_file(world: World) -> None:
    session(world.charger, TEN + HOUR, id_tag="=1+1")
    answer = world["viewer"]("GET", "/sessions/?format=csv&page_size=1")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"), newline="")))
    assert [(row["id_tag"], row["energy_wh"]) for row in rows] == [("'=1+1", "5000"), ("04a2b3", "5000")]
    assert b"FOREIGN1" not in answer.getvalue()
    assert "RateLimit" in answer.headers
    none = world["stranger"]("GET", "/sessions/?format=csv").getvalue().decode("utf-8-sig")
    assert len(none.splitlines()) == 1


def test_meter_values_come_by_time_in_one_unit_each(world: World) -> None:
    warm: dict[str, Any] = {"value": "20", "measurand": "Temperature", "unit": "Celcius"}
    read(world.session, 20, 2500, warm, {"value": "OCMF|x", "format": "SignedData"})
    read(world.session, 10, 2000, {"value": "7.4", "measurand": "Power.Active.Import", "unit": "kW", "phase": "L1"})
    read(world.session, 30, 3000, {"value": "OUT OF RANGE"})
    assert MeterValue.objects.count() == 3
    path = f"/sessions/{world.session.pk}/meter-values/?page_size=2"
    first = world["viewer"]("GET", path).json()
    usual = {"location": "Outlet", "context": "Sample.Periodic"}
    register = {"measurand": "Energy.Active.Import.Register", "unit": "Wh", "phase": "", **usual}
    assert first["results"][0] == {
        "sampled_at": "2026-03-01T10:10:00Z",
        "received_at": "2026-03-01T10:10:00Z",
        "connector": 1,
        "readings": [
            {**register, "value": 2000.0},
            {"measurand": "Power.Active.Import", "value": 7400.0, "unit": "W", "phase": "L1", **usual},
        ],
        "signed": [],
        "unreadable": [],
    }
    second = first["results"][1]
    assert second["readings"][1]["unit"] == "Celsius"
    assert [one["text"] for one in second["signed"]] == ["OCMF|x"]
    rest = world["viewer"]("GET", first["next"].removeprefix("http://testserver")).json()
    assert [len(row["readings"]) for row in rest["results"]] == [1]
    assert [row["fault"] for row in rest["results"][0]["unreadable"]] == ["value_unreadable"]
    assert rest["next"] is None
