"""Which URL and which identity: the six rows, the worked examples, and the laws behind them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installations.findings import Level
from installations.ocpp_url.identity import ChargerUrl, UrlSource, duplicates, resolve
from installations.ocpp_url.template import UrlTemplate, parse_template


def template(text: str, mode: str = "ocpp_direct") -> UrlTemplate:
    parsed = parse_template(text, mode=mode)
    assert parsed.template is not None
    return parsed.template


@pytest.mark.parametrize(
    ("installation", "charger", "legacy", "dialled", "identity"),
    [
        ("wss://b.example.com/x/{deviceId}", "wss://c.example.com/OWN", False, "wss://b.example.com/x/ZCS1", "ZCS1"),
        ("", "wss://c.example.com/ocpp/Own%40Id", False, "wss://c.example.com/ocpp/Own%40Id", "Own@Id"),
        ("", "wss://c.example.com/ocpp/OWN", True, "wss://c.example.com/ocpp/OWN", "ZCS1"),
        ("", "wss://c.example.com/{deviceId}", True, "wss://c.example.com/ZCS1", "ZCS1"),
        ("", "", False, None, ""),
        ("wss://b.example.com/ocpp", "", False, "wss://b.example.com/ocpp/ZCS1", "ZCS1"),
    ],
)
def test_the_rows_of_the_identity_table(
    installation: str, charger: str, legacy: bool, dialled: str | None, identity: str
) -> None:
    endpoint = resolve(
        template(installation) if installation else None,
        ChargerUrl("ZCS1", charger),
        mode="ocpp_direct",
        legacy_identity=legacy,
    )
    assert (endpoint.dialled_url, endpoint.identity) == (dialled, identity)


@pytest.mark.parametrize(
    ("text", "device", "dialled"),
    [
        ("ws://ocpp.example.com/devices/{deviceId}", "ZCS000143", "ws://ocpp.example.com/devices/ZCS000143"),
        ("wss://some.demo.server:443/zaptec/{deviceId}", "ZAPP12345", "wss://some.demo.server/zaptec/ZAPP12345"),
    ],
)
def test_the_worked_examples(text: str, device: str, dialled: str) -> None:
    endpoint = resolve(template(text), ChargerUrl(device), mode="ocpp_cloud", legacy_identity=False)
    assert endpoint.dialled_url == dialled
    assert endpoint.base_url == dialled.rpartition("/")[0]


def test_no_url_at_all_is_a_problem_of_that_charger() -> None:
    (finding,) = resolve(None, ChargerUrl("ZCS1"), mode="ocpp_direct", legacy_identity=False).findings
    assert (finding.level, finding.code, finding.charger) == (Level.PROBLEM, "no_url", "ZCS1")


def test_a_shadowed_url_is_told() -> None:
    endpoint = resolve(
        template("wss://b.example.com"),
        ChargerUrl("A", "wss://c.example.com/A"),
        mode="ocpp_direct",
        legacy_identity=False,
    )
    assert endpoint.source is UrlSource.INSTALLATION
    assert [finding.code for finding in endpoint.findings] == ["url_shadowed"]


def test_a_placeholder_in_the_middle_cannot_be_appended_by_a_charger() -> None:
    endpoint = resolve(
        template("wss://b.example.com/{deviceId}/ocpp"), ChargerUrl("A"), mode="ocpp_direct", legacy_identity=False
    )
    assert endpoint.dialled_url == "wss://b.example.com/A/ocpp"
    assert endpoint.base_url is None


def test_legacy_warns_when_path_and_login_differ() -> None:
    charger = ChargerUrl("ZAPP12345", "wss://host.example/ocpp/Zaptec-OcppNameId")
    legacy = resolve(None, charger, mode="ocpp_direct", legacy_identity=True)
    assert legacy.identity == "ZAPP12345"
    assert [finding.code for finding in legacy.findings] == ["identity_differs"]
    assert resolve(None, charger, mode="ocpp_direct", legacy_identity=False).identity == "Zaptec-OcppNameId"


ids = st.text(alphabet="ABC019*_=+|@.-", min_size=1, max_size=48)


@given(st.lists(ids, min_size=1, max_size=6, unique=True))
def test_a_template_tells_all_chargers_apart(devices: list[str]) -> None:
    shape = template("wss://b.example.com/x/{deviceId}")
    ends = [resolve(shape, ChargerUrl(one), mode="ocpp_direct", legacy_identity=False) for one in devices]
    assert duplicates(ends) == ()


@given(st.lists(ids, min_size=2, max_size=6, unique=True))
def test_every_charger_that_shares_an_identity_is_named(devices: list[str]) -> None:
    ends = [
        resolve(None, ChargerUrl(one, "wss://c.example.com/SAME"), mode="ocpp_direct", legacy_identity=False)
        for one in devices
    ]
    found = duplicates(ends)
    assert {finding.charger for finding in found} == set(devices)
    for finding in found:
        assert all(other in str(finding.detail) for other in devices if other != finding.charger)


@given(ids, st.booleans())
def test_the_base_url_plus_the_identity_is_what_is_dialled(device: str, placeholder: bool) -> None:
    shape = template("wss://b.example.com/x" + ("/{deviceId}" if placeholder else ""))
    endpoint = resolve(shape, ChargerUrl(device), mode="ocpp_direct", legacy_identity=False)
    assert endpoint.dialled_url is not None
    assert endpoint.base_url == "wss://b.example.com/x"
    assert endpoint.dialled_url.startswith(f"{endpoint.base_url}/")
