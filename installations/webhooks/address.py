"""The URL of a webhook: parsed once, by hand, into a value; what leads where our servers do not go is refused. Pure."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from django.utils.translation import gettext_lazy as _

from installations.findings import Text
from installations.ocpp_url.characters import is_unseen
from installations.ocpp_url.host import Doors, HostRefused, may_dial, parse_host

LONGEST_URL = 500
PORTS = {"https": 443, "http": 80}
_TARGET = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_PORT = re.compile(r"[1-9][0-9]{0,4}")


class AddressRefused(ValueError):
    """``code`` and ``detail`` say which rule the URL breaks and how to repair it."""

    def __init__(self, code: str, detail: Text) -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class Endpoint:
    """``host`` as a header names it (A-labels, IPv6 in brackets), ``target``: path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def secure(self) -> bool:
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        return self.host if self.port == PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def name(self) -> str:
        """What is looked up and what the certificate must be for."""
        return self.host.strip("[]")


def parse_endpoint(text: str, doors: Doors) -> Endpoint:
    """Raises AddressRefused. Plain http is for what the operator lets our servers reach besides public addresses."""
    if len(text) > LONGEST_URL:
        raise AddressRefused("too_long", _("The URL has at most 500 characters."))
    if "\\" in text or any(is_unseen(character) for character in text):
        raise AddressRefused("character", _("The URL holds a space, a backslash or an invisible character: remove it."))
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower() if scheme.isascii() else scheme
    if not separator or scheme not in PORTS:
        raise AddressRefused("scheme", _("The URL must start with https://."))
    if "#" in rest:
        raise AddressRefused("fragment", _("The part after # is never sent: remove it."))
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    target = rest[len(authority) :]
    if "@" in authority:
        raise AddressRefused("userinfo", _("Remove the user name and password before the @: events are signed."))
    if not _TARGET.fullmatch(target):
        raise AddressRefused("character", _("Percent-encode what a URL does not allow (% and two hex digits)."))
    host, port = _split(authority, PORTS[scheme])
    endpoint = Endpoint(scheme, _host(host, doors), port, target if target.startswith("/") else f"/{target}")
    if not endpoint.secure and not _plain_allowed(endpoint.name, doors):
        raise AddressRefused("scheme", _("Use https://: what is sent without encryption can be read on the way."))
    return endpoint


def shown_url(url: str) -> str:
    """For lists, logs and the audit trail: the rest of a URL may hold a secret."""
    scheme, _separator, rest = url.partition("://")
    return f"{scheme}://{re.split(r'[/?]', rest, maxsplit=1)[0]}/…"


def _split(authority: str, usual: int) -> tuple[str, int]:
    found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(.*))?", authority)
    if found is None:
        raise AddressRefused("host", _("Write an IPv6 address in square brackets."))
    digits = found[2]
    if digits is None:
        return found[1], usual
    if not _PORT.fullmatch(digits) or int(digits) > 65535:
        raise AddressRefused("port", _("The port is a number from 1 to 65535 without leading zeros."))
    return found[1], int(digits)


def _host(text: str, doors: Doors) -> str:
    try:
        return parse_host(text, dialled_by_us=True, doors=doors).ascii
    except HostRefused as refused:
        if refused.code == "address":
            detail = _("Our servers do not send to this address. Write the public host name of your server.")
            raise AddressRefused("address", detail) from None
        detail = _("Write the full host name of your server, as in https://hooks.example.com/portal.")
        raise AddressRefused("host", detail) from None


def _plain_allowed(name: str, doors: Doors) -> bool:
    """Names are judged again by their addresses when they are dialled."""
    try:
        address = ip_address(name)
    except ValueError:
        return doors.loopback or bool(doors.private_networks)
    return may_dial(address, doors) and not may_dial(address, Doors())
