"""The URL template parser: the table of verdicts, and laws no input may break."""

import re
from ipaddress import IPv4Network
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import find, given
from hypothesis import strategies as st
from websockets.uri import parse_uri

from installations.findings import Level
from installations.ocpp_url.host import Doors
from installations.ocpp_url.mending import PLACEHOLDER
from installations.ocpp_url.template import Parsed, parse_template

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
        ("wss://ok.example.com/{dev\u0131ceId}", "placeholder"),
        ("wss://ok.example.com/$deviceId/{deviceId}", "placeholder"),
        ("wss://ok.example.com/:device_id/{deviceId}", "placeholder"),
        ("wss://ok.example.com/%C3{deviceId}%BC", "character"),
        ("wss://ok.example.com/%252e%252e/{deviceId}", "character"),
        ("wss://ok.example.com/%25{deviceId}", "character"),
        ("wss://ok.example.com/%252{deviceId}", "character"),
        ("wss://ok.example.com/{deviceId}%", "character"),
        ("wss://ok.example.com/%20/{deviceId}", "character"),
        ("wss://ok.example.com/%E2%80%8B/{deviceId}", "character"),
        ("wss://ok\u115f.example.com/{deviceId}", "character"),
        ("wss://ok\ufe0f.example.com/{deviceId}", "character"),
        ("wss://ok\uff0fx.example.com/{deviceId}", "character"),
        ("wss://ok\uff20x.example.com/{deviceId}", "character"),
        ("wss://ok\u2024example.com/{deviceId}", "character"),
        ("wss://ok\u2011x.example.com/{deviceId}", "character"),
        ("wss://☃.example.com/{deviceId}", "character"),
        ("wss://a·b.example.com/{deviceId}", "host"),
        ("wss://xn--ls8h.example.com/{deviceId}", "host"),
        ("wss://[64:ff9b::8.8.8.8]/{deviceId}", "address"),
        ("wss://[::8.8.8.8]/{deviceId}", "address"),
        ("wss://[2002:a00:1::]/{deviceId}", "address"),
        ("wss://[fe80::1%eth0]/{deviceId}", "host"),
        ("wss://[::1/{deviceId}", "host"),
        ("wss://[::1]x/{deviceId}", "host"),
        ("wss://ok[1].example.com/{deviceId}", "host"),
        ("wss://ok;x.example.com/{deviceId}", "host"),
        ("wss://1.1.1.1../{deviceId}", "host"),
        ("wss://08.8.8.8/{deviceId}", "address"),
        ("wss://metadata.google.internal/{deviceId}", "address"),
        ("wss://localhost.localdomain/{deviceId}", "address"),
        ("wss://LOCALHOST./{deviceId}", "address"),
        ("wss://router.lan/{deviceId}", "host"),
        ("w\u017fs://ok.example.com/{deviceId}", "scheme"),
        ("javascript://ok.example.com/{deviceId}", "scheme"),
        ("wss://ok.example.com/" + "a" * 240 + "/{deviceId}", "too_long"),
        ("wss://ok.example.com/{deviceId}" + "/" * 100_000, "too_long"),
        ("", "scheme"),
        ("\ud800", "character"),
    ],
)
def test_other_spellings_are_refused_by_the_same_rules(text: str, code: str) -> None:
    assert [finding.code for finding in parse_template(text, mode="ocpp_cloud").problems] == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("wss://metadata.google.internal/ocpp", "address"),
        ("wss://ip6-localhost/ocpp", "address"),
        ("ws://127.0.0.1/ocpp", "address"),
        ("ws://[fe80::1]/ocpp", "address"),
        ("ws://224.0.0.1/ocpp", "address"),
        ("wss://[::ffff:a9fe:a9fe]/ocpp", "address"),
    ],
)
def test_chargers_are_not_sent_to_machines_that_cannot_be_a_backend(text: str, code: str) -> None:
    assert [finding.code for finding in parse_template(text, mode="ocpp_direct").problems] == [code]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("wss://u\u0308ber.example", "wss://xn--ber-goa.example"),
        ("wss://faß.example", "wss://xn--fa-hia.example"),
        ("wss://हिन्दी.example", "wss://xn--j2bd4cyah0f.example"),
        ("wss://paral·lel.example", "wss://xn--parallel-koa.example"),
    ],
)
def test_international_names_are_dialled_in_ascii_and_shown_in_both_forms(text: str, canonical: str) -> None:
    parsed = parse_template(text, mode="ocpp_direct")
    assert parsed.template is not None, parsed.findings
    assert parsed.template.canonical == canonical
    (notice,) = parsed.findings
    assert notice.code == "normalized_idn"
    assert parsed.template.host in str(notice.detail)
    assert parsed.template.host_shown in str(notice.detail)


@pytest.mark.parametrize(
    "text",
    [
        "wss://ok.example.com/ocpp/",
        "https://ok.example.com/ocpp",
        "http://ok.example.com/ocpp/{deviceId}",
        "ok.example.com/ocpp",
        "//ok.example.com/ocpp",
        "wss:/ok.example.com/ocpp",
        "wss:\\\\ok.example.com\\ocpp",
        "  wss://ok.example.com/ocpp\n",
        "wss://ok\u200b.example.com/ocpp",
        "wss://ok。example.com/ocpp",
        "wss://user:pw@ok.example.com/ocpp",
        "wss://ok.example.com/ocpp/{{deviceId}}",
        "wss://ok.example.com/ocpp/${deviceId}",
        "wss://ok.example.com/ocpp/:deviceId",
        "wss://ok.example.com/ocpp/<chargerId>",
        "wss://ok.example.com/ocpp/%7BdeviceId%7D",
        "wss://ok.example.com/ocpp/%s",
        "wss://ok.example.com/ocpp/{deviceId}?token=1#top",
    ],
)
def test_a_usual_slip_comes_with_the_repaired_url(text: str) -> None:
    (finding,) = parse_template(text, mode="ocpp_cloud").problems
    assert finding.suggestion == "wss://ok.example.com/ocpp/{deviceId}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://ok.example.com",
        "http://localhost/x",
        "wss://{deviceId}.example.com/x",
        "wss://ok.example.com@127.0.0.1/{deviceId}",
        "wss://ok.example.com/a b/{deviceId}",
        "wss://ok.example.com/{deviceId}/{deviceId}",
    ],
)
def test_where_no_guess_is_fair_none_is_offered(text: str) -> None:
    (finding,) = parse_template(text, mode="ocpp_cloud").problems
    assert finding.suggestion == ""


def test_a_url_for_one_charger_needs_no_placeholder_but_the_same_care() -> None:
    alone = parse_template("wss://ok.example.com/ocpp/X", mode="ocpp_cloud", shared=False)
    assert alone.template is not None
    inside = parse_template("wss://10.0.0.5/ocpp/X", mode="ocpp_cloud", shared=False)
    assert [finding.code for finding in inside.problems] == ["address"]


def test_the_placeholder_is_percent_encoded_where_a_path_needs_it() -> None:
    parsed = parse_template("wss://ok.example.com/cp-{deviceId}-a", mode="ocpp_cloud")
    assert parsed.template is not None
    assert parsed.template.expand("A|B@C") == "wss://ok.example.com/cp-A%7CB@C-a"


def test_loopback_has_a_door_of_its_own() -> None:
    text = "ws://127.0.0.1:9100/{deviceId}"
    assert parse_template(text, mode="ocpp_direct").template is None
    opened = parse_template(text, mode="ocpp_direct", doors=Doors(loopback=True))
    assert {finding.code for finding in opened.findings} == {"loopback", "cleartext"}


def test_named_private_networks_are_dialled_by_our_servers_with_a_warning() -> None:
    doors = Doors(private_networks=(IPv4Network("10.1.0.0/16"),))

    def seen(host: str) -> set[str]:
        parsed = parse_template(f"wss://{host}/{{deviceId}}", mode="ocpp_cloud", doors=doors)
        return {finding.code for finding in parsed.findings}

    assert seen("10.1.2.3") == {"private"}
    assert seen("[::ffff:10.1.2.3]") == {"private"}
    assert seen("backend.lan") == {"private"}
    assert seen("10.2.0.1") == {"address"}
    assert seen("127.0.0.1") == {"address"}
    assert seen("169.254.169.254") == {"address"}


pieces = st.sampled_from(
    [
        "wss://", "WS://", "ok.example.com", "münchen.example", "[::1]", "10.0.0.5", ":9000", "/", "//", "..",
        "{deviceId}", "<DEVICEID>", "%41", "%2e", "@", "#", "?", "\\", "a", "cp-", "~", "|", "。", "\u200b", "٣",
        "%25", "%C3", "%A9", "u\u0308", "$", "https:", " ",
    ]
)  # fmt: skip
hosts = st.sampled_from(
    ["ok.example.com", "OK.Example.com.", "münchen.example", "u\u0308ber.example", "[2606:4700:0::1]", "8.8.8.8"]
)
segments = st.one_of(
    st.sampled_from(["ocpp", "a.b", "..a", "%41", "%C3%A9", "%7C", "cp-{deviceId}", "{DeviceID}.x", "<deviceId>", ""]),
    st.text(alphabet="aZ09-._~!$&'()*+,;=:@%C3A9{}", max_size=6),
)
plausible = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["wss", "ws", "WSS"]),
    hosts,
    st.sampled_from(["", ":9000", ":443", ":80", ":65535"]),
    st.lists(segments.map("/{}".format), max_size=4).map("".join),
)
urls = st.one_of(plausible, st.text(max_size=60), st.lists(pieces, max_size=8).map("".join))
device_ids = st.text(alphabet="ABCXYZ0189*_=+|@.-", min_size=1, max_size=48)


def test_the_attack_meets_urls_that_are_accepted() -> None:
    assert find(plausible, lambda text: parse_template(text, mode="ocpp_cloud").template is not None)


@given(urls, st.sampled_from(["ocpp_cloud", "ocpp_direct"]), device_ids)
def test_whatever_is_accepted_is_stable_and_survives_every_parser(text: str, mode: str, device_id: str) -> None:
    parsed = parse_template(text, mode=mode)
    if parsed.template is None:
        (problem,) = parsed.problems
        if problem.suggestion:
            repaired = parse_template(problem.suggestion, mode=mode)
            assert repaired.template is not None
            assert repaired.template.canonical == problem.suggestion
        return
    again = parse_template(parsed.template.canonical, mode=mode)
    assert again.template == parsed.template
    assert not [finding for finding in again.findings if finding.level is Level.NOTICE]

    expanded = parsed.template.expand(device_id)
    assert STRICT.fullmatch(expanded)
    assert PLACEHOLDER not in expanded
    assert unquote(expanded, errors="strict")
    split = urlsplit(expanded)
    assert split.hostname == parsed.template.host.strip("[]")
    assert split.port == parsed.template.port
    uri = parse_uri(expanded)
    assert uri.host == split.hostname
    assert uri.user_info is None
