from datetime import UTC, datetime

import pytest

from gateway.clock import Clock, read_time, utc, write_time


class Hands:
    def __init__(self) -> None:
        self.wall = 1_000_000.0
        self.monotonic = 50.0

    def pass_seconds(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds


def make() -> tuple[Clock, Hands]:
    hands = Hands()
    return Clock(lambda: hands.wall, lambda: hands.monotonic), hands


def test_follows_the_wall_clock() -> None:
    clock, hands = make()
    hands.pass_seconds(12.5)
    assert clock.now() == 1_000_012.5


@pytest.mark.parametrize("jump", [600.0, -600.0])
def test_a_jump_of_the_wall_clock_is_taken_in_slowly(jump: float) -> None:
    clock, hands = make()
    hands.wall += jump
    assert clock.now() == 1_000_000.0
    hands.pass_seconds(10)
    assert clock.now() == pytest.approx(1_000_010.0 + (0.5 if jump > 0 else -0.5))
    for _ in range(2000):
        hands.pass_seconds(10)
        clock.now()
    assert clock.now() == pytest.approx(hands.wall)


def test_a_machine_whose_clock_is_off_keeps_the_database_s_time() -> None:
    clock, hands = make()
    clock.correct(600.0, at_once=True)
    assert clock.now() == 1_000_600.0
    hands.pass_seconds(10)
    assert clock.now() == 1_000_610.0
    clock.correct(590.0)
    hands.pass_seconds(10)
    assert clock.now() == pytest.approx(1_000_619.5)


def test_never_runs_backwards() -> None:
    clock, hands = make()
    before = clock.now()
    for step in (-500.0, 3.0, -0.5, 100.0):
        hands.wall += step
        hands.monotonic += 0.001
        after = clock.now()
        assert after > before
        before = after


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.123Z", datetime(2026, 1, 2, 3, 4, 5, 123000, tzinfo=UTC)),
        ("2026-01-02T03:04:05.1234567Z", datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)),
        ("2026-01-02T03:04:05+02:00", datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (" 2026-01-02T03:04:05Z ", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2099-12-31T23:59:59-11:00", datetime(2100, 1, 1, 10, 59, 59, tzinfo=UTC)),
        ("0000-00-00T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("9999-12-31T23:59:59Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_reads_the_times_chargers_write(text: str, meant: datetime | None) -> None:
    assert read_time(text) == meant


def test_writes_what_it_reads() -> None:
    assert write_time(1_700_000_000.9) == "2023-11-14T22:13:20Z"
    assert read_time(write_time(1_700_000_000)) == utc(1_700_000_000)
