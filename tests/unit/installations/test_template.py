"""The URL template parser: the table of verdicts, and laws no input may break."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.uri import parse_uri

from installations.findings import Level
from installations.ocpp_url.host import Doors
from installations.ocpp_url.template import PLACEHOLDER, Parsed, parse_template

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parents[2] / "data" / "urls.tsv").read_text().splitlines()
    if line and not line.startswith("#")
]
ESCAPES = {"\\\\": "\\", "\\t": "\t", "\\r": "\r", "\\n": "\n"}
# RFC 3986, written out for ws and wss URLs with an authority.
STRICT = re.compile(
    r"wss?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[1-9][0-9]{0,4})?(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*"
)


def unescape(text: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})|\\[\\trn]", lambda m: chr(int(m[1], 16)) if m[1] else ESCAPES[m[0]], text)


def verdict(parsed: Parsed) -> str:
    levels = {finding.level for finding in parsed.findings}
    if Level.PROBLEM in levels:
        return "refuse"
    if Level.WARNING in levels:
        return "warn"
    return "notice" if levels else "ok"


@pytest.mark.parametrize(("mode", "text", "wanted", "outcome"), ROWS, ids=[f"{r[0]}:{r[1]}" for r in ROWS])
def test_every_row_of_the_table_gets_its_verdict(mode: str, text: str, wanted: str, outcome: str) -> None:
    parsed = parse_template(unescape(text), mode=f"ocpp_{mode}")
    if wanted in {"ok", "notice"}:
        assert parsed.template is not None, parsed.findings
        assert parsed.template.canonical == outcome
        assert verdict(parsed) == wanted, parsed.findings
    else:
        assert outcome in {finding.code for finding in parsed.findings}, parsed.findings
        assert verdict(parsed) == wanted, parsed.findings


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("wss:/ok.example.com/{deviceId}", "scheme"),
        ("wss:ok.example.com/{deviceId}", "scheme"),
        ("wss:\\\\ok.example.com\\{deviceId}", "character"),
        ("wss://ok.example.com:٤٤٣/{deviceId}", "port"),
        ("wss://ok.example.com:/{deviceId}", "port"),
        ("wss://ok.example.com:443:443/{deviceId}", "port"),
        ("wss://a@b@ok.example.com/{deviceId}", "userinfo"),
        ("wss://ok.example.com/%2e%2e/{deviceId}", "character"),
        ("wss://ok.example.com/%2F{deviceId}", "character"),
        ("wss://ok.example.com/%ff/{deviceId}", "character"),
        ("wss://ok.example.com/100%/{deviceId}", "character"),
        ("wss://ok.example.com/%{deviceId}", "character"),
        ("wss://0x7f.1/{deviceId}", "address"),
        ("wss://127.1/{deviceId}", "address"),
        ("wss://1.2.3.4.5/{deviceId}", "address"),
        ("wss://[::ffff:7f00:1]/{deviceId}", "address"),
        ("wss://[64:ff9b::a9fe:a9fe]/{deviceId}", "address"),
        ("wss://100.64.0.1/{deviceId}", "address"),
        ("wss://foo.localhost/{deviceId}", "address"),
        ("wss://-bad.example.com/{deviceId}", "host"),
        ("wss://a..example.com/{deviceId}", "host"),
        ("wss://xn--a.example.com/{deviceId}", "host"),
        ("wss://under_score.example.com/{deviceId}", "host"),
        ("wss://１２７.0.0.1/{deviceId}", "address"),
        ("wss://ok.example.com/é/{deviceId}", "character"),
        ("wss://ok.example.com/{deviceId}<deviceId>", "placeholder"),
        ("wss://ok.example.com/<chargerId>", "placeholder"),
        ("", "scheme"),
        ("\ud800", "character"),
    ],
)
def test_other_spellings_are_refused_by_the_same_rules(text: str, code: str) -> None:
    assert [finding.code for finding in parse_template(text, mode="ocpp_cloud").problems] == [code]


def test_a_missing_placeholder_comes_with_the_repaired_url() -> None:
    (finding,) = parse_template("wss://ok.example.com/ocpp/", mode="ocpp_cloud").problems
    assert finding.suggestion == "wss://ok.example.com/ocpp/{deviceId}"


def test_the_placeholder_is_percent_encoded_where_a_path_needs_it() -> None:
    parsed = parse_template("wss://ok.example.com/cp-{deviceId}-a", mode="ocpp_cloud")
    assert parsed.template is not None
    assert parsed.template.expand("A|B@C") == "wss://ok.example.com/cp-A%7CB@C-a"


def test_loopback_has_a_door_of_its_own() -> None:
    text = "ws://127.0.0.1:9100/{deviceId}"
    assert parse_template(text, mode="ocpp_direct").template is None
    opened = parse_template(text, mode="ocpp_direct", doors=Doors(loopback=True))
    assert {finding.code for finding in opened.findings} == {"loopback", "cleartext"}


pieces = st.sampled_from(
    [
        "wss://", "WS://", "ok.example.com", "münchen.example", "[::1]", "10.0.0.5", ":9000", "/", "//", "..",
        "{deviceId}", "<DEVICEID>", "%41", "%2e", "@", "#", "?", "\\", "a", "cp-", "~", "|", "。", "\u200b", "٣",
    ]
)  # fmt: skip
urls = st.one_of(st.text(max_size=60), st.lists(pieces, max_size=8).map("".join))
device_ids = st.text(alphabet="ABCXYZ0189*_=+|@.-", min_size=1, max_size=48)


@given(urls, st.sampled_from(["ocpp_cloud", "ocpp_direct"]), device_ids)
def test_whatever_is_accepted_is_stable_and_survives_every_parser(text: str, mode: str, device_id: str) -> None:
    parsed = parse_template(text, mode=mode)
    if parsed.template is None:
        assert parsed.problems
        return
    again = parse_template(parsed.template.canonical, mode=mode)
    assert again.template == parsed.template
    assert not [
        finding for finding in again.findings if finding.code.startswith("normalized_") and "idn" not in finding.code
    ]

    expanded = parsed.template.expand(device_id)
    assert STRICT.fullmatch(expanded)
    assert PLACEHOLDER not in expanded
    split = urlsplit(expanded)
    assert split.hostname == parsed.template.host.strip("[]")
    assert split.port == parsed.template.port
    uri = parse_uri(expanded)
    assert uri.host == split.hostname
    assert uri.user_info is None
