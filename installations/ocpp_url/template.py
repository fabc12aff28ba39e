"""The server URL and its ``{deviceId}`` placeholder: parsed once, by hand, into a value. Pure; never raises.

The text is never given to ``str.format``, a template engine or a general URL parser: each of those reads some of the
spellings in the test table differently from the software that will dial.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from installations.findings import Finding, Level, Text, of_level
from installations.ocpp_url.characters import is_unseen
from installations.ocpp_url.host import Doors, HostRefused, parse_host
from installations.ocpp_url.mending import PLACEHOLDER, mended

LONGEST_URL = 255
# Far beyond what normalising could shorten to 255: longer text is not looked at.
LONGEST_TEXT = 2000
POINTER = "/server_url"
DEFAULT_PORTS = {"ws": 80, "wss": 443}

_ANY_PLACEHOLDER = re.compile(r"\{deviceid\}|<deviceid>", re.IGNORECASE | re.ASCII)
_OTHER_PLACEHOLDER = re.compile(r"[{}<>]|\$\0|%7[bd]|%3[ce]|/[$:]device[_-]?id(?=/|$)", re.IGNORECASE | re.ASCII)
_PATH_TEXT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*")
_PCHAR = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@")
_MARK = "\0"


@dataclass(frozen=True)
class UrlTemplate:
    """A normalised server URL. ``before`` and ``after`` are the path around the placeholder (``after`` None: none)."""

    scheme: str
    host: str
    host_shown: str
    port: int | None
    before: str
    after: str | None

    @property
    def has_placeholder(self) -> bool:
        return self.after is not None

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}" + (f":{self.port}" if self.port else "")

    @property
    def canonical(self) -> str:
        return self.origin + self.before + (f"{PLACEHOLDER}{self.after}" if self.after is not None else "")

    def expand(self, device_id: str) -> str:
        """The URL for one charger; characters that a path may not hold are percent-encoded (RFC 3986 section 3.3)."""
        if self.after is None:
            return self.canonical
        return self.origin + self.before + encode_segment(device_id) + self.after


@dataclass(frozen=True)
class Parsed:
    """``template`` is None exactly when there is a problem among the findings."""

    template: UrlTemplate | None
    findings: tuple[Finding, ...] = field(default=())

    @property
    def problems(self) -> tuple[Finding, ...]:
        return of_level(self.findings, Level.PROBLEM)


class _Refused(ValueError):
    def __init__(self, code: str, detail: Text) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def encode_segment(text: str) -> str:
    return "".join(c if c in _PCHAR else "".join(f"%{byte:02X}" for byte in c.encode()) for c in text)


def parse_template(text: str, *, mode: str, doors: Doors | None = None, shared: bool = True) -> Parsed:
    """Judge and normalise what was typed. ``mode`` is ``ocpp_cloud`` (we dial) or ``ocpp_direct`` (chargers do).

    ``shared``: the URL is for several chargers, which in cloud mode need the placeholder to be told apart. A problem
    carries a suggestion where the URL that was probably meant passes in the same place.
    """
    doors = doors or Doors()
    cloud, needed = mode == "ocpp_cloud", mode == "ocpp_cloud" and shared
    try:
        return _parse(text, cloud=cloud, placeholder_needed=needed, doors=doors)
    except (_Refused, HostRefused) as refused:
        suggestion = ""
        if len(text) <= LONGEST_TEXT:
            with suppress(_Refused, HostRefused):
                meant = mended(text, placeholder_needed=needed)
                passed = _parse(meant, cloud=cloud, placeholder_needed=needed, doors=doors)
                suggestion = passed.template.canonical if passed.template else ""
        return Parsed(None, (Finding(Level.PROBLEM, refused.code, POINTER, refused.detail, suggestion=suggestion),))


def _parse(text: str, *, cloud: bool, placeholder_needed: bool, doors: Doors) -> Parsed:
    """Raises _Refused and HostRefused for the first rule that is broken."""
    findings: list[Finding] = []
    if len(text) > LONGEST_TEXT:
        raise _Refused("too_long", _("The URL is longer than the 255 characters a charger can keep. Shorten the path."))
    _check_characters(text)
    scheme, rest = _split_scheme(text, findings)
    marked = _mark_placeholder(rest, findings)
    if "#" in marked:
        raise _Refused("fragment", _("A server URL has no part after #. Remove it."))
    if "?" in marked:
        raise _Refused("query", _("A server URL has no part after ?. Chargers cannot send it; remove it."))
    authority, slash, path = marked.partition("/")
    if _MARK in authority:
        raise _Refused("placeholder", _("The placeholder {deviceId} may only stand in the path, after the host."))
    if "@" in authority:
        raise _Refused(
            "userinfo", _("Remove the user name and password before the @: they are set in fields of their own.")
        )
    host_text, port = _split_port(authority, scheme, findings)
    host = parse_host(host_text, dialled_by_us=cloud, doors=doors)
    findings += host.findings
    before, after = _path(slash + path, findings)
    template = UrlTemplate(scheme, host.ascii, host.shown, port, before, after)
    if placeholder_needed and not template.has_placeholder:
        raise _Refused(
            "placeholder", _("In OCPP cloud every charger needs an address of its own: add /{deviceId} to the path.")
        )
    if len(template.expand("X")) > LONGEST_URL:
        raise _Refused("too_long", _("The URL is longer than the 255 characters a charger can keep. Shorten the path."))
    if scheme == "ws":
        findings.append(
            Finding(
                Level.WARNING, "cleartext", POINTER,
                _("ws:// is not encrypted: anybody on the way can read what is sent. Use wss:// if you can."),
            )
        )  # fmt: skip
    return Parsed(template, tuple(findings))


def _check_characters(text: str) -> None:
    if "\\" in text:
        raise _Refused("character", _("A URL has no backslash. Use / instead."))
    for character in text:
        if is_unseen(character):
            raise _Refused(
                "character",
                format_lazy(
                    _("The URL holds a space or an invisible character (U+{code}). Remove it."),
                    code=f"{ord(character):04X}",
                ),
            )


def _split_scheme(text: str, findings: list[Finding]) -> tuple[str, str]:
    scheme, separator, rest = text.partition("://")
    lowered = scheme.lower() if scheme.isascii() else scheme
    if not separator or lowered not in DEFAULT_PORTS:
        raise _Refused("scheme", _("The URL must start with wss:// (or ws:// without encryption)."))
    if lowered != scheme:
        findings.append(_normalized("case", _("The scheme was written in lower case.")))
    return lowered, rest


def _normalized(what: str, detail: Text) -> Finding:
    return Finding(Level.NOTICE, f"normalized_{what}", POINTER, detail)


def _mark_placeholder(text: str, findings: list[Finding]) -> str:
    spellings = _ANY_PLACEHOLDER.findall(text)
    marked = _ANY_PLACEHOLDER.sub(_MARK, text)
    if _OTHER_PLACEHOLDER.search(marked) or len(spellings) > 1:
        raise _Refused(
            "placeholder", _("Write the placeholder exactly as {deviceId}, once; no other placeholder is known.")
        )
    if spellings and spellings[0] != PLACEHOLDER:
        findings.append(_normalized("placeholder", _("The placeholder was written as {deviceId}.")))
    return marked


def _split_port(authority: str, scheme: str, findings: list[Finding]) -> tuple[str, int | None]:
    host, colon, digits = authority, "", ""
    if authority.startswith("["):
        end = authority.find("]")
        if end >= 0:
            host, colon, digits = authority[: end + 1], authority[end + 1 : end + 2], authority[end + 2 :]
            if colon not in {"", ":"}:
                raise _Refused("host", _("After the bracket of an IPv6 address only a port may follow."))
    else:
        host, colon, digits = authority.partition(":")
    if not colon:
        return host, None
    if not re.fullmatch(r"[1-9][0-9]{0,4}", digits) or int(digits) > 65535:
        raise _Refused("port", _("The port is a number from 1 to 65535 without leading zeros."))
    if int(digits) == DEFAULT_PORTS[scheme]:
        findings.append(_normalized("port", _("The port is the usual one and was left out.")))
        return host, None
    return host, int(digits)


def _path(path: str, findings: list[Finding]) -> tuple[str, str | None]:
    trimmed = path.rstrip("/")
    if trimmed != path:
        findings.append(_normalized("trailing_slash", _("The slash at the end was removed.")))
    segments = trimmed.split("/")[1:]
    for segment in segments:
        _check_segment(segment)
    if "" in segments:
        findings.append(
            Finding(Level.WARNING, "empty_segment", POINTER, _("The path holds //. Most backends want a single /."))
        )
    before, mark, after = trimmed.partition(_MARK)
    return before, after if mark else None


def _check_segment(segment: str) -> None:
    if segment in {".", ".."}:
        raise _Refused("path", _("The path must not hold . or .. as a part of its own. Write the full path."))
    if not all(_PATH_TEXT.fullmatch(part) for part in segment.split(_MARK)):
        raise _Refused(
            "character",
            _("The path holds a character that URLs do not allow. Percent-encode it (% and two hex digits)."),
        )
    if "%" not in segment:
        return
    try:
        # Any device id may follow a percent sign: two digits stand for it.
        decoded = unquote_to_bytes(segment.replace(_MARK, "00")).decode()
    except UnicodeDecodeError:
        raise _Refused("character", _("The percent-encoded part of the path is not UTF-8.")) from None
    encoded = {chr(int(pair, 16)) for pair in re.findall(r"%([0-7][0-9A-Fa-f])", segment)}
    twice = re.search(r"%[0-9A-Fa-f]{2}", decoded)
    if encoded & set("./\\") or twice or any(is_unseen(character) for character in decoded):
        raise _Refused(
            "character", _("Dots, slashes, spaces and control characters must not hide behind percent-encoding.")
        )
