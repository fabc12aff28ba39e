"""What to enter at a charger: each make gets the URL in the form it wants, and no password but the one just made."""

import re
from urllib.parse import urlsplit

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from chargers.profiles import all_profiles
from chargers.profiles.sentences import MANUAL, TITLES, WHERE
from chargers.scannable import picture_of
from chargers.setup import setup_sheet

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
    assert values == expected[profile.hand_form]
    assert sheet.identity.value == "ZCS000143"
    assert urlsplit(sheet.code).scheme == "wss"
    assert sheet.password == ""


def test_a_make_nobody_knows_gets_both_forms_and_the_way_in_general() -> None:
    sheet = setup_sheet(device_id="A", profile=None, gateway_url="ws://10.0.0.1:9000/ocpp", password="just made")
    assert (sheet.make, sheet.where, len(sheet.entries)) == ("", "", 2)
    assert "9000" in str(sheet.hints[0])
    assert "not encrypted" in str(sheet.hints[0])
    assert "just made" not in repr(sheet)


def test_every_make_has_its_own_steps_from_a_named_source() -> None:
    makes = [profile for profile in all_profiles().values() if profile.match and "simulator" not in profile.name]
    assert len(makes) >= 13
    assert all(profile.setup.where and profile.setup.source for profile in makes)
    assert len({profile.setup.where for profile in makes}) == len(makes)


@pytest.mark.parametrize("language", ["en", "de", "nb"])
@pytest.mark.parametrize("name", sorted(all_profiles()))
def test_every_sheet_names_address_identity_and_password_and_leaves_no_placeholder(name: str, language: str) -> None:
    sheet = setup_sheet(
        device_id="ZCS000143", profile=all_profiles()[name], gateway_url=GATEWAY, password="Password0123456789AB"
    )
    facts = {"sheet": sheet, "picture": picture_of(sheet.code), "installation": {"name": "Site", "address": ""}}
    with translation.override(language):
        shown = render_to_string("chargers/setup_sheet.html", facts)
    assert "<code>ZCS000143</code>" in shown
    assert "<code>Password0123456789AB</code>" in shown
    assert "portal.example.com" in shown.replace("<wbr>", "")
    assert not re.search(r"\{|\}|%\(|%s|\bTODO\b|None\b|&lt;", shown)


def test_every_sentence_of_a_profile_is_there_to_be_translated() -> None:
    profiles = all_profiles().values()
    assert {profile.setup.where for profile in profiles if profile.setup.where} == set(WHERE)
    assert {profile.manual for profile in profiles if profile.manual} == set(MANUAL)
    assert set(TITLES) <= {profile.title for profile in profiles}


def test_a_picture_is_square_and_dark_in_its_corners_only_inside_of_the_quiet_zone() -> None:
    picture = picture_of(GATEWAY)
    assert picture.path.startswith("M4 4h7v1h-7z")
    assert picture.size >= 21 + 8
    assert "M0 " not in picture.path
