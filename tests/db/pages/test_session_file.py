"""The file of charging sessions: what the list shows, safe in a spreadsheet, a piece at a time."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.handlers.asgi import ASGIRequest

from accounts.models import User
from accounts.web import streamed
from chargers.models import Charger
from chargers.sessions import selectors
from installations.models import IdTag, Installation
from tests.db.chargers.sessions import HOUR, TEN, session
from tests.db.pages.scene import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def charger(site: Installation) -> Charger:
    Installation.objects.filter(pk=site.pk).update(time_zone="Europe/Oslo")
    return Charger.objects.create(device_id="ZCS000001", name="Bay 1", installation=site)


def get(person: User, path: str, **headers: str) -> str:
    answer = client_of(person).get(path, headers=headers)
    assert answer.status_code == 200, answer
    return str(answer.getvalue().decode())


def table_of(person: User, path: str, language: str = "en") -> list[dict[str, str]]:
    text = get(person, path, **{"Accept-Language": language})
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), delimiter="," if language == "en" else ";"))


def test_the_file_holds_what_the_list_shows(charger: Charger, site: Installation, people: dict[str, User]) -> None:
    IdTag.objects.create(installation=site, id_tag="CARD0", holder="=HYPERLINK(1)")
    ended = session(charger, flags=["stop_contradicted"])
    session(charger, TEN + HOUR, hours=None, id_tag="@SUM", meter_start=-7)
    for language in ("en", "de"):
        running, done = table_of(people["viewer"], f"/installations/{site.pk}/sessions/export/", language)
        assert (running["id_tag"], running["state"], running["energy_wh"]) == ("'@SUM", "running", "")
        assert running["meter_start_wh"] == "-7"
        assert done == {
            "session": str(ended.pk),
            "installation": "Garage",
            "charger": "ZCS000001",
            "charger_name": "Bay 1",
            "connector": "1",
            "state": "ended",
            "id_tag": "CARD0",
            "holder": "'=HYPERLINK(1)",
            "began_at": "2026-03-01T11:00:00+01:00",
            "started_at": "2026-03-01T11:00:00+01:00",
            "start_received_at": "2026-03-01T11:00:00+01:00",
            "stopped_at": "2026-03-01T12:00:00+01:00",
            "stop_received_at": "2026-03-01T12:00:00+01:00",
            "meter_start_wh": "1000",
            "meter_stop_wh": "6000",
            "energy_wh": "5000",
            "stop_reason": "Local",
            "remarks": "stop_contradicted",
        }
    path = "/chargers/ZCS000001/sessions/export/?state=ended"
    assert [row["session"] for row in table_of(people["viewer"], path)] == [str(ended.pk)]
    assert client_of(people["stranger"]).get(path).status_code == 404


def test_a_long_file_is_read_a_piece_at_a_time(
    charger: Charger, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "CHUNK", 3)
    rows = [session(charger, TEN + (number // 2) * HOUR, connector=number % 2 + 1) for number in range(10)]
    answer: Any = client_of(people["viewer"]).get("/chargers/ZCS000001/sessions/export/")
    pieces = list(answer.streaming_content)
    assert len(pieces) == 5
    told = [line.split(",")[0] for line in b"".join(pieces).decode().splitlines()[1:]]
    assert told == [str(row.pk) for row in reversed(rows)]


def test_an_asynchronous_server_is_fed_piece_by_piece() -> None:
    made: list[str] = []

    def pieces() -> Iterator[str]:
        for text in "abc":
            made.append(text)
            yield text

    request = ASGIRequest({"type": "http", "method": "GET", "path": "/", "headers": []}, io.BytesIO())
    answer = streamed(request, pieces(), content_type="text/csv", headers={})

    async def take() -> list[tuple[str, int]]:
        return [(part.decode(), len(made)) async for part in answer]

    assert async_to_sync(take)() == [("a", 1), ("b", 2), ("c", 3)]
