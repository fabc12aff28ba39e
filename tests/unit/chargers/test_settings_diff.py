"""What each make is told, in its own keys and forms; what it cannot take is said with a reason."""

from collections.abc import Mapping

import pytest

from chargers.links.base import Encoding
from chargers.profiles import profile_named
from chargers.settings_diff import GivenSecret, Target, differences, portal_endpoint, same_value, target_for
from installations.authentication import Settings
from installations.ocpp_url.host import Doors
from installations.ocpp_url.identity import ChargerUrl, Endpoint, resolve
from installations.ocpp_url.template import parse_template

ID = "ZCS1"
PORTAL = portal_endpoint("wss://portal.example.com/ocpp/", ID)
DIRECT = Settings("ocpp_direct", "wss://ocpp.example.com/x/{deviceId}")
SECRET = GivenSecret.of(7, "Initial0Password0123")


def endpoint(url: str = DIRECT.server_url, charger_url: str = "", legacy: bool = False) -> Endpoint:
    template = parse_template(url, mode="ocpp_direct").template if url else None
    return resolve(template, ChargerUrl(ID, charger_url), mode="ocpp_direct", legacy_identity=legacy, doors=Doors())


def told(
    name: str,
    settings: Settings = DIRECT,
    at: Endpoint | None = None,
    *,
    secret: GivenSecret | None = None,
    reported: Mapping[str, str | None] | None = None,
    told_url: str = "",
) -> Target:
    return target_for(
        profile_named(name), settings, at or endpoint(), secret=secret, secret_needed=secret is not None,
        reported=reported or {}, portal=PORTAL, told_url=told_url,
    )  # fmt: skip


def written(target: Target) -> list[tuple[str, str | None]]:
    return [(write.key, write.value) for write in target.writes]


@pytest.mark.parametrize(
    ("profile", "writes"),
    [
        ("simulator", [("FreeVendActive", "false"), ("CentralSystemURL", "wss://ocpp.example.com/x/ZCS1")]),
        ("simulator-moving", [("FreeVendActive", "false"), ("CentralSystemURL", "wss://ocpp.example.com/x")]),
        ("keba", [("CentralSystemAddress", "wss://ocpp.example.com/x")]),
        ("schneider", [("ocppcentraladdress", "wss://ocpp.example.com/x/ZCS1")]),
        ("libocpp", [("CentralSystemURI", "wss://ocpp.example.com/x")]),
        (
            "microocpp",
            [
                ("Cst_FreeVendActive", "false"),
                ("Cst_ChargeBoxId", "ZCS1"),
                ("Cst_BackendUrl", "wss://ocpp.example.com/x"),
            ],
        ),
        ("wallbox", [("AuthEnabled", "true"), ("WebSocketUser", "ZCS1"), ("WebSocketUrl", "wss://ocpp.example.com/x")]),
        ("alfen", [("BackOffice-Path-wired", "/x/"), ("BackOffice-URL-wired", "ocpp.example.com:443")]),
        (
            "alfen6",
            [
                (
                    "BackOfficeNetworkProfile1",
                    "ocppVersion{OCPP16}ocppCsmsUrl{wss://ocpp.example.com/x}"
                    "messageTimeout{10}securityProfile{0}ocppInterface{Wired0}",
                )
            ],
        ),
    ],
)
def test_each_make_takes_the_url_in_its_own_form(profile: str, writes: list[tuple[str, str | None]]) -> None:
    assert written(told(profile)) == writes


def test_two_slots_are_read_first_then_the_idle_one_is_written_and_the_order_swapped() -> None:
    assert told("amina").must_read_first
    one, two, order = "NetworkConnectionProfile1", "NetworkConnectionProfile2", "NetworkConfigurationPriority"
    assert set(told("amina").read_keys) == {one, two, order}

    known = told("amina", reported={one: "wss://portal.example.com/ocpp", two: "", order: f"{one},{two}"})
    assert written(known) == [(two, "wss://ocpp.example.com/x"), (order, f"{two},{one}")]

    there = told("amina", reported={two: "wss://ocpp.example.com/x", order: f"{two},{one}"})
    assert written(there) == [(two, "wss://ocpp.example.com/x")]


def test_the_password_goes_before_the_url_and_never_in_clear() -> None:
    moving = told("simulator-moving", secret=SECRET)
    assert moving.writes[0].key == "AuthorizationKey"
    assert (moving.writes[0].value, moving.writes[0].secret_id) == (None, 7)
    assert moving.writes[0].candidate_login
    assert not told("simulator", secret=SECRET).writes[0].candidate_login
    assert told("keba").writes[0].secret_id is None


@pytest.mark.parametrize(("profile", "encoding"), [("zaptec", Encoding.HEX), ("wallbox", Encoding.TEXT)])
def test_the_encoding_is_the_makes_own(profile: str, encoding: Encoding) -> None:
    keys = profile_named(profile).auth
    assert keys is not None
    assert keys.encoding is encoding


@pytest.mark.parametrize(
    ("profile", "at", "secret", "code"),
    [
        ("generic", endpoint(), None, "no_url_key"),
        ("zaptec", endpoint(), None, "no_url_key"),
        ("simulator-locked", endpoint(), None, "no_url_key"),
        ("keba", endpoint("wss://ocpp.example.com/{deviceId}/x"), None, "url_form"),
        ("alfen", endpoint("wss://ocpp.example.com/{deviceId}/x"), None, "url_form"),
        ("keba", endpoint("", "wss://ocpp.example.com/x/OTHER"), None, "identity"),
        ("keba", endpoint(""), None, "no_url"),
        ("schneider", endpoint(), SECRET, "no_password_key"),
        ("microocpp", endpoint(), GivenSecret.of(7, "a password of 24 letters"), "password_too_long"),
    ],
)
def test_what_a_make_cannot_take_has_a_reason_and_a_sentence(
    profile: str, at: Endpoint, secret: GivenSecret | None, code: str
) -> None:
    target = told(profile, at=at, secret=secret)
    assert target.unsupported is not None
    assert target.unsupported.code == code
    assert str(target.unsupported.detail)
    assert target.writes == ()


def test_another_identity_is_written_where_the_make_has_a_key_for_it() -> None:
    target = told("microocpp", at=endpoint("", "wss://ocpp.example.com/x/OTHER"))
    assert ("Cst_ChargeBoxId", "OTHER") in written(target)


def test_charging_without_a_card_uses_the_makes_keys_and_the_default_tag() -> None:
    free = Settings("ocpp_direct", DIRECT.server_url, "TAG1", authorization_required=False)
    assert written(told("wallbox", free))[:2] == [("AuthDisabledIdTag", "TAG1"), ("AuthEnabled", "false")]
    assert ("FreeVendActive", "true") in written(told("simulator", Settings("native", authorization_required=False)))
    untagged = Settings("ocpp_direct", DIRECT.server_url, authorization_required=False)
    assert ("FreeVendActive", "false") in written(told("simulator", untagged))


def test_native_empties_the_url_of_a_charger_that_stays_with_us() -> None:
    target = told("simulator", Settings("native"))
    assert written(target) == [("FreeVendActive", "false"), ("CentralSystemURL", "")]
    assert not target.leaves


def test_native_tells_a_charger_that_never_left_the_portals_own_url_again() -> None:
    away = {"CentralSystemURL": "wss://ocpp.example.com/x"}
    back = told("simulator-moving", Settings("native"), reported=away, told_url="wss://ocpp.example.com/x")
    assert ("CentralSystemURL", "wss://portal.example.com/ocpp") in written(back)
    assert back.reset
    assert not back.leaves
    untouched = told("simulator-moving", Settings("native"), reported=away, told_url="")
    assert written(untouched) == [("FreeVendActive", "false")]


def test_a_make_without_keys_has_nothing_to_write_in_native_mode() -> None:
    assert told("generic", Settings("native")).writes == ()


def test_values_compare_as_chargers_tell_them() -> None:
    assert same_value("true", "True")
    assert same_value("", None)
    assert same_value("wss://x", " wss://x ")
    assert not same_value("wss://x/A", "wss://x/a")
    assert not same_value("false", None)
    assert differences({"a": "1", "b": "2"}, {"a": "1"}) == {"b": ("2", None)}
