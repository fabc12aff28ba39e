"""Numbers told as sentences: a preview before saving, a rollout on its way; and URLs that break well."""

import pytest

from accounts.templatetags.ui import breakable
from accounts.web import whole_number
from chargers.services.preview_values import Summary
from chargers.services.progress import Progress
from chargers.views.wording import summary_sentence


@pytest.mark.parametrize(
    ("summary", "sentence"),
    [
        (Summary(), "This installation has no charger yet: the setting is kept for those to come."),
        (Summary(total=1, change=1), "1 charger changes."),
        (Summary(total=3, match=3), "0 chargers change, 3 match already."),
        (
            Summary(total=41, change=38, match=2, cannot=1, wait_charging=2, wait_offline=1),
            "38 chargers change, 2 match already, 3 must wait (2 charging, 1 offline), 1 cannot.",
        ),
    ],
)
def test_a_preview_in_one_sentence(summary: Summary, sentence: str) -> None:
    assert summary_sentence(summary) == sentence


def test_a_rollout_in_one_sentence() -> None:
    counts = [
        ("applied", "", 4), ("pushing", "", 1), ("waiting", "offline", 2), ("waiting", "busy", 1), ("rejected", "", 1),
        ("unsupported", "", 1), ("superseded", "", 2), ("cancelled", "", 1),
    ]  # fmt: skip
    progress = Progress.of(counts)
    assert progress.sentence == (
        "4 of 13 chargers done, 1 under way, 3 waiting (2 offline, 1 in use), 1 failed or refused, 1 cannot, "
        "2 replaced by a newer setting, 1 cancelled."
    )
    assert sum(count for _state, count in progress.states) == progress.total
    assert Progress().sentence == "0 of 0 chargers done."


def test_a_url_breaks_before_a_part_of_its_path_and_is_escaped() -> None:
    assert breakable("wss://a.example/x/ZCS1") == "wss://a.example/<wbr>x/<wbr>ZCS1"
    assert breakable("a/<b>") == "a/<wbr>&lt;b&gt;"


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("", 0), ("x", 0), ("-1", 0), ("٣", 0), ("9" * 30, 0)])
def test_what_is_not_a_number_is_zero(text: str, number: int) -> None:
    assert whole_number(text) == number
