"""A weekly window opens by the clocks of the site, whatever the season does to them."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from chargers.rollout.window import DAYS, Window, opens_at

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NIGHTS = Window(frozenset({"fri", "sat"}), time(22), time(5))
BERLIN = "Europe/Berlin"
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
WINDOWS = st.builds(
    Window,
    st.frozensets(st.sampled_from(DAYS), min_size=1),
    CLOCKS,
    CLOCKS,
)
TIMES = st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE)
ZONES = st.sampled_from([BERLIN, "UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


def test_no_window_is_always_open() -> None:
    assert opens_at((), BERLIN, at("2026-11-23T12:00")) is None


def test_a_night_belongs_to_the_day_it_began() -> None:
    assert opens_at((NIGHTS,), BERLIN, at("2026-11-28T23:00")) is None  # Saturday night
    assert opens_at((NIGHTS,), BERLIN, at("2026-11-29T04:59")) is None  # still the same one
    assert opens_at((NIGHTS,), BERLIN, at("2026-11-29T05:00")) == at("2026-12-04T22:00")
    assert opens_at((NIGHTS,), BERLIN, at("2026-11-29T23:00")) == at("2026-12-04T22:00")


def test_it_follows_the_clocks_of_the_site_in_winter_and_summer() -> None:
    evening = Window(frozenset(DAYS), time(20), time(21))
    assert opens_at((evening,), BERLIN, datetime(2026, 1, 10, 12, tzinfo=UTC)) == datetime(2026, 1, 10, 19, tzinfo=UTC)
    assert opens_at((evening,), BERLIN, datetime(2026, 7, 10, 12, tzinfo=UTC)) == datetime(2026, 7, 10, 18, tzinfo=UTC)


def test_a_whole_day_is_never_closed() -> None:
    always = Window(frozenset(DAYS), time(0), time(0))
    assert opens_at((always,), BERLIN, at("2026-03-29T02:30")) is None


@given(windows=st.lists(WINDOWS, min_size=1, max_size=3), zone=ZONES, now=TIMES)
def test_it_opens_within_a_week_and_is_open_then(windows: list[Window], zone: str, now: datetime) -> None:
    opening = opens_at(windows, zone, now)
    if opening is not None:
        assert now < opening <= now + timedelta(days=8)
        assert opens_at(windows, zone, opening) is None or _lost_to_the_clocks(opening, zone)


def _lost_to_the_clocks(opening: datetime, zone: str) -> bool:
    """A window that lies within the hour the clocks skip is empty that day."""
    before, after = ((opening + shift).astimezone(ZoneInfo(zone)).utcoffset() for shift in (-DAY, DAY))
    return before != after
