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


def test_a_chargers_own_url_meets_the_rules_of_whoever_dials_it() -> None:
    charger = ChargerUrl("ZCS1", "wss://10.0.0.5/ocpp/X")
    direct = resolve(None, charger, mode="ocpp_direct", legacy_identity=False)
    assert [(finding.level, finding.code) for finding in direct.findings] == [(Level.WARNING, "private")]
    cloud = resolve(None, charger, mode="ocpp_cloud", legacy_identity=False)
    assert [(finding.level, finding.code) for finding in cloud.findings] == [(Level.PROBLEM, "address")]
    assert cloud.dialled_url is None


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("wss://host.example", "identity"),
        ("wss://host.example/a,b", "identity"),
        ("wss://host.example/a%3Ab", "identity"),
        ("wss://host.example/" + "x" * 49, "identity"),
        ("http://host.example/X", "scheme"),
    ],
)
def test_a_chargers_own_url_must_end_in_an_identity(url: str, code: str) -> None:
    (finding,) = resolve(None, ChargerUrl("ZCS1", url), mode="ocpp_direct", legacy_identity=False).findings
    assert (finding.level, finding.code, finding.charger) == (Level.PROBLEM, code, "ZCS1")


def test_the_length_is_judged_with_each_chargers_own_id() -> None:
    shape = template("wss://h.example/" + "a" * 225 + "/{deviceId}")
    short, fits, long, coded = (
        resolve(shape, ChargerUrl(device), mode="ocpp_direct", legacy_identity=False)
        for device in ("A", "A" * 13, "A" * 14, "|" * 5)
    )
    assert (short.findings, fits.findings) == ((), ())
    assert len(fits.dialled_url or "") == 255
    assert [finding.code for finding in long.findings] == ["too_long"]
    assert [finding.code for finding in coded.findings] == ["too_long"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("wss://c.example.com/X", "wss://c.example.com/x", True),
        ("wss://c.example.com/X", "wss://c.example.com/%58", True),
        ("wss://c.example.com/X", "wss://C.example.com:443/X/", True),
        ("wss://c.example.com/a/X", "wss://c.example.com/A/X", False),
        ("wss://c.example.com/X", "wss://d.example.com/X", False),
        ("wss://c.example.com/X", "ws://c.example.com/X", False),
        ("wss://c.example.com/X", "wss://c.example.com/Y", False),
    ],
)
def test_spelling_does_not_hide_that_two_chargers_are_one_to_the_backend(one: str, other: str, same: bool) -> None:
    ends = [
        resolve(None, ChargerUrl(device, url), mode="ocpp_direct", legacy_identity=False)
        for device, url in (("A", one), ("B", other))
    ]
    found = duplicates(ends)
    assert {finding.charger for finding in found} == ({"A", "B"} if same else set())
    assert {finding.charger for finding in duplicates(reversed(ends))} == {finding.charger for finding in found}


def test_with_legacy_identity_one_url_may_serve_many_chargers() -> None:
    ends = [
        resolve(None, ChargerUrl(device, "wss://c.example.com/SAME"), mode="ocpp_direct", legacy_identity=True)
        for device in ("A", "B")
    ]
    assert [end.identity for end in ends] == ["A", "B"]
    assert duplicates(ends) == ()


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


@given(ids, ids, st.booleans(), st.booleans())
def test_legacy_changes_the_login_and_never_the_url(device: str, own: str, dotted: bool, placeholder: bool) -> None:
    path = "{deviceId}" if placeholder else f"cp{own[:40]}"
    charger = ChargerUrl(device, f"wss://c.example.com/{'a.b/' if dotted else ''}{path.replace('|', '%7C')}")
    new, old = (resolve(None, charger, mode="ocpp_direct", legacy_identity=legacy) for legacy in (False, True))
    assert new.dialled_url == old.dialled_url
    assert old.identity == device
    assert new.identity == (device if placeholder else path)


@given(ids, st.booleans())
def test_the_base_url_plus_the_identity_is_what_is_dialled(device: str, placeholder: bool) -> None:
    shape = template("wss://b.example.com/x" + ("/{deviceId}" if placeholder else ""))
    endpoint = resolve(shape, ChargerUrl(device), mode="ocpp_direct", legacy_identity=False)
    assert endpoint.dialled_url is not None
    assert endpoint.base_url == "wss://b.example.com/x"
    assert endpoint.dialled_url.startswith(f"{endpoint.base_url}/")
