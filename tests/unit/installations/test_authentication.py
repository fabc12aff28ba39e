"""The rules of a setting, each by its code; and what a person must acknowledge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installations.authentication import (
    ClearPassword,
    Draft,
    NewPassword,
    Settings,
    Site,
    password_form,
    review,
    settings_changes,
    settings_digest,
)
from installations.ocpp_url.identity import ChargerUrl

URL = "wss://ok.example.com/{deviceId}"
ONE = Site(chargers=[ChargerUrl("A")], usable_cards=1, balanced=True)


def codes(draft: Draft, site: Site = ONE) -> tuple[set[str], set[str]]:
    judged = review(draft, site)
    return {finding.code for finding in judged.problems}, {finding.code for finding in judged.warnings}


@pytest.mark.parametrize(
    ("draft", "problems"),
    [
        (Draft("native"), set()),
        (Draft("native", server_url=URL), {"not_in_native"}),
        (Draft("native", password=NewPassword("x" * 20)), {"not_in_native"}),
        (Draft("native", password=ClearPassword()), set()),
        (Draft("native", default_id_tag="A"), {"not_in_native"}),
        (Draft("ocpp_direct"), {"no_url"}),
        (Draft("ocpp_direct", server_url=URL), set()),
        (Draft("ocpp_direct", server_url=URL, password=NewPassword("short")), {"password"}),
        (Draft("ocpp_direct", server_url=URL, password=NewPassword("ä" * 20)), {"password"}),
        (Draft("ocpp_direct", server_url=URL, default_id_tag="x" * 21), {"id_tag"}),
        (Draft("ocpp_cloud", server_url=URL), set()),
        (Draft("ocpp_cloud"), {"no_url"}),
        (Draft("ocpp_cloud", server_url="wss://ok.example.com"), {"placeholder"}),
        (Draft("ocpp_cloud", server_url="wss://10.0.0.5/{deviceId}"), {"address"}),
        (Draft("ocpp_cloud", server_url=URL, password=NewPassword("short")), {"password"}),
        (Draft("fast"), {"mode"}),
    ],
)
def test_problems_block(draft: Draft, problems: set[str]) -> None:
    assert codes(draft)[0] == problems
    assert (review(draft, ONE).settings is None) == bool(problems)


@pytest.mark.parametrize(
    ("draft", "warnings"),
    [
        (Draft("native", authorization_required=False), {"everybody_may_charge"}),
        (Draft("ocpp_direct", server_url=URL), {"balancing_stops"}),
        (Draft("ocpp_direct", server_url=URL, default_id_tag="TAG"), {"balancing_stops", "id_tag_no_effect"}),
        (Draft("ocpp_direct", server_url=URL, authorization_required=False), {"balancing_stops", "id_tag_missing"}),
        (
            Draft("ocpp_direct", server_url="ws://ok.example.com", password=NewPassword("x" * 20)),
            {"balancing_stops", "cleartext", "password_in_clear"},
        ),
        (Draft("ocpp_cloud", server_url=URL), set()),
        (Draft("ocpp_cloud", server_url=URL, default_id_tag="TAG"), {"id_tag_no_effect"}),
        (Draft("ocpp_cloud", server_url=URL, authorization_required=False), {"id_tag_missing"}),
        (
            Draft("ocpp_cloud", server_url="ws://ok.example.com/{deviceId}", password=NewPassword("x" * 20)),
            {"cleartext", "password_in_clear"},
        ),
    ],
)
def test_warnings_must_be_acknowledged(draft: Draft, warnings: set[str]) -> None:
    judged = review(draft, ONE)
    assert {finding.code for finding in judged.warnings} == warnings
    assert {finding.code for finding in judged.unacknowledged(())} == warnings
    assert judged.unacknowledged(warnings) == ()


def test_a_switch_to_native_without_a_card_would_lock_everybody_out() -> None:
    nobody = Site(chargers=[ChargerUrl("A")], usable_cards=0, current_mode="ocpp_direct")
    assert codes(Draft("native"), nobody)[0] == {"no_charge_card"}
    assert codes(Draft("native", authorization_required=False), nobody)[0] == set()
    assert codes(Draft("native"), Site())[0] == set()


def test_the_count_of_chargers_stands_in_the_sentence() -> None:
    site = Site(chargers=[ChargerUrl(f"A{number}") for number in range(42)], balanced=True)
    (warning,) = review(Draft("ocpp_direct", server_url=URL), site).warnings
    assert "42 chargers" in str(warning.detail)


def test_chargers_with_urls_of_their_own_need_no_installation_url() -> None:
    site = Site(chargers=[ChargerUrl("A", "wss://c.example.com/A"), ChargerUrl("B", "wss://c.example.com/B")])
    judged = review(Draft("ocpp_direct"), site)
    assert judged.problems == ()
    assert [endpoint.identity for endpoint in judged.endpoints] == ["A", "B"]


def test_a_password_over_a_chargers_own_ws_url_is_told_too() -> None:
    site = Site(chargers=[ChargerUrl("A", "wss://c.example.com/A"), ChargerUrl("B", "ws://c.example.com/B")])
    assert "password_in_clear" in codes(Draft("ocpp_direct", password=NewPassword("x" * 20)), site)[1]
    assert "password_in_clear" not in codes(Draft("ocpp_direct"), site)[1]
    shadowing = Draft("ocpp_direct", server_url=URL, password=NewPassword("x" * 20))
    assert "password_in_clear" not in codes(shadowing, site)[1]


def test_a_kept_password_over_ws_is_told_and_a_cleared_one_is_not() -> None:
    site = Site(chargers=[ChargerUrl("A")], password_set=True)
    assert "password_in_clear" in codes(Draft("ocpp_direct", server_url="ws://ok.example.com"), site)[1]
    cleared = Draft("ocpp_direct", server_url="ws://ok.example.com", password=ClearPassword())
    assert "password_in_clear" not in codes(cleared, site)[1]


def test_in_cloud_a_chargers_own_url_is_one_that_we_may_dial() -> None:
    site = Site(chargers=[ChargerUrl("A", "wss://10.0.0.5/A")])
    assert codes(Draft("ocpp_cloud", server_url=URL), site) == (set(), set())
    assert codes(Draft("ocpp_cloud", server_url="wss://ok.example.com"), site)[0] == {"placeholder"}
    assert codes(Draft("ocpp_cloud"), site)[0] == {"address"}


@pytest.mark.parametrize(
    ("policy", "word"), [("reject", "nobody can"), ("known", "accepted before"), ("accept", "everybody may")]
)
def test_what_cloud_means_is_said_once_on_the_way_in(policy: str, word: str) -> None:
    site = Site(chargers=[ChargerUrl("A")], offline_authorization=policy, balanced=True)
    told = {finding.code: str(finding.detail) for finding in review(Draft("ocpp_cloud", server_url=URL), site).notices}
    assert set(told) == {"backend_authorises", "balancing_stays", "backend_away"}
    assert word in told["backend_away"]
    inside = Site(chargers=[ChargerUrl("A")], current_mode="ocpp_cloud")
    assert review(Draft("ocpp_cloud", server_url=URL), inside).notices == ()


def test_messages_that_would_be_left_behind_must_be_acknowledged() -> None:
    here = "wss://ok.example.com/A"
    site = Site(chargers=[ChargerUrl("A")], current_mode="ocpp_cloud", queued={here: 3}, usable_cards=1)
    for draft in (
        Draft("native"),
        Draft("ocpp_direct", server_url=URL),
        Draft("ocpp_cloud", server_url="wss://other.example.com/{deviceId}"),
    ):
        told = {finding.code: str(finding.detail) for finding in review(draft, site).warnings}
        assert "3 messages" in told["messages_left"]
    assert "messages_left" not in codes(Draft("ocpp_cloud", server_url=URL), site)[1]
    drained = Site(chargers=[ChargerUrl("A")], current_mode="ocpp_cloud", usable_cards=1)
    assert "messages_left" not in codes(Draft("native"), drained)[1]


def test_two_chargers_with_one_identity_block_the_save() -> None:
    site = Site(chargers=[ChargerUrl("A", "wss://c.example.com/X"), ChargerUrl("B", "wss://c.example.com/X")])
    assert codes(Draft("ocpp_direct"), site)[0] == {"duplicate_identity"}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("0123456789abcdef0123456789abcdef", "hex"),
        ("x" * 16, "text"),
        ("x" * 15, ""),
        ("x" * 41, ""),
        ("a" * 33, "text"),
    ],
)
def test_a_password_is_taken_for_one_of_two_forms(text: str, form: str) -> None:
    assert password_form(text) == form


drafts = st.builds(
    Draft,
    mode=st.sampled_from(["native", "ocpp_direct", "ocpp_cloud", "x"]),
    server_url=st.sampled_from(["", URL, "wss://ok.example.com", "http://no", "ws://10.0.0.1"]),
    password=st.sampled_from([ClearPassword(), NewPassword("x" * 20), NewPassword("")]),
    default_id_tag=st.text(max_size=22),
    authorization_required=st.booleans(),
    legacy_identity=st.booleans(),
)


@given(drafts)
def test_what_passes_passes_again_unchanged(draft: Draft) -> None:
    settings = review(draft, ONE).settings
    if settings is None:
        return
    again = Draft(
        settings.mode, settings.server_url, ClearPassword(), settings.default_id_tag,
        settings.authorization_required, settings.legacy_identity,
    )  # fmt: skip
    assert review(again, ONE).settings == settings


@given(drafts, drafts)
def test_digests_tell_settings_apart(one: Draft, other: Draft) -> None:
    first, second = review(one, ONE).settings, review(other, ONE).settings
    if first is None or second is None:
        return
    assert (settings_digest(first, "") == settings_digest(second, "")) == (settings_changes(first, second) == ())


def test_of_the_password_only_the_fingerprint_is_compared() -> None:
    same = Settings("ocpp_direct", URL)
    (change,) = settings_changes(same, same, fingerprint_before="", fingerprint_after="ab12")
    assert (change.field, change.before, change.after) == ("initial_device_password", None, "ab12")
