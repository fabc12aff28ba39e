"""Lists of charging sessions, one session with its course, and the file."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Organisation, User
from chargers.models import Charger, Transaction
from chargers.sessions import selectors
from chargers.sessions.energy import metered
from installations.models import Grant, IdTag, Installation
from installations.services.installations import create_installation
from tests.db.chargers.sessions import HOUR, TEN, orphan, read, session
from tests.db.pages.scene import client_of

pytestmark = pytest.mark.django_db

POWER = {"value": "11", "measurand": "Power.Active.Import", "unit": "kW"}


@pytest.fixture
def charger(site: Installation) -> Charger:
    Installation.objects.filter(pk=site.pk).update(time_zone="Europe/Oslo")
    site.time_zone = "Europe/Oslo"
    return Charger.objects.create(device_id="ZCS000001", name="Bay 1", installation=site)


def get(person: User, path: str, **headers: str) -> str:
    answer = client_of(person).get(path, headers=headers)
    assert answer.status_code == 200, answer
    return str(answer.getvalue().decode())


def listed(person: User, path: str) -> set[int]:
    """The sessions that a list links to."""
    return {int(pk) for pk in re.findall(r'id="session-(\d+)"', get(person, path))}


def test_the_lists_hold_what_one_may_see(charger: Charger, site: Installation, people: dict[str, User]) -> None:
    elsewhere = create_installation(actor=people["stranger"], name="Elsewhere")
    foreign = session(Charger.objects.create(device_id="FOREIGN1", installation=elsewhere))
    other = session(Charger.objects.create(device_id="ZCS000002", installation=site))
    mine = session(charger)
    viewer = people["viewer"]
    assert listed(viewer, f"/installations/{site.pk}/sessions/") == {mine.pk, other.pk}
    assert listed(viewer, "/chargers/ZCS000001/sessions/") == {mine.pk}
    assert client_of(viewer).get(f"/installations/{elsewhere.pk}/sessions/").status_code == 404
    for unknown in (foreign.pk, 2**31, 2**70):
        assert client_of(viewer).get(f"/sessions/{unknown}/").status_code == 404


def test_a_charger_that_moves_leaves_its_sessions_behind(
    charger: Charger, site: Installation, people: dict[str, User]
) -> None:
    before = session(charger)
    charger.installation = create_installation(actor=people["stranger"], name="Elsewhere")
    charger.save()
    after = session(charger, TEN + HOUR)
    assert listed(people["owner"], f"/installations/{site.pk}/sessions/") == {before.pk}
    assert listed(people["stranger"], "/chargers/ZCS000001/sessions/") == {after.pk}
    assert listed(people["stranger"], "/chargers/ZCS000001/") == {after.pk}
    page = get(people["owner"], f"/sessions/{before.pk}/")
    assert "stands elsewhere now" in page
    assert 'href="/chargers/ZCS000001/"' not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"early", "ended", "running", "orphan"}),
        ("state=running", {"running"}),
        ("state=ended", {"early", "ended"}),
        ("state=flagged", {"orphan", "early"}),
        ("state=nonsense", {"early", "ended", "running", "orphan"}),
        ("charger=zcs000002", {"ended"}),
        ("charger=bay", {"early", "running", "orphan"}),
        ("card=card1", {"ended"}),
        ("card=meier", {"ended"}),
        ("card=white", {"ended"}),
        ("card=CARD%00", set()),
        # Days as the clocks in Oslo show them: the early one began at 23:30 in UTC.
        ("since=2026-03-01", {"early", "ended", "running", "orphan"}),
        ("since=2026-03-02", set()),
        ("until=2026-02-28", set()),
        ("since=2026-03-01&until=2026-03-01", {"early", "ended", "running", "orphan"}),
        ("since=yesterday&until=9999-12-31", {"early", "ended", "running", "orphan"}),
        ("state=ended&card=card0", {"early"}),
    ],
)
def test_filters(charger: Charger, site: Installation, people: dict[str, User], query: str, found: set[str]) -> None:
    IdTag.objects.create(installation=site, id_tag="CARD1", holder="Ann Meier", label="white one")
    second = Charger.objects.create(device_id="ZCS000002", installation=site)
    names = {
        session(charger, TEN - 10.5 * HOUR, wh=-1).pk: "early",
        session(second, id_tag="card1").pk: "ended",
        session(charger, TEN + HOUR, hours=None).pk: "running",
        orphan(charger).pk: "orphan",
    }
    assert {names[pk] for pk in listed(people["viewer"], f"/installations/{site.pk}/sessions/?{query}")} == found


def test_totals_tell_what_is_not_in_them(charger: Charger, site: Installation, people: dict[str, User]) -> None:
    session(charger)
    session(charger, TEN + HOUR, wh=2500)
    session(charger, TEN + 2 * HOUR, wh=-5)
    session(charger, TEN + 3 * HOUR, hours=None)
    page = get(people["viewer"], f"/installations/{site.pk}/sessions/")
    words = " ".join(re.sub(r"<[^>]+>", "", page[page.index('role="status"') + 14 :].split("</p>")[0]).split())
    assert words == "4 sessions · 7.5 kWh · 1 running · 1 whose energy is not known"


def test_the_holder_is_the_one_listed_where_the_session_was(
    charger: Charger, site: Installation, people: dict[str, User]
) -> None:
    firm = Organisation.objects.create(name="Firm")
    other_firm = Organisation.objects.create(name="Other firm")
    Membership.objects.create(organisation=other_firm, user=people["viewer"])
    Grant.objects.create(installation=site, role="owner", organisation=firm)
    IdTag.objects.create(organisation=firm, id_tag="CARD0", holder="Of the firm")
    IdTag.objects.create(organisation=other_firm, id_tag="CARD0", holder="Somebody else")
    row = session(charger, id_tag="card0")
    path = f"/installations/{site.pk}/sessions/"
    assert "Of the firm" in get(people["viewer"], path)
    assert listed(people["viewer"], f"{path}?card=firm") == {row.pk}
    assert listed(people["viewer"], f"{path}?card=somebody") == set()
    IdTag.objects.create(installation=site, id_tag="CARD0", holder="Of the site")
    for page in (get(people["viewer"], path), get(people["viewer"], f"/sessions/{row.pk}/")):
        assert "Of the site" in page
        assert "Somebody else" not in page
    assert f'href="/installations/{site.pk}/cards/?q=card0"' in page


def test_who_charges_now_stands_on_the_installations_page_and_follows(
    charger: Charger, site: Installation, people: dict[str, User]
) -> None:
    row = session(charger, timezone.now() - HOUR, hours=None)
    client, path = client_of(people["viewer"]), f"/installations/{site.pk}/"
    assert "Charging now" in client.get(path).content.decode()
    asked = {"HX-Request": "true", "HX-Target": "running"}
    first = client.get(path, headers=asked)
    assert b"<html" not in first.content
    assert b"data-poll" in first.content

    def again(tag: str) -> Any:
        return client.get(path, headers={**asked, "If-None-Match": tag})

    assert again(first["ETag"]).status_code == 304
    read(row, 58, 8400, POWER)
    second = again(first["ETag"])
    assert "7.4 kWh" in second.content.decode()
    assert "11.0 kW" in second.content.decode()
    charger_page = get(people["viewer"], "/chargers/ZCS000001/")
    assert "7.4 kWh" in charger_page
    assert "11.0 kW" in charger_page
    Transaction.objects.update(stop_received_at=timezone.now(), meter_stop=9000)
    assert "Nobody is charging." in again(second["ETag"]).content.decode()


def test_a_power_told_long_ago_is_not_now(charger: Charger, people: dict[str, User]) -> None:
    row = session(charger, timezone.now() - HOUR, hours=None)
    read(row, 10, 2000, POWER)
    (one,) = selectors.shown([row])
    assert one.energy.wh == 1000
    assert one.power_watts is None


def test_long_lists_come_in_pages_that_keep_the_filters(
    charger: Charger, site: Installation, people: dict[str, User]
) -> None:
    rows = [session(charger, TEN + (number // 3) * HOUR, connector=number % 3 + 1) for number in range(60)]
    path = f"/installations/{site.pk}/sessions/"
    first = get(people["viewer"], f"{path}?card=card0")
    cursor = re.findall(r'rel="next" href="\?([^"]+)"', first)[0].replace("&amp;", "&")
    assert "card=card0" in cursor
    seen = listed(people["viewer"], f"{path}?card=card0"), listed(people["viewer"], f"{path}?{cursor}")
    assert [len(one) for one in seen] == [50, 10]
    assert seen[0] | seen[1] == {row.pk for row in rows}
    assert client_of(people["viewer"]).get(f"{path}?cursor=nonsense").status_code == 404


def test_times_are_those_of_the_installation(charger: Charger, site: Installation, people: dict[str, User]) -> None:
    row = session(charger)
    for path in (f"/installations/{site.pk}/sessions/", f"/sessions/{row.pk}/", "/chargers/ZCS000001/"):
        assert "1 Mar 2026, 11:00 (CET)" in get(people["viewer"], path)


def test_an_orphan_is_shown_as_such(charger: Charger, site: Installation, people: dict[str, User]) -> None:
    row = orphan(charger)
    page = get(people["viewer"], f"/sessions/{row.pk}/")
    assert "start unknown" in page
    assert "never told by the charger" in page
    assert "<code>-1</code>" in page
    assert "start unknown" in get(people["viewer"], f"/installations/{site.pk}/sessions/")


def test_the_course_is_a_picture_and_a_table_of_the_same_values(charger: Charger, people: dict[str, User]) -> None:
    row = session(charger, wh=11_000)
    for minutes in (10, 20, 30):
        read(row, minutes, 1000 + minutes * 183.3, POWER)
    page = get(people["viewer"], f"/sessions/{row.pk}/")
    table = page[page.index('<details id="values"') : page.index("</details>", page.index('<details id="values"'))]
    assert table.count("11.00 kW<") == 3
    assert "11.00 kWh" in table
    assert "at most 11.0 kW" in page
    assert 'role="img" aria-labelledby="chart-title chart-text"' in page


def test_the_picture_is_the_same_in_every_language(charger: Charger, people: dict[str, User]) -> None:
    row = session(charger)
    for minutes in (7, 17, 31):
        read(row, minutes, 1000 + minutes * 83.3)
    english = get(people["viewer"], f"/sessions/{row.pk}/")
    german = get(people["viewer"], f"/sessions/{row.pk}/", **{"Accept-Language": "de"})
    assert re.findall(r' d="[^"]+"', english) == re.findall(r' d="[^"]+"', german)
    assert "5,00 kWh" in german


def test_what_was_wrong_is_told_in_words(charger: Charger, people: dict[str, User]) -> None:
    row = session(charger, wh=-200, flags=["stop_lost", "meterStart_type"], id_tag_status="Invalid")
    for minutes in (1, 2, 3, 50):
        read(row, minutes, 1000 + 10 * minutes)
    read(row, 51, 0)
    page = get(people["viewer"], f"/sessions/{row.pk}/")
    for words in (
        "gap: nothing was told before this",
        "never told the end",
        "repaired (meterStart_type)",
        "less at the end than at the start",
        "as if it had been replaced",
        "about 1.30 kWh by the readings",
        "refused",
    ):
        assert words in page, words


def test_two_clocks_are_shown_where_they_differ(charger: Charger, people: dict[str, User]) -> None:
    row = session(charger)
    assert "Two clocks" not in get(people["viewer"], f"/sessions/{row.pk}/")
    Transaction.objects.update(start_received_at=TEN + 5 * HOUR, stop_received_at=TEN + 5 * HOUR)
    page = get(people["viewer"], f"/sessions/{row.pk}/")
    assert "Two clocks" in page
    assert "1 Mar 2026, 16:00 (CET)" in page


@pytest.mark.parametrize(
    ("started", "stopped", "began", "ended"),
    [
        (TEN - 5 * HOUR, TEN - 4 * HOUR, TEN - 5 * HOUR, TEN - 4 * HOUR),
        (TEN - 900 * HOUR, TEN - 899 * HOUR, TEN, TEN + HOUR),
        (TEN + 2 * HOUR, TEN + 3 * HOUR, TEN, TEN + HOUR),
        (TEN - HOUR, TEN - 2 * HOUR, TEN - HOUR, TEN + HOUR),
        (None, TEN, TEN, TEN),
        (None, None, TEN, TEN + HOUR),
    ],
)
def test_whose_time_a_session_goes_by(charger: Charger, started: Any, stopped: Any, began: Any, ended: Any) -> None:
    row = session(charger, started_at=started, stopped_at=stopped, start_received_at=TEN, stop_received_at=TEN + HOUR)
    row.refresh_from_db()
    (one,) = selectors.shown([row])
    assert (row.began_at, one.ended_at) == (began, ended)


@pytest.mark.parametrize("rise", [None, -1, 0, 5000, 19_000, 20_001, 1_020_000, 1_020_801, 2_000_000, 2_000_001])
@pytest.mark.parametrize("hours", [None, -1, 0, 0.0001, 1, 100])
def test_lists_and_rule_agree_on_the_energy(charger: Charger, rise: int | None, hours: float | None) -> None:
    stopped = None if hours is None else TEN + hours * HOUR
    row = session(charger, wh=rise, stopped_at=stopped, stop_received_at=TEN + HOUR)
    row.refresh_from_db()
    assert row.energy_wh == metered(row.meter_start, row.meter_stop, row.started_at, row.stopped_at).wh


def test_a_clock_at_the_end_of_time_breaks_no_page(
    charger: Charger, site: Installation, people: dict[str, User]
) -> None:
    for year in (2, 9998):
        row = session(charger, TEN.replace(year=year), start_received_at=TEN, stop_received_at=TEN)
        for path in (f"/sessions/{row.pk}/", f"/installations/{site.pk}/sessions/", "/chargers/ZCS000001/"):
            get(people["viewer"], path)
        assert str(row.pk) in get(people["viewer"], f"/installations/{site.pk}/sessions/export/")


def test_a_running_session_follows_and_an_ended_one_does_not(charger: Charger, people: dict[str, User]) -> None:
    row = session(charger, timezone.now() - HOUR, hours=None)
    client = client_of(people["viewer"])
    first = client.get(f"/sessions/{row.pk}/")
    headers = {"HX-Request": "true", "If-None-Match": first["ETag"]}
    assert "not told enough readings" in first.content.decode()
    assert client.get(f"/sessions/{row.pk}/", headers=headers).status_code == 304
    read(row, 5, 2000)
    answer = client.get(f"/sessions/{row.pk}/", headers=headers)
    assert (answer.status_code, b"data-poll" in answer.content, b"<html" in answer.content) == (200, True, False)
    Transaction.objects.update(stop_received_at=timezone.now(), meter_stop=3000)
    assert b"data-poll" not in client.get(f"/sessions/{row.pk}/", headers=headers).content


def test_a_session_of_very_many_readings_is_thinned(
    charger: Charger, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = session(charger, wh=3000)
    for minute in range(59):
        read(row, minute, 1000 + 50 * minute)
    monkeypatch.setattr(selectors, "MOST_MOMENTS", 20)
    moments = selectors.moments_of(row)
    assert len(moments) == 21
    assert moments[-1].at == TEN + timedelta(minutes=58)
    get(people["viewer"], f"/sessions/{row.pk}/")


@pytest.mark.parametrize(
    "path", ["/installations/{site}/sessions/", "/sessions/{session}/", "/chargers/ZCS000001/sessions/"]
)
def test_pages_cost_the_same_queries_however_many_sessions(
    charger: Charger, site: Installation, people: dict[str, User], path: str
) -> None:
    first = session(charger, hours=None)
    client, address = client_of(people["viewer"]), path.format(site=site.pk, session=first.pk)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    IdTag.objects.create(installation=site, id_tag="CARD0", holder="Ann")
    read(first, 1, 1100)
    cost()
    few = cost()
    for number in range(30):
        IdTag.objects.create(installation=site, id_tag=f"CARD{number + 1}", holder="Ann")
        row = session(charger, TEN + number * HOUR, hours=None, id_tag=f"CARD{number}", connector=2)
        read(row, 1, 1100)
        read(first, number + 2, 1200)
    assert cost() == few <= 12
