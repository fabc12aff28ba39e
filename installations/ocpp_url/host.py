"""The host of a server URL: names, IDN, and addresses in every spelling. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Network, IPv6Address, IPv6Network

import idna
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from installations.findings import Finding, Level, Text
from installations.ocpp_url.address import (
    Address,
    AddressClass,
    classify,
    is_canonical_v4,
    looks_numeric,
    parse_v4,
    unmapped,
)
from installations.ocpp_url.characters import is_disguised, is_dot

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LOCAL_SUFFIXES = (
    ".local", ".localdomain", ".internal", ".lan", ".home.arpa", ".intranet", ".private", ".corp", ".home",
)  # fmt: skip
# Names that stand for such addresses without a resolver being asked.
LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})
METADATA_NAMES = frozenset({"metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"})


class HostRefused(ValueError):
    """The host breaks a rule; ``code`` and ``detail`` say which and how to repair it."""

    def __init__(self, code: str, detail: Text) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Doors:
    """What an operator allows our servers and chargers to dial besides public addresses."""

    private_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    loopback: bool = False


@dataclass(frozen=True)
class Host:
    """``ascii`` is what is dialled (A-labels, IPv6 in brackets), ``shown`` the same for people."""

    ascii: str
    shown: str
    findings: tuple[Finding, ...] = ()


def may_dial(address: Address, doors: Doors) -> bool:
    """Whether our servers may open a connection to this very address, wherever it came from."""
    kind, plain = classify(address), unmapped(address)
    if kind is AddressClass.PRIVATE:
        return any(plain.version == network.version and plain in network for network in doors.private_networks)
    return kind is AddressClass.PUBLIC or (kind is AddressClass.LOOPBACK and doors.loopback)


def parse_host(text: str, *, dialled_by_us: bool, doors: Doors) -> Host:
    """Normalise and judge a host. Raises HostRefused with code ``host``, ``character`` or ``address``."""
    if text == "":
        raise HostRefused(
            "host", _("The URL names no host. Write it after wss://, for example wss://ocpp.example.com.")
        )
    if text.startswith("[") or text.endswith("]") or ":" in text:
        return _ipv6(text, dialled_by_us, doors)
    if "%" in text:
        raise HostRefused(
            "host", _("Percent-encoding is not allowed in the host name. Write the name in plain letters.")
        )
    name = _ascii_name(text)
    notices = []
    if name.endswith("."):
        name = name[:-1]
        notices.append(_notice("normalized_trailing_dot", _("The dot at the end of the host name was removed.")))
    if looks_numeric(name):
        address = parse_v4(name)
        if address is None or not is_canonical_v4(name):
            raise HostRefused("address", _("Write an IPv4 address as four decimal numbers, for example 192.0.2.10."))
        return Host(name, name, (*notices, *_judge_address(address, dialled_by_us, doors)))
    shown = _shown(name)
    if not text.isascii():
        sentence = _("The host name is dialled in its ASCII form.")
        notices.append(_notice("normalized_idn", format_lazy("{} {} → {}", sentence, shown, name)))
    elif name != text.removesuffix("."):
        notices.append(_notice("normalized_case", _("The host name was written in lower case.")))
    return Host(name, shown, (*notices, *_judge_name(name, dialled_by_us, doors)))


def _notice(code: str, detail: Text) -> Finding:
    return Finding(Level.NOTICE, code, "/server_url", detail)


def _ascii_name(text: str) -> str:
    for character in text:
        if not character.isascii() and is_dot(character):
            raise HostRefused("character", _("Write the dots of the host name as plain full stops."))
        if is_disguised(character):
            raise HostRefused("character", _("The host name holds a character that only looks like another one."))
    try:
        name = text.lower() if text.isascii() else idna.encode(text, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise HostRefused("host", _("This is not a valid international host name.")) from None
    labels = name.removesuffix(".").split(".")
    if len(name) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise HostRefused(
            "host", _("A host name has letters, digits and hyphens between its dots, at most 63 each and 253 in all.")
        )
    return name


def _shown(name: str) -> str:
    if "xn--" not in name:
        return name
    try:
        return idna.decode(name)
    except (idna.IDNAError, UnicodeError):
        raise HostRefused("host", _("The part of the host name that starts with xn-- is not valid.")) from None


def _ipv6(text: str, dialled_by_us: bool, doors: Doors) -> Host:
    if not (text.startswith("[") and text.endswith("]")) or "%" in text:
        raise HostRefused("host", _("Write an IPv6 address in square brackets and without a zone: [2001:db8::1]."))
    try:
        address = IPv6Address(text[1:-1])
    except (AddressValueError, ValueError):
        raise HostRefused("host", _("This is not an IPv6 address. Write it as in [2001:db8::1].")) from None
    canonical = f"[{address.compressed}]"
    notices = []
    if canonical != text:
        notices.append(_notice("normalized_address", _("The IPv6 address was written in its short form.")))
    return Host(canonical, canonical, (*notices, *_judge_address(address, dialled_by_us, doors)))


def _judge_address(address: Address, dialled_by_us: bool, doors: Doors) -> Sequence[Finding]:
    kind = classify(address)
    if kind is AddressClass.PUBLIC:
        return ()
    if kind is AddressClass.LOOPBACK and doors.loopback:
        return (_loopback(),)
    if kind is AddressClass.PRIVATE and (not dialled_by_us or may_dial(address, doors)):
        return (_private(),)
    raise HostRefused("address", _refused_sentence(kind, dialled_by_us))


def _judge_name(name: str, dialled_by_us: bool, doors: Doors) -> Sequence[Finding]:
    if name in METADATA_NAMES:
        raise HostRefused("address", _refused_sentence(AddressClass.METADATA, dialled_by_us))
    if name in LOOPBACK_NAMES or name.endswith(".localhost"):
        if doors.loopback:
            return (_loopback(),)
        raise HostRefused("address", _refused_sentence(AddressClass.LOOPBACK, dialled_by_us))
    if "." in name and not name.endswith(LOCAL_SUFFIXES):
        return ()
    if dialled_by_us and not doors.private_networks:
        raise HostRefused(
            "host", _("Our servers cannot reach a name of a local network. Write the backend's full public name.")
        )
    return (_private(),)


def _refused_sentence(kind: AddressClass, dialled_by_us: bool) -> Text:
    if kind is AddressClass.LOOPBACK:
        return _("The URL points back at the machine that dials it. Write the backend's own address.")
    if kind in {AddressClass.LINK_LOCAL, AddressClass.METADATA}:
        return _("Addresses for services inside a machine or cloud are never dialled. Write the backend's own address.")
    if dialled_by_us and kind is AddressClass.PRIVATE:
        return _("Our servers do not dial private networks. Use OCPP direct, or write the backend's public address.")
    return _("No server can have this address. Write the backend's public address.")


def _private() -> Finding:
    return Finding(
        Level.WARNING,
        "private",
        "/server_url",
        _("The backend is in a private network: it must be reachable from the place that dials it."),
    )


def _loopback() -> Finding:
    return Finding(
        Level.WARNING,
        "loopback",
        "/server_url",
        _("The backend is on the same machine, which this portal allows for tests and demonstrations only."),
    )
