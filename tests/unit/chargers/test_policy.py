"""What a policy may say, what it means when it is silent, and how it is told when it is wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargers.rollout.policy import CAREFUL, FIRST_ALONE, MOST_WAVES, Policy, Start, read_policy
from chargers.rollout.window import DAYS


def codes(plain: dict[str, Any], *, direct: bool = False, chargers: int = 40) -> list[tuple[str, str]]:
    return [(flaw.pointer, flaw.code) for flaw in read_policy(plain, direct=direct, chargers=chargers)[1]]


@pytest.mark.parametrize(
    ("direct", "chargers", "waves"),
    [(False, 9, ()), (False, 10, CAREFUL), (True, 1, ()), (True, 2, FIRST_ALONE), (True, 10, CAREFUL)],
)
def test_silence_means_waves_for_ten_chargers_and_the_first_alone_into_direct(
    direct: bool, chargers: int, waves: tuple[str, ...]
) -> None:
    policy, flaws = read_policy({}, direct=direct, chargers=chargers)
    assert (policy.waves, policy.start, policy.windows, policy.per_minute, flaws) == (
        waves,
        Start.AS_READY,
        (),
        None,
        [],
    )


def test_no_waves_is_a_choice_but_not_into_direct() -> None:
    assert codes({"waves": []}) == []
    assert codes({"waves": []}, direct=True) == [("/waves", "first_alone")]
    assert codes({"waves": ["2", "50%"]}, direct=True) == [("/waves", "first_alone")]
    assert codes({"waves": []}, direct=True, chargers=1) == []


@pytest.mark.parametrize(
    ("plain", "found"),
    [
        ({"waves": ["0"]}, ("/waves/0", "wave")),
        ({"waves": ["1", "ten"]}, ("/waves/1", "wave")),
        ({"waves": ["1", "100%"]}, ("/waves/1", "wave")),
        ({"waves": ["5", "5"]}, ("/waves", "wave_order")),
        ({"waves": ["1"] * (MOST_WAVES + 1)}, ("/waves", "too_many_waves")),
        ({"per_minute": 0}, ("/per_minute", "pace")),
        ({"windows": [{"days": [], "from": "22:00", "to": "05:00"}]}, ("/windows/0/days", "days")),
        ({"windows": [{"days": ["someday"], "from": "22:00", "to": "05:00"}]}, ("/windows/0/days", "days")),
        ({"windows": [{"days": ["mon"], "from": "24:00", "to": "05:00"}]}, ("/windows/0/from", "time")),
        ({"windows": [{"days": ["mon"], "from": "22:00", "to": "5"}]}, ("/windows/0/to", "time")),
        ({"windows": [{}] * 15}, ("/windows", "too_many_windows")),
    ],
)
def test_a_flaw_names_its_member(plain: dict[str, Any], found: tuple[str, str]) -> None:
    assert found in codes(plain)


WINDOWS = st.fixed_dictionaries(
    {
        "days": st.lists(st.sampled_from(DAYS), min_size=1, unique=True),
        "from": st.times().map("{:%H:%M}".format),
        "to": st.times().map("{:%H:%M}".format),
    }
)


@given(
    plain=st.fixed_dictionaries(
        {
            "start": st.sampled_from(list(Start)),
            "waves": st.sampled_from([[], ["1"], ["1", "10%"], ["3", "20%", "50%"]]),
            "windows": st.lists(WINDOWS, max_size=3),
            "per_minute": st.none() | st.integers(1, 6000),
        }
    )
)
def test_what_was_agreed_is_read_back_as_it_was(plain: dict[str, Any]) -> None:
    policy, flaws = read_policy(plain, direct=False, chargers=40)
    assert flaws == []
    assert Policy.of(policy.plain()) == policy
