import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.attempts import AttemptLimiter, Buckets, Rate, address_key


def limiter(identity: float = 3, address: float = 6, capacity: int = 100) -> AttemptLimiter:
    return AttemptLimiter(Rate(identity, 6), Rate(address, 60), capacity)


def test_an_identity_runs_dry_and_refills() -> None:
    limits = limiter()
    assert [limits.admit("C1", f"10.0.0.{n}", 0.0).allowed for n in range(4)] == [True, True, True, False]
    refused = limits.admit("C1", "10.0.0.9", 4.0)
    assert not refused.allowed
    assert refused.retry_after_seconds == pytest.approx(6.0)
    assert limits.admit("C1", "10.0.0.9", 10.0).allowed


def test_an_address_runs_dry_whatever_identities_it_tries() -> None:
    limits = limiter()
    allowed = [limits.admit(f"C{n}", "10.0.0.1", 0.0).allowed for n in range(8)]
    assert allowed == [True] * 6 + [False] * 2
    assert limits.admit("C9", "10.0.0.2", 0.0).allowed


def test_a_bad_path_counts_for_its_address() -> None:
    limits = limiter()
    assert [limits.admit(None, "10.0.0.1", 0.0).allowed for _ in range(7)] == [True] * 6 + [False]


def test_a_thousand_chargers_behind_one_address_come_back_at_once() -> None:
    limits = limiter()
    for n in range(1000):
        assert limits.admit(f"C{n}", "10.0.0.1", 0.0).allowed
        limits.succeeded(f"C{n}", "10.0.0.1", 0.0)


def test_a_clock_that_stands_or_runs_back_gives_nothing() -> None:
    limits = limiter()
    for _ in range(3):
        limits.admit("C1", "10.0.0.1", 100.0)
    assert not limits.admit("C1", "10.0.0.1", 50.0).allowed


@given(st.lists(st.tuples(st.text(max_size=3), st.floats(0, 100)), max_size=200))
def test_memory_is_bounded_and_levels_stay_within_the_burst(attempts: list[tuple[str, float]]) -> None:
    buckets = Buckets(Rate(5, 60), 8)
    for key, at in attempts:
        if buckets.wait(key, at) == 0:
            buckets.change(key, -1, at)
        assert len(buckets) <= 8
        assert buckets.wait(key, at) <= 60


def test_a_full_bucket_takes_no_memory() -> None:
    buckets = Buckets(Rate(5, 60), 8)
    buckets.change("a", -1, 0.0)
    buckets.change("a", 1, 0.0)
    assert len(buckets) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("no:address", "no:address", True),
    ],
)
def test_an_ipv6_network_counts_as_one_address(one: str, other: str, same: bool) -> None:
    assert (address_key(one) == address_key(other)) is same
