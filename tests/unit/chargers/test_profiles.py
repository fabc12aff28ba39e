"""Profiles are data: complete, sourced, matched most specific first, and refused with the field when wrong."""

from pathlib import Path

import pytest

from chargers.profiles import all_profiles, profile_for
from chargers.profiles.loader import ProfileError, read_profile

NAMES = {
    "generic", "libocpp", "microocpp", "keba", "alfen", "alfen6", "amina", "autel", "evnex", "wallbox", "webasto",
    "schneider", "openocpp", "zaptec",
    "simulator", "simulator-moving", "simulator-locked",
}  # fmt: skip

WHOLE = 'title = "x"\nsource = "s"\ngrade = "A"\nmatch = []\nexample = {vendor = "v", model = "m"}\n'


def test_every_make_of_the_contract_has_a_profile_with_source_and_grade() -> None:
    assert set(all_profiles()) >= NAMES
    assert all(profile.source and profile.grade for profile in all_profiles().values())


@pytest.mark.parametrize("name", sorted(all_profiles()))
def test_a_charger_like_the_example_gets_this_profile(name: str) -> None:
    said = all_profiles()[name].example
    assert profile_for(said.vendor, said.model, said.firmware).name == name


def test_who_is_unknown_is_generic_and_firmware_decides_between_two() -> None:
    assert profile_for("Somebody", "Box", "1.0").name == "generic"
    assert profile_for("", "", "").name == "generic"
    assert profile_for("Alfen BV", "NG910", "5.8.1-4123").name == "alfen"
    assert profile_for("ALFEN BV", "NG920", "6.4.0-4210").name == "alfen6"
    assert profile_for("Alfen BV", "NG930", "10.0.0").name == "alfen6"


def test_a_make_without_a_url_key_says_what_to_do_by_hand() -> None:
    assert all(profile.manual for profile in all_profiles().values() if profile.url is None)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("title = ", "broken.toml"),
        (WHOLE, "manual"),
        ('titel = "x"', "titel"),
        ('title = "x"\nsource = "s"\ngrade = "Z"', "grade"),
        ('[url]\nform = "sideways"\nkey = "K"', "form"),
        ('[auth]\nkey = "K"', "encoding"),
        (f'{WHOLE}manual = "m"\n[setup]\nwhere = "there"', "source"),
        (f'{WHOLE}manual = "m"\n[setup]\nform = "packed"', "form"),
    ],
)
def test_a_wrong_file_names_itself_and_the_field(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text)
    with pytest.raises(ProfileError, match=named) as error:
        read_profile(path)
    assert "broken.toml" in str(error.value)
