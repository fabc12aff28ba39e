"""What to enter at a charger: each make gets the URL in the form it wants, and no password but the one just made."""

from urllib.parse import urlsplit

import pytest

from chargers.profiles import all_profiles
from chargers.profiles.sentences import SENTENCES, TITLES
from chargers.scannable import picture_of
from chargers.setup import setup_sheet, url_form

GATEWAY = "wss://portal.example.com/ocpp/"


@pytest.mark.parametrize("name", sorted(all_profiles()))
def test_the_entries_of_every_make_lead_to_its_own_address(name: str) -> None:
    profile = all_profiles()[name]
    sheet = setup_sheet(device_id="ZCS000143", profile=profile, gateway_url=GATEWAY)
    full, base = "wss://portal.example.com/ocpp/ZCS000143", "wss://portal.example.com/ocpp"
    values = [entry.value for entry in sheet.entries]
    expected = {
        "full": [full], "endpoint": [base], "host_path": ["portal.example.com:443", "/ocpp"], None: [full, base],
    }  # fmt: skip
    assert values == expected[url_form(profile)]
    assert sheet.identity.value == "ZCS000143"
    assert urlsplit(sheet.code).scheme == "wss"
    assert sheet.password == ""


def test_a_make_nobody_knows_gets_both_forms_and_the_way_in_general() -> None:
    sheet = setup_sheet(device_id="A", profile=None, gateway_url="ws://10.0.0.1:9000/ocpp", password="just made")
    assert (sheet.make, sheet.where, len(sheet.entries)) == ("", "", 2)
    assert "9000" in str(sheet.hints[0])
    assert "not encrypted" in str(sheet.hints[0])
    assert "just made" not in repr(sheet)


def test_every_sentence_of_a_profile_is_there_to_be_translated() -> None:
    said = {profile.setup.where for profile in all_profiles().values() if profile.setup}
    assert said == set(SENTENCES)
    assert set(TITLES) <= {profile.title for profile in all_profiles().values()}


def test_a_picture_is_square_and_dark_in_its_corners_only_inside_of_the_quiet_zone() -> None:
    picture = picture_of(GATEWAY)
    assert picture.path.startswith("M4 4h7v1h-7z")
    assert picture.size >= 21 + 8
    assert "M0 " not in picture.path
